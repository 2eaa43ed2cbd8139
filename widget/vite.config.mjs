import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));

/**
 * Writes everything beyond ASCII as an escape: a page that does not say that it is UTF-8 reads our file in its own
 * encoding, and would show other letters.
 */
const asciiOnly = {
  name: 'ascii-only',
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type !== 'chunk') continue;
      file.code = file.code.replace(
        /[\u0080-\uffff]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
    }
  },
};

/**
 * How one of `SCRIPTS` (scripts.mjs) is made: a single file that holds everything but what it loads later by `import()`.
 *
 * @param {{ file: string, entry: string, format: 'iife' | 'es' }} script
 */
export function configOf({ file, entry, format }) {
  return defineConfig({
    root: here,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    plugins: [asciiOnly],
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      target: 'es2022',
      outDir: 'dist/script',
      emptyOutDir: false,
      sourcemap: true,
      reportCompressedSize: false,
      lib: { entry, formats: [format], name: 'ChatStream', fileName: () => file },
      // Vite leaves the blanks in a library of the format "es", for bundlers; ours goes to browsers as it is.
      rolldownOptions: { output: { minify: true, codeSplitting: false } },
    },
  });
}
