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
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const session of sessions) {
      for (const test of testsOf(session.testResults))
        count[test.skipped ? 'skipped' : test.passed ? 'passed' : 'failed']++;
      // A file that did not load, or threw outside a test, ran nothing: that is a failure, too.
      if (session.errors.length > 0) count.failed++;
    }
    console.log(`WTR ${JSON.stringify(count)}`);
  },
};

function testsOf(suite) {
  return suite === undefined ? [] : [...suite.tests, ...suite.suites.flatMap(testsOf)];
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
  testFramework: { config: { timeout: 15_000 } },
};
