// The server benchmark: what a token costs, in the product, in others, and in the least that a server can do.
//
// Each run is a fresh server, a model server of our own and a process of visitors that verify every character. Servers take
// turns, run by run.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { lock, runNode, startServer, stop } from '../lib/processes.mjs';
import { circumstances, writeChapter } from '../lib/results.mjs';
import { readProfile } from './profile.mjs';
import { report } from './report.mjs';
import { loadOf, SERVERS, WORKLOADS } from './workloads.mjs';

const HERE = import.meta.dirname;
const OUT = join(HERE, '..', '.out');
/** The server has a core of its own; model and visitors share the next. */
const CORES = { server: 0, load: availableParallelism() > 1 ? 1 : 0 };
/** A server that is not at its limit and still answers so late shared its core: it reads tokens together that came apart. */
const DISTURBED = { p50: 1, cores: 0.9 };
const ATTEMPTS = 3;
/** Of a profile: fewer say nothing. */
const MIN_SAMPLES = 1000;

/**
 * Measures the workloads, prints the tables, and writes the server's chapter of RESULTS.md after a whole run.
 *
 * `workloads`: names; `isWhole`: whether these are all, at full length. `servers`, `runs`, `profile`, `base`, `note`, `quick`: see run.mjs.
 */
export async function measureServer(options) {
  if (process.platform !== 'linux') fail('The benchmark reads CPU time and memory from /proc: it needs Linux.');
  if (options.base !== undefined) {
    const script = resolve(options.base, 'backend', 'dist', 'main.js');
    SERVERS.base = { title: 'chat-stream before', script, dialect: 'chatStream' };
  }
  mkdirSync(OUT, { recursive: true });
  if (options.profile === undefined) await compare(options);
  else console.log((await profileLines(options.profile, options)).join('\n'));
}

async function compare(options) {
  const started = new Date();
  const results = {};
  for (const name of options.workloads) results[name] = await runWorkload(planFor(name, options));
  const lines = report(results);
  console.log(`\n${lines.join('\n')}`);
  if (!options.isWhole || options.servers !== undefined) return;
  const profile = await profileLines('product', options);
  writeChapter('What a token costs the server', [...headLines(started, options), ...lines, ...profile]);
}

function planFor(name, options) {
  const { quick, ...workload } = WORKLOADS[name];
  const plan = options.quick ? { ...workload, ...quick, load: { ...workload.load, ...quick.load } } : workload;
  const servers = options.servers === undefined ? plan.servers : chosen(options.servers, SERVERS);
  return { ...plan, servers, runs: Number(options.runs ?? plan.runs) };
}

async function runWorkload(plan) {
  console.log(`\n${plan.title}`);
  const runs = Object.fromEntries(plan.servers.map((server) => [server, []]));
  for (let round = 0; round < plan.runs; round++) {
    for (const server of plan.servers) runs[server].push(await runUndisturbed(server, plan));
  }
  return runs;
}

async function runUndisturbed(server, plan) {
  for (let attempt = 1; ; attempt++) {
    const run = await runOnce(server, loadOf(plan));
    const disturbed = plan.load.window !== undefined && run.p50 > DISTURBED.p50 && run.cores < DISTURBED.cores;
    const figures = Object.entries(run).map(([name, value]) => `${name} ${Number(value.toFixed(3))}`);
    console.log(`  ${server.padEnd(10)} ${figures.join('  ')}${disturbed ? '  (disturbed)' : ''}`);
    if (!disturbed || attempt === ATTEMPTS) return run;
  }
}

async function runOnce(name, workload, profileTo) {
  const { script, dialect } = SERVERS[name];
  const unlock = await lock();
  const data = mkdtempSync(join(OUT, 'data-'));
  let model, server;
  try {
    model = await startServer([join(HERE, 'upstream.mjs')], { core: CORES.load });
    const upstream = `http://127.0.0.1:${model.port}`;
    const profiler = profileTo === undefined ? [] : ['--import', join(HERE, 'lib', 'profiler.mjs')];
    const flags = dialect === 'chatStream' ? shippedFlags() : [];
    server = await startServer([...flags, ...profiler, script], {
      // On one core with the server, the sampler would run only while the server sleeps.
      core: profileTo === undefined ? CORES.server : undefined,
      cwd: data,
      env: { ...environment(upstream, data), BENCH_PROFILE: profileTo },
    });
    const order = { port: server.port, pid: server.pid, dialect, workload, profile: profileTo !== undefined };
    const run = await runNode([join(HERE, 'load.mjs'), JSON.stringify(order)], { core: CORES.load });
    if (run.error !== undefined) fail(`${name}: ${run.error}\n${server.child.errors}`);
    return run;
  } finally {
    if (server !== undefined) await stop(server.child);
    if (model !== undefined) await stop(model.child);
    rmSync(data, { recursive: true, force: true });
    unlock();
  }
}

/** What servers find in their environment: the peers `UPSTREAM`, the product what an operator would set. */
function environment(upstream, data) {
  return {
    NODE_ENV: 'production',
    UPSTREAM: upstream,
    PORT: '0',
    OPENAI_BASE_URL: `${upstream}/v1`,
    OPENAI_API_KEY: undefined,
    OPENAI_MODEL: 'bench',
    AUTH_MODE: 'visitor',
    DATA_DIR: data,
  };
}

/** What `npm start` gives to Node. */
function shippedFlags() {
  const { scripts } = JSON.parse(readFileSync(join(HERE, '..', '..', '..', 'package.json'), 'utf8'));
  return /node ((?:--\S+ )+)backend\/dist\/main\.js/.exec(scripts.start)[1].trim().split(' ');
}

async function profileLines(server, options) {
  if (SERVERS[server] === undefined) fail(`There is no server "${server}".`);
  console.log(`\nProfile of ${server}, paced`);
  const file = join(OUT, `${server}.cpuprofile`);
  const { cpuPerToken } = await runOnce(server, loadOf(planFor('paced', options)), file);
  const { parts, functions, samples } = readProfile(file, cpuPerToken);
  if (samples < MIN_SAMPLES) return ['', `The profile has only ${samples} samples of work: too few to show anything.`];
  const rows = (list) => list.map(([name, time]) => `| ${name} | ${time.toFixed(2)} |`);
  return [
    `## Where the time of a token goes (${SERVERS[server].title}, paced)`,
    '',
    `${samples} samples of work in one run; ${cpuPerToken.toFixed(1)} µs per token while being profiled.`,
    '',
    '| part | µs per token |',
    '| --- | --- |',
    ...rows(parts.filter(([, time]) => time >= 0.05)),
    '',
    '| function | µs per token |',
    '| --- | --- |',
    ...rows(functions.slice(0, 25)),
  ];
}

function headLines(started, { note }) {
  return [
    circumstances(started, 'npm run bench'),
    '',
    'Median of the runs, least and most in brackets. CPU is that of all threads of the server, counted by the kernel. Latency is',
    'from the write of the model to the visitor. Every character of every answer was verified. Servers took turns; ratios and',
    'differences are of runs of the same round.',
    ...(note === undefined ? [] : ['', note]),
    '',
  ];
}

function chosen(list, all) {
  const names = list.split(',');
  const unknown = names.find((name) => !(name in all));
  if (unknown !== undefined) fail(`There is no "${unknown}"; there are: ${Object.keys(all).join(', ')}.`);
  return names;
}

function fail(message) {
  throw new Error(message);
}
