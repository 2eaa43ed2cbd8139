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

/** One file that holds everything, for a script tag: a classic script and a module alike. */
export default defineConfig({
  root: here,
  logLevel: 'warn',
  publicDir: false,
  plugins: [asciiOnly],
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    target: 'es2022',
    outDir: 'dist/script',
    emptyOutDir: true,
    sourcemap: true,
    reportCompressedSize: false,
    lib: { entry: 'dist/script.js', formats: ['iife'], name: 'ChatStream', fileName: () => 'chat-stream.js' },
  },
});
