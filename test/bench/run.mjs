// The benchmark: what a token costs the server, and what an answer costs the page, beside others and beside the least
// that either can cost.
//
//   npm run bench                     everything; writes test/bench/RESULTS.md (about 40 minutes)
//   npm run bench -- --quick          short runs, one of each; prints only
//   npm run bench -- --only widget    one half (server, widget): writes its chapter of RESULTS.md
//   npm run bench -- --only paced,answer    one workload or more; prints only
//   npm run bench -- --servers floor,product --runs 3
//   npm run bench -- --peers per-line,product --only answer
//   npm run bench -- --only tasks --cases messages    only the cases of the widget with this in their name
//   npm run bench -- --profile product      where the time of a token goes in the server, at the paced workload
//   npm run bench -- --profile widget       where the time of an answer goes in the page
//   npm run bench -- --only paced --servers floor,base,product --base <folder>    before and after: `base` is the build of
//                                           another checkout; for the page `--peers base,product`
//   npm run bench -- --note <text>          how it was run, for RESULTS.md
//
// Servers and widgets take turns, run by run, and what counts is the ratio within a round: on another machine every figure
// moves, the ratios hardly do.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureServer } from './server/measure.mjs';
import { WORKLOADS as SERVER_WORKLOADS } from './server/workloads.mjs';
import { measureWidget } from './widget/measure.mjs';
import { WORKLOADS as WIDGET_WORKLOADS } from './widget/workloads.mjs';

const HERE = import.meta.dirname;

/** The halves: what each can run, and how. */
const HALVES = {
  server: { workloads: Object.keys(SERVER_WORKLOADS), measure: measureServer },
  widget: { workloads: Object.keys(WIDGET_WORKLOADS), measure: measureWidget },
};

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    servers: { type: 'string' },
    peers: { type: 'string' },
    cases: { type: 'string' },
    runs: { type: 'string' },
    profile: { type: 'string' },
    base: { type: 'string' },
    note: { type: 'string' },
  },
});

try {
  installPeers();
  for (const [half, workloads] of chosenHalves()) {
    const isWhole = !options.quick && workloads.length === HALVES[half].workloads.length;
    await HALVES[half].measure({ ...options, workloads, isWhole });
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

/** [half, the workloads of it that were asked for]. */
function chosenHalves() {
  if (options.profile !== undefined) return [[options.profile === 'widget' ? 'widget' : 'server', []]];
  const names = options.only?.split(',') ?? Object.keys(HALVES);
  const known = Object.entries(HALVES).flatMap(([half, { workloads }]) => [half, ...workloads]);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`There is no "${unknown}"; there are: ${known.join(', ')}.`);
  const chosen = Object.entries(HALVES).map(([half, { workloads }]) => [
    half,
    workloads.filter((name) => names.includes(half) || names.includes(name)),
  ]);
  return chosen.filter(([, workloads]) => workloads.length > 0);
}

function installPeers() {
  if (existsSync(join(HERE, 'node_modules', '.package-lock.json'))) return;
  console.log('Installing what the product is compared with (test/bench/package-lock.json) …');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel', 'error'], {
    cwd: HERE,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('The peers could not be installed; see above.');
}
