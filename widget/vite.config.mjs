import { globSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { minify } from 'terser';
import { defineConfig } from 'vite';
import { INTERNAL_NAMES } from './internal-names.mjs';

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
    if (id === './debug-module.js' && place.endsWith('/dist/lazy/debugging.js')) {
      return join(here, 'dist', 'lazy', 'debug-script.js');
    }
    if (id === '../llama-stack/load.js') return join(here, 'dist', 'llama-stack', 'load-script.js');
    return undefined;
  },
};

/** Modules of others that are smaller as we need them: stand-ins/. */
export const standIns = {
  name: 'stand-ins',
  enforce: 'pre',
  resolveId(id) {
    if (id === 'valibot') return join(here, 'dist', 'stand-ins', 'valibot.js');
    if (id === '@lit/reactive-element/css-tag.js') return join(here, 'dist', 'stand-ins', 'css-tag.js');
    return undefined;
  },
  onLog(_level, { code, message }) {
    if (code === 'IMPORT_IS_UNDEFINED') this.error(`A stand-in lacks what is asked of it: ${message}`);
  },
};

/** True of our code, which is why it may be written shorter: no getter does more than get, no bare function is a class. */
const OURS = { keep_fargs: false, lhs_constants: false, pure_getters: true, unsafe_arrows: true, unsafe_methods: true };

/** See internal-names.mjs. */
const INTERNAL = new RegExp(`^(?:${INTERNAL_NAMES.join('|')})$`);

/** Terser over what the bundler's own minifier leaves: each is smaller with the other than alone. */
const smaller = ({ file, format, isForeign = false }) => ({
  name: 'smaller',
  async writeBundle({ dir }) {
    const path = join(dir, file);
    const [code, map] = await Promise.all([readFile(path, 'utf8'), readFile(`${path}.map`, 'utf8')]);
    const small = await minify(code, {
      ecma: 2022,
      module: format === 'es',
      compress: { passes: 3, ...(isForeign ? {} : OURS) },
      mangle: file === 'chat-stream.js' ? { properties: { regex: INTERNAL } } : {},
      format: { ascii_only: format === 'iife' },
      sourceMap: { content: map, filename: file, url: `${file}.map` },
    });
    await Promise.all([writeFile(path, `${small.code}\n`), writeFile(`${path}.map`, small.map)]);
  },
});

/** Takes out of our styles and templates what only their readers need: the minifier leaves texts as they are. */
const smallTexts = {
  name: 'small-texts',
  transform(code, id) {
    if (!id.startsWith(join(here, 'dist')) || !/\b(?:css|html|svg) ?`/.test(code)) return undefined;
    const texts = [];
    walk(this.parse(code), (node) => {
      if (node.type !== 'TaggedTemplateExpression') return;
      const small = { css: smallStyles, html: smallMarkup, svg: smallMarkup }[node.tag.name];
      if (small === undefined) return;
      const { quasis } = node.quasi;
      small(quasis.map(({ value }) => value.raw)).forEach((text, index) => texts.push({ ...quasis[index], text }));
    });
    let result = code;
    for (const { start, end, value, text } of texts.sort((a, b) => b.start - a.start)) {
      // Whether a position includes the marks around the text is each parser's own.
      const at = code.slice(start, end).indexOf(value.raw) + start;
      result = result.slice(0, at) + text + result.slice(at + value.raw.length);
    }
    return { code: result, map: null };
  },
};

/** Our own custom properties, wherever a style or a script names them. */
const OWN_PROPERTY = /--_[a-z-]+/g;

/** A letter for each of them: the same in every file, as what is loaded later is styled by what was there before. */
const letters = new Map(
  [...new Set(globSync('dist/**/*.js', { cwd: here, exclude: ['dist/script'] }).flatMap(propertiesIn))]
    .toSorted()
    .map((name, index) => [name, `--_${(10 + index).toString(36)}`]),
);

function propertiesIn(file) {
  return readFileSync(join(here, file), 'utf8').match(OWN_PROPERTY) ?? [];
}

const shortProperties = {
  name: 'short-properties',
  transform(code, id) {
    if (!id.startsWith(join(here, 'dist')) || !code.includes('--_')) return undefined;
    return { code: code.replace(OWN_PROPERTY, (name) => letters.get(name)), map: null };
  },
};

function walk(node, visit) {
  if (typeof node?.type === 'string') visit(node);
  for (const field of Object.values(node)) if (typeof field === 'object' && field !== null) walk(field, visit);
}

function smallStyles(texts) {
  return texts.map((css) =>
    css
      .replace(/\/\*[^]*?\*\//g, '')
      .replace(/\s+/g, ' ')
      .replace(/ ?([{};,>]|!important) ?/g, '$1')
      .replace(/: /g, ':')
      .replace(/;}/g, '}')
      .replace(/\( | \)/g, (blank) => blank.trim())
      // Between selectors, and not in a sum.
      .replace(/ \+ (?=\.[a-z])/g, '+')
      .replace(/(?<![\w.])0\.(?=\d)/g, '.')
      .replace(/\[([a-z-]+)='([a-z]+)'\]/g, '[$1=$2]')
      .trim(),
  );
}

/** As in JSX: blanks with a line break in them do not count beside a tag or an expression. */
function smallMarkup(texts) {
  let isInTag = false;
  return texts.map((text) =>
    text.replace(/\s*\n\s*|[<>]/g, (found, at) => {
      if (found === '<' || found === '>') {
        isInTag = found === '<';
        return found;
      }
      const [before, after] = [text[at - 1], text[at + found.length]];
      if (isInTag) return after === '>' || after === '/' ? '' : ' ';
      return before === undefined || after === undefined || before === '>' || after === '<' ? '' : ' ';
    }),
  );
}

/**
 * How one of `SCRIPTS` (scripts.mjs) is made: a single file that holds everything but what it loads later by `import()`.
 *
 * @param {{ file: string, entry: string, format: 'iife' | 'es', isSplit?: boolean, isForeign?: boolean }} script
 */
export function configOf(script) {
  const { file, entry, format, isSplit = false } = script;
  return defineConfig({
    root: here,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    plugins: [
      lazyFiles,
      standIns,
      litPolicy,
      smallTexts,
      shortProperties,
      ...(format === 'iife' ? [asciiOnly] : []),
      ...(isSplit ? [] : [smaller(script)]),
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
