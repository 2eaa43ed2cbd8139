import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { minify } from 'terser';
import { defineConfig } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));

/**
 * Writes everything beyond ASCII as an escape: a page that does not say that it is UTF-8 reads our file in its own
 * encoding, and would show other letters. Modules that are only imported are UTF-8 everywhere.
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
 * Gives lit-html what `trusted-types.ts` found out in place of the page's `trustedTypes`: there a policy that the page
 * forbids throws, and the whole script with it.
 */
const litPolicy = {
  name: 'lit-policy',
  transform(code, id) {
    if (!/\/lit-html\/(?:node\/)?lit-html\.js$/.test(id.replaceAll('\\', '/'))) return undefined;
    const parts = code.split(/\b[\w$]+\.trustedTypes\b/);
    if (parts.length !== 2) this.error('lit-html no longer reads trustedTypes once: see widget/trusted-types.ts.');
    const source = JSON.stringify(join(here, 'dist', 'trusted-types.js'));
    return { code: `import { litTrustedTypes } from ${source};${parts.join('litTrustedTypes')}`, map: null };
  },
};

/** In a bundler of the page's, what is loaded later is a part of the same build; behind a script tag it is a file beside ours. */
const lazyFiles = {
  name: 'lazy-files',
  enforce: 'pre',
  resolveId(id, importer) {
    const place = importer?.replaceAll('\\', '/') ?? '';
    if (id === './modules.js' && place.endsWith('/dist/lazy/renderers.js')) {
      return join(here, 'dist', 'lazy', 'script-modules.js');
    }
    if (id === './sse-module.js' && place.endsWith('/dist/connection/lazy-sse.js')) {
      return join(here, 'dist', 'connection', 'sse-script.js');
    }
    if (id === '../llama-stack/load.js') return join(here, 'dist', 'llama-stack', 'load-script.js');
    return undefined;
  },
};

/** Terser over what the bundler's own minifier leaves: each is smaller with the other than alone. */
const smaller = (file, format) => ({
  name: 'smaller',
  async writeBundle({ dir }) {
    const path = join(dir, file);
    const [code, map] = await Promise.all([readFile(path, 'utf8'), readFile(`${path}.map`, 'utf8')]);
    const small = await minify(code, {
      ecma: 2022,
      module: format === 'es',
      compress: { passes: 3 },
      format: { ascii_only: format === 'iife' },
      sourceMap: { content: map, filename: file, url: `${file}.map` },
    });
    await Promise.all([writeFile(path, `${small.code}\n`), writeFile(`${path}.map`, small.map)]);
  },
});

/** Takes the blanks and comments out of our styles: the minifier leaves texts as they are. */
const smallStyles = {
  name: 'small-styles',
  transform(code, id) {
    if (!id.startsWith(join(here, 'dist')) || !/\bcss ?`/.test(code)) return undefined;
    const small = (css) =>
      css
        .replace(/\/\*[^]*?\*\//g, '')
        .replace(/\s+/g, ' ')
        .replace(/ ?([{};,]) ?/g, '$1')
        .replace(/: /g, ':');
    return { code: code.replace(/(?<=\bcss ?`)[^`]*/g, small), map: null };
  },
};

/**
 * How one of `SCRIPTS` (scripts.mjs) is made: a single file that holds everything but what it loads later by `import()`.
 *
 * @param {{ file: string, entry: string, format: 'iife' | 'es', isSplit?: boolean }} script
 */
export function configOf({ file, entry, format, isSplit = false }) {
  return defineConfig({
    root: here,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    plugins: [
      lazyFiles,
      litPolicy,
      smallStyles,
      ...(format === 'iife' ? [asciiOnly] : []),
      ...(isSplit ? [] : [smaller(file, format)]),
    ],
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      target: 'es2022',
      outDir: 'dist/script',
      emptyOutDir: false,
      sourcemap: !isSplit,
      reportCompressedSize: false,
      lib: { entry, formats: [format], name: 'ChatStream', fileName: () => file },
      // Vite leaves the blanks in a library of the format "es", for bundlers; ours goes to browsers as it is.
      rolldownOptions: {
        output: { minify: true, codeSplitting: isSplit, chunkFileNames: file.replace('.js', '-[hash].js') },
      },
    },
  });
}
