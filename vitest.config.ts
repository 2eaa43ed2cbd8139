import { defineConfig } from 'vitest/config';

// The tests import the built packages, as a user does: `npm test` builds them first.
export default defineConfig({
  test: {
    include: ['test/{protocol,markdown,backend,code,conformance,e2e,faults,house}/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
