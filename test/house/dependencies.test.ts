import { expect, it } from 'vitest';

type Packages = Record<string, { version?: string; link?: boolean; optional?: boolean }>;

// Not by its name: the scripts are JavaScript that the compiler of the tests does not read.
const { staleDependencies } = (await import(new URL('../../scripts/tools.mjs', import.meta.url).href)) as {
  staleDependencies: (wanted: Packages, installed: Packages) => string[];
};

it('names the packages that a pull brought and nobody has installed, and no others', () => {
  const wanted = {
    '': {},
    backend: {},
    'node_modules/same': { version: '1.0.0' },
    'node_modules/new': { version: '1.0.0' },
    'node_modules/other': { version: '2.0.0' },
    'node_modules/of-another-platform': { version: '1.0.0', optional: true },
    'node_modules/@chat-stream/backend': { link: true },
  };
  const installed = { 'node_modules/same': { version: '1.0.0' }, 'node_modules/other': { version: '1.0.0' } };
  expect(staleDependencies(wanted, installed)).toEqual(['new', 'other']);
});
