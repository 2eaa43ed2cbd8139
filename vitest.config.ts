import { configDefaults, defineConfig } from 'vitest/config';

// No part of this repository: CONTRIBUTING.md says how to get it.
const hasIcotes = process.env['ICOTES'] !== undefined;
if (!hasIcotes) console.log('icotes is not tested: ICOTES names no folder where it is built (see CONTRIBUTING.md).');

// The tests import the built packages, as a user does: `npm test` builds them first.
export default defineConfig({
  test: {
    include: ['test/{protocol,markdown,backend,code,conformance,e2e,faults,house}/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(hasIcotes ? [] : ['test/e2e/icotes-*.test.ts'])],
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
