import { defaultReporter } from '@web/test-runner';
import { chromeLauncher } from '@web/test-runner-chrome';
import * as puppeteer from 'puppeteer-core';
import { CHROMIUM_FLAGS } from './test/support/chromium.mjs';
import { ENGINES } from './test/support/engines.mjs';
import { fakeServerPlugin } from './test/widget/support/fake-server.mjs';
import { webkitLauncher } from './test/widget/support/webkit-launcher.mjs';

// One engine in one run: what ends one of them does not end the others.
const engine = process.env.ENGINE || 'chromium';
const installed = ENGINES[engine]?.find();
if (installed === undefined) throw new Error(`There is no ${engine} here for the tests of the widget: install it.`);

function launcher() {
  if (engine === 'webkit') return webkitLauncher(installed);
  const launch =
    engine === 'firefox'
      ? chromeLauncher({ puppeteer, launchOptions: { browser: 'firefox', executablePath: installed } })
      : chromeLauncher({ launchOptions: { executablePath: installed, args: [...CHROMIUM_FLAGS] } });
  return Object.assign(launch, { name: ENGINES[engine].title });
}

/** Writes one line that a script can read. */
const countReporter = {
  onTestRunFinished({ sessions }) {
    const count = { passed: 0, failed: 0, skipped: 0, failures: [] };
    for (const { testFile: file, testResults, errors } of sessions) {
      for (const test of testsOf(testResults)) {
        count[test.skipped ? 'skipped' : test.passed ? 'passed' : 'failed']++;
        if (!test.skipped && !test.passed) count.failures.push({ file, name: test.name, why: whyOf(test.error) });
      }
      // A file that did not load, or threw outside a test, ran nothing: that is a failure, too.
      if (errors.length === 0) continue;
      count.failed++;
      count.failures.push({ file, name: 'did not load, or threw outside a test', why: errors.map(whyOf).join('\n') });
    }
    console.log(`WTR ${JSON.stringify(count)}`);
  },
};

/** The tests of a suite and of those in it, each with the names of its suites before its own. */
function testsOf(suite, path = []) {
  if (suite === undefined) return [];
  const named = suite.tests.map((test) => ({ ...test, name: [...path, test.name].join(' ') }));
  return [...named, ...suite.suites.flatMap((inner) => testsOf(inner, [...path, inner.name]))];
}

function whyOf(error) {
  return [error?.message, error?.stack].filter(Boolean).join('\n') || 'no reason was given';
}

/** The tests of the widget, in the real engine that `ENGINE` names. They are compiled first: `tsc -b test/widget`. */
export default {
  files: 'test/.out/widget/**/*.test.js',
  // What a page gets, not what a developer of Lit does.
  nodeResolve: { exportConditions: ['production', 'default', 'browser'] },
  concurrency: 1,
  browsers: [launcher()],
  plugins: [fakeServerPlugin()],
  reporters: [defaultReporter(), countReporter],
  // Only what hangs gets there: see vitest.config.ts.
  testFramework: { config: { timeout: 40_000 } },
};
