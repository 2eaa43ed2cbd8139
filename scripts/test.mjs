// Runs the tests: the types of everything, then vitest in Node, then web-test-runner in one engine after the other.
//
//   npm test                              everything
//   npm test -- protocol e2e              only the test files whose path contains one of these
//   ENGINES=chromium npm test -- widget   only in these engines, of chromium, firefox and webkit
//
// The last line is always the count, `N passed, N failed`; the exit code says the same. A suite that crashed, or ran
// nothing, is a failure although no test in it failed. What failed is named once more right before that line: a log of
// which only the end is kept tells it, too.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { chosenEngines, ENGINES } from '../test/support/engines.mjs';
import { ensureBrowser } from './ensure-browser.mjs';
import { nodeBinary, requireDependencies, root, run, runTool } from './tools.mjs';

requireDependencies();
const filters = process.argv.slice(2).filter((arg) => !arg.startsWith('-'));
const FAILURE_LINES = 12;
const total = { passed: 0, failed: 0, skipped: 0 };
const engineLines = [];
/** What the end says of each failure: where, which test, and the first lines of why. */
const failures = [];
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
for (const line of [...engineLines, ...failures]) console.log(line);
console.log(counted(total));
// Set, not called: what was printed is written out first, also into a pipe.
process.exitCode = total.failed > 0 ? 1 : 0;

async function runAll() {
  if (files.length === 0) return broken(`No test file matches ${filters.join(', ')}.`);
  const engines = chosenEngines();
  // Only where it is needed: installing one takes minutes.
  const needsChromium =
    inNode.some((file) => file.startsWith('test/e2e/')) || (inBrowser.length > 0 && engines.includes('chromium'));
  if (needsChromium) process.env.CHROMIUM_PATH = await ensureBrowser();
  const built = await run(nodeBinary(), [join(root, 'scripts', 'build.mjs'), '--quiet']);
  if (built.code !== 0) return broken('The product does not build; no test was run.');
  const checked = await runTool('tsc', ['-b']);
  if (checked.code !== 0) return broken('The tests do not compile; no test was run.');
  if (inNode.length > 0) await runVitest();
  // One after the other: two browsers at once take each other's time, and tests that wait for a frame fail.
  if (inBrowser.length > 0) for (const engine of engines) await runEngine(engine);
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

/** What vitest's report says; `undefined` when it wrote none. A file whose set-up failed counts as one failure. */
function vitestCounts(report) {
  let result;
  try {
    result = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return undefined;
  }
  const failures = result.testResults.flatMap(({ name: file, status, message, assertionResults }) => {
    const failed = assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => ({ file, name: test.fullName, why: test.failureMessages.join('\n') }));
    return status === 'failed' && failed.length === 0
      ? [{ file, name: 'failed outside its tests', why: message || 'The reason stands further up.' }]
      : failed;
  });
  return {
    passed: result.numPassedTests,
    failed: failures.length,
    skipped: result.numPendingTests + result.numTodoTests,
    failures,
  };
}

async function runEngine(engine) {
  const { title, find } = ENGINES[engine];
  if (find() === undefined) {
    const sentence = `${title} is not installed: its tests did not run.`;
    // Whoever asked for it by name waits for its result.
    if (process.env.ENGINES) broken(sentence);
    else engineLines.push(sentence);
    return;
  }
  let counts;
  const onLine = (line) => {
    // The reporter before it may have left the cursor in the middle of a line.
    const match = /WTR (\{.*\})\s*$/.exec(line);
    if (match) counts = JSON.parse(match[1]);
    else console.log(line);
  };
  // What the compiler made of the tests, by name: it leaves the output of a test that was deleted where it is.
  const compiled = inBrowser.map((file) => file.replace('test/widget/', 'test/.out/widget/').replace(/\.ts$/, '.js'));
  const began = Date.now();
  const { code } = await runTool(
    'web-test-runner',
    ['--config', 'web-test-runner.config.mjs', '--files', ...compiled],
    { onLine, env: { ENGINE: engine } },
  );
  count(`web-test-runner in ${title}`, code, counts);
  const seconds = Math.round((Date.now() - began) / 1000);
  engineLines.push(`${title}: ${counts === undefined ? 'no result' : counted(counts)} (${seconds} s)`);
}

function counted({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** Adds the counts of one runner, and a failure where its exit code says what its counts do not. */
function count(runner, code, counts) {
  if (counts === undefined) return broken(`${runner} ended with code ${code} and without a result.`);
  for (const { file, name, why } of counts.failures) {
    // Enough to tell a wrong value from a deadline; the whole of it stands further up.
    const lines = why
      .trim()
      .split('\n')
      .filter((line) => !line.includes('node_modules'))
      .slice(0, FAILURE_LINES);
    failures.push(`FAILED (${runner}) ${relative(root, file)}: ${name}`, ...lines.map((line) => `    ${line}`));
  }
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  if (counts.passed + counts.failed === 0) broken(`${runner} ran no test.`);
  else if (code !== 0 && counts.failed === 0) broken(`${runner} ended with code ${code} although no test failed.`);
}

function broken(sentence) {
  console.error(sentence);
  failures.push(`FAILED ${sentence}`);
  total.failed += 1;
}

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}
