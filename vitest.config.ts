import { configDefaults, defineConfig } from 'vitest/config';

/**
 * Programs of others that judge ours. They are no part of this repository: CONTRIBUTING.md says how to build each, and the
 * variable where it is. Its tests do not exist without.
 */
const JUDGES = [
  { name: 'icotes', variable: 'ICOTES', tests: 'test/e2e/icotes-*.test.ts' },
  { name: 'the Llama Stack UI', variable: 'LLAMA_STACK_UI', tests: 'test/e2e/llama-stack-ui.test.ts' },
];
const missing = JUDGES.filter(({ variable }) => process.env[variable] === undefined);
for (const { name, variable } of missing) {
  console.log(`No test with ${name}: ${variable} names no folder where it is built (see CONTRIBUTING.md).`);
}

// The tests import the built packages, as a user does: `npm test` builds them first.
export default defineConfig({
  test: {
    include: ['test/{protocol,markdown,backend,code,conformance,e2e,faults,house}/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...missing.map(({ tests }) => tests)],
    // Only what hangs gets there: a machine that others use stands still for many seconds at times, its disk above all.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
