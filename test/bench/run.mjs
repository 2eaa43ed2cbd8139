// The server benchmark: what a token costs, in the product, in others, and in the least that a server can do.
//
//   npm run bench                     everything; writes test/bench/RESULTS.md (about 20 minutes)
//   npm run bench -- --quick          short runs, one of each (about 2 minutes); prints only
//   npm run bench -- --only paced     one workload or more, separated by commas; prints only
//   npm run bench -- --servers floor,product --runs 3
//   npm run bench -- --profile product    where the time of a token goes at the paced workload
//   npm run bench -- --only paced --servers floor,base,product --base <folder>    before and after: `base` is the build of
//                                         another checkout
//   npm run bench -- --note <text>        how it was run, for RESULTS.md
//
// Each run is a fresh server, a model server of our own and a process of visitors that verify every character. Servers take
// turns, run by run, and what counts is the ratio within a round: on another machine every figure moves, the ratios hardly do.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { lock, runNode, startServer, stop } from './lib/processes.mjs';
import { readProfile } from './profile.mjs';
import { report } from './report.mjs';
import { loadOf, SERVERS, WORKLOADS } from './workloads.mjs';

const HERE = import.meta.dirname;
const OUT = join(HERE, '.out');
/** The server has a core of its own; model and visitors share the next. */
const CORES = { server: 0, load: availableParallelism() > 1 ? 1 : 0 };
/** A server that is not at its limit and still answers so late shared its core: it reads tokens together that came apart. */
const DISTURBED = { p50: 1, cores: 0.9 };
const ATTEMPTS = 3;
/** Of a profile: fewer say nothing. */
const MIN_SAMPLES = 1000;

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    servers: { type: 'string' },
    runs: { type: 'string' },
    profile: { type: 'string' },
    base: { type: 'string' },
    note: { type: 'string' },
  },
});

try {
  await run();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

async function run() {
  if (process.platform !== 'linux') fail('The benchmark reads CPU time and memory from /proc: it needs Linux.');
  if (options.base !== undefined) {
    const script = resolve(options.base, 'backend', 'dist', 'main.js');
    SERVERS.base = { title: 'chat-stream before', script, dialect: 'chatStream' };
  }
  installPeers();
  mkdirSync(OUT, { recursive: true });
  if (options.profile === undefined) await compare();
  else console.log((await profileLines(options.profile)).join('\n'));
}

async function compare() {
  const started = new Date();
  const results = {};
  for (const name of chosen(options.only, WORKLOADS)) results[name] = await runWorkload(planFor(name));
  const lines = report(results);
  console.log(`\n${lines.join('\n')}`);
  const isWhole = !options.quick && options.only === undefined && options.servers === undefined;
  if (!isWhole) return;
  const profile = await profileLines('product');
  const text = [...headLines(started), ...lines, ...profile].join('\n');
  writeFileSync(join(HERE, 'RESULTS.md'), `${text}\n`);
  console.log('Written to test/bench/RESULTS.md.');
}

function planFor(name) {
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
  const { scripts } = JSON.parse(readFileSync(join(HERE, '..', '..', 'package.json'), 'utf8'));
  return /node ((?:--\S+ )+)backend\/dist\/main\.js/.exec(scripts.start)[1].trim().split(' ');
}

async function profileLines(server) {
  if (SERVERS[server] === undefined) fail(`There is no server "${server}".`);
  console.log(`\nProfile of ${server}, paced`);
  const file = join(OUT, `${server}.cpuprofile`);
  const { cpuPerToken } = await runOnce(server, loadOf(planFor('paced')), file);
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

function headLines(started) {
  const date = started.toISOString().slice(0, 10);
  const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown CPU'}`;
  return [
    '# What a token costs',
    '',
    `\`npm run bench\` on ${date}, Node ${process.version}, ${machine}. Written by \`test/bench/run.mjs\`; do not edit.`,
    '',
    'Median of the runs, least and most in brackets. CPU is that of all threads of the server, counted by the kernel. Latency is',
    'from the write of the model to the visitor. Every character of every answer was verified. Servers took turns; ratios and',
    'differences are of runs of the same round.',
    ...(options.note === undefined ? [] : ['', options.note]),
    '',
  ];
}

function installPeers() {
  if (existsSync(join(HERE, 'node_modules', '.package-lock.json'))) return;
  console.log('Installing what the product is compared with (test/bench/package-lock.json) …');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel', 'error'], {
    cwd: HERE,
    stdio: 'inherit',
  });
  if (status !== 0) fail('The peers could not be installed; see above.');
}

function chosen(list, all) {
  const names = list?.split(',') ?? Object.keys(all);
  const unknown = names.find((name) => !(name in all));
  if (unknown !== undefined) fail(`There is no "${unknown}"; there are: ${Object.keys(all).join(', ')}.`);
  return names;
}

function fail(message) {
  throw new Error(message);
}
