// Builds what is not built or is out of date.
//
//   node scripts/build.mjs           builds what is stale, and says what
//   node scripts/build.mjs --quiet   the same, in one line, and only when there is something to build (npm start)
//   node scripts/build.mjs --force   builds everything anew (npm run build)
//
// Stale is decided by content: each `dist` keeps a fingerprint of the sources it was built from. Times of files say
// nothing after a checkout, a copy into an image or a change of branch.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SCRIPTS } from '../widget/scripts.mjs';
import { fail, nodeBinary, requireDependencies, root, run, runTool } from './tools.mjs';

/** The parts of the product, what each is built from, and the files without which it is not built. */
const PARTS = {
  protocol: { sources: ['protocol'], entries: ['index.js'] },
  backend: { sources: ['protocol', 'backend'], entries: ['index.js', 'main.js'] },
  widget: { sources: ['protocol', 'widget'], entries: ['index.js', 'define.js'] },
  script: { sources: ['protocol', 'widget'], entries: SCRIPTS.map(({ file }) => file) },
};
/** What every part depends on: the compiler's settings and the versions of all packages. */
const SHARED = ['tsconfig.base.json', 'package-lock.json'];
const SOURCE_FILE = /\.(ts|mts|mjs|js|json)$/;
const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', 'data']);

const { values: options } = parseArgs({
  options: { force: { type: 'boolean', default: false }, quiet: { type: 'boolean', default: false } },
});

requireDependencies();
const started = performance.now();
const fingerprints = fingerprintAll();
const stale = Object.keys(PARTS).filter((part) => options.force || !isBuilt(part));
if (stale.length === 0) {
  if (!options.quiet) console.log('Everything is built.');
  process.exit(0);
}
if (options.quiet) console.log('Building chat-stream (only when something changed) …');
await compile(stale.filter((part) => part !== 'script'));
if (stale.includes('script')) await bundle();
if (!options.quiet) {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`Built ${stale.join(', ')} in ${seconds} s.`);
}

async function compile(parts) {
  if (parts.length === 0) return;
  // tsc trusts its own record of what it emitted: where outputs are gone but the record is not, it must be told.
  const incomplete = parts.some((part) => !hasEntries(part));
  const force = options.force || incomplete;
  for (const part of parts) rmSync(stampOf(part), { force: true });
  const { code } = await runTool('tsc', ['-b', ...(force ? ['--force'] : []), ...parts]);
  if (code !== 0) fail('The TypeScript sources do not compile; see above.');
  for (const part of parts) settle(part);
}

async function bundle() {
  const bundler = join(root, 'scripts', 'bundle.mjs');
  const { code, output } = await run(nodeBinary(), [bundler], { capture: true });
  if (code !== 0) {
    process.stderr.write(output);
    fail('The scripts for pages (widget/scripts.mjs) could not be bundled; see above.');
  }
  settle('script');
}

/** Records what a part was built from, once its files are really there. */
function settle(part) {
  if (!hasEntries(part)) fail(`The build of "${part}" went through but left no ${PARTS[part].entries.join(' or ')}.`);
  writeFileSync(stampOf(part), fingerprints[part]);
}

function isBuilt(part) {
  return hasEntries(part) && existsSync(stampOf(part)) && readFileSync(stampOf(part), 'utf8') === fingerprints[part];
}

function hasEntries(part) {
  return PARTS[part].entries.every((entry) => existsSync(join(outputOf(part), entry)));
}

function outputOf(part) {
  return part === 'script' ? join(root, 'widget', 'dist', 'script') : join(root, part, 'dist');
}

function stampOf(part) {
  return join(outputOf(part), '.built-from');
}

function fingerprintAll() {
  const shared = SHARED.map((file) => hashFile(join(root, file))).join('');
  const folders = new Map();
  const ofFolder = (folder) => {
    if (!folders.has(folder)) folders.set(folder, hashFolder(join(root, folder)));
    return folders.get(folder);
  };
  return Object.fromEntries(
    Object.entries(PARTS).map(([part, { sources }]) => [part, hash(shared + sources.map(ofFolder).join(''))]),
  );
}

function hashFolder(folder) {
  const parts = [];
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort(byName)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!SKIPPED_FOLDERS.has(entry.name)) parts.push(entry.name, hashFolder(path));
    } else if (SOURCE_FILE.test(entry.name)) {
      parts.push(entry.name, hashFile(path));
    }
  }
  return hash(parts.join('\0'));
}

function byName(a, b) {
  return a.name < b.name ? -1 : 1;
}

function hashFile(path) {
  return hash(readFileSync(path));
}

function hash(data) {
  return createHash('sha256').update(data).digest('base64');
}
