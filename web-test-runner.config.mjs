import { defaultReporter } from '@web/test-runner';
import { chromeLauncher } from '@web/test-runner-chrome';
import { CHROMIUM_FLAGS, findChromium } from './test/support/chromium.mjs';
import { fakeServerPlugin } from './test/widget/support/fake-server.mjs';

const executablePath = findChromium();
if (executablePath === undefined) {
  throw new Error('The tests of the widget need Chromium: install it, or set CHROMIUM_PATH to its path.');
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

/** The tests of the widget, in a real Chromium. They are compiled first: `tsc -b test/widget`. */
export default {
  files: 'test/.out/widget/**/*.test.js',
  // What a page gets, not what a developer of Lit does.
  nodeResolve: { exportConditions: ['production', 'default', 'browser'] },
  concurrency: 1,
  browsers: [chromeLauncher({ launchOptions: { executablePath, args: [...CHROMIUM_FLAGS] } })],
  plugins: [fakeServerPlugin()],
  reporters: [defaultReporter(), countReporter],
  testFramework: { config: { timeout: 15_000 } },
};
