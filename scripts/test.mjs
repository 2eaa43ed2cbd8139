// Runs the tests: the types of everything, then vitest in Node, then web-test-runner in Chromium.
//
//   npm test                      everything
//   npm test -- protocol e2e      only the test files whose path contains one of these
//
// The last line is always the count, `N passed, N failed`; the exit code says the same. A suite that crashed, or ran
// nothing, is a failure although no test in it failed.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { ensureBrowser } from './ensure-browser.mjs';
import { nodeBinary, requireDependencies, root, run, runTool } from './tools.mjs';

requireDependencies();
const filters = process.argv.slice(2).filter((arg) => !arg.startsWith('-'));
const total = { passed: 0, failed: 0, skipped: 0 };
const files = testFiles(join(root, 'test')).filter(
  (file) => filters.length === 0 || filters.some((filter) => file.includes(filter)),
);
const inBrowser = files.filter((file) => file.startsWith('test/widget/'));
const inNode = files.filter((file) => !inBrowser.includes(file));

try {
  await runAll();
} catch (error) {
  broken(error.message);
}
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
// Set, not called: what was printed is written out first, also into a pipe.
process.exitCode = total.failed > 0 ? 1 : 0;

async function runAll() {
  if (files.length === 0) return broken(`No test file matches ${filters.join(', ')}.`);
  // Only where it is needed: installing one takes minutes.
  if (files.some((file) => /^test\/(widget|e2e)\//.test(file))) process.env.CHROMIUM_PATH = await ensureBrowser();
  const built = await run(nodeBinary(), [join(root, 'scripts', 'build.mjs'), '--quiet']);
  if (built.code !== 0) return broken('The product does not build; no test was run.');
  const checked = await runTool('tsc', ['-b']);
  if (checked.code !== 0) return broken('The tests do not compile; no test was run.');
  if (inNode.length > 0) await runVitest();
  if (inBrowser.length > 0) await runBrowser();
}

async function runVitest() {
  const folder = mkdtempSync(join(tmpdir(), 'chat-stream-test-'));
  const report = join(folder, 'vitest.json');
  try {
    const { code } = await runTool('vitest', [
      'run',
      ...(filters.length > 0 ? inNode : []),
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ]);
    count('vitest', code, vitestCounts(report));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What vitest's report says; `undefined` when it wrote none. A file that could not be loaded counts as one failure. */
function vitestCounts(report) {
  let result;
  try {
    result = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return undefined;
  }
  const unloaded = result.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  return {
    passed: result.numPassedTests,
    failed: result.numFailedTests + unloaded.length,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

async function runBrowser() {
  let counts;
  const onLine = (line) => {
    // The reporter before it may have left the cursor in the middle of a line.
    const match = /WTR (\{.*\})\s*$/.exec(line);
    if (match) counts = JSON.parse(match[1]);
    else console.log(line);
  };
  // What the compiler made of the tests, by name: it leaves the output of a test that was deleted where it is.
  const compiled = inBrowser.map((file) => file.replace('test/widget/', 'test/.out/widget/').replace(/\.ts$/, '.js'));
  const { code } = await runTool(
    'web-test-runner',
    ['--config', 'web-test-runner.config.mjs', '--files', ...compiled],
    { onLine },
  );
  count('web-test-runner', code, counts);
}

/** Adds the counts of one runner, and a failure where its exit code says what its counts do not. */
function count(runner, code, counts) {
  if (counts === undefined) return broken(`${runner} ended with code ${code} and without a result.`);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  if (counts.passed + counts.failed === 0) broken(`${runner} ran no test.`);
  else if (code !== 0 && counts.failed === 0) broken(`${runner} ended with code ${code} although no test failed.`);
}

function broken(sentence) {
  console.error(sentence);
  total.failed += 1;
}

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}
