// The widget benchmark: what an answer costs the page, in the product, in others, and in the least that a page can do.
//
// Each run is a fresh page in a process of its own; its answer is verified. Peers take turns, run by run. CPU is the time that
// the main thread was busy, which other work on the machine moves little.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { lock } from '../lib/processes.mjs';
import { circumstances, writeChapter } from '../lib/results.mjs';
import { launch, Tab } from './browser.mjs';
import { history, split, textNamed } from './corpus.mjs';
import { profileTable } from './profile.mjs';
import { report } from './report.mjs';
import { serve } from './site.mjs';
import { evaluationOf, tasksBetween } from './trace.mjs';
import { nameOf, PEERS, WORKLOADS } from './workloads.mjs';

const HERE = import.meta.dirname;
const ROOT = join(HERE, '..', '..', '..');
const OUT = join(HERE, '..', '.out');
const PACKAGES = join(HERE, '..', 'node_modules');

/** How one run of each kind is measured. Each gives figures by name. */
const KINDS = { cost: runCost, tasks: runTasks, nodes: runNodes, startup: runStartup };

/**
 * Measures the workloads, prints the tables, and writes the widget's chapter of RESULTS.md after a whole run.
 *
 * `workloads`: names; `isWhole`: whether these are all, at full length. `peers`, `cases`, `runs`, `profile`, `base`, `note`, `quick`: see run.mjs.
 */
export async function measureWidget(options) {
  mkdirSync(OUT, { recursive: true });
  const site = await serve({
    '/page/': join(HERE, 'page'),
    '/chat-stream/': join(ROOT, 'widget', 'dist', 'script'),
    '/base/': resolve(options.base ?? ROOT, 'widget', 'dist', 'script'),
    '/deep-chat/': join(PACKAGES, 'deep-chat', 'dist'),
    '/marked/': join(PACKAGES, 'marked', 'lib'),
  });
  const chromium = await launch();
  try {
    await compare({ site, ...chromium }, options);
  } finally {
    await chromium.close();
    site.close();
  }
}

async function compare(setting, options) {
  if (options.profile !== undefined) return console.log((await profileLines(setting)).join('\n'));
  const started = new Date();
  const results = {};
  for (const name of options.workloads) results[name] = await runWorkload(setting, planFor(name, options));
  const lines = report(results);
  console.log(`\n${lines.join('\n')}`);
  if (!options.isWhole || options.peers !== undefined || options.cases !== undefined) return;
  const profile = await profileLines(setting);
  writeChapter('What an answer costs the page', [...headLines(started, setting, options), ...lines, ...profile]);
}

function planFor(name, options) {
  const { quick, ...workload } = WORKLOADS[name];
  const plan = options.quick ? { ...workload, ...quick } : workload;
  const peers = options.peers?.split(',') ?? Object.keys(PEERS);
  const unknown = peers.find((peer) => !(peer in PEERS));
  if (unknown !== undefined) throw new Error(`There is no "${unknown}"; there are: ${Object.keys(PEERS).join(', ')}.`);
  const before = plan.cases.filter(({ peer }) => peer === 'product').map((each) => ({ ...each, peer: 'base' }));
  const cases = [...plan.cases, ...(options.base === undefined ? [] : before)];
  const isChosen = (each) => peers.includes(each.peer) && nameOf(each).includes(options.cases ?? '');
  return { ...plan, cases: cases.filter(isChosen), runs: Number(options.runs ?? plan.runs) };
}

async function runWorkload(setting, plan) {
  console.log(`\n${plan.title}`);
  const runs = Object.fromEntries(plan.cases.map((each) => [nameOf(each), []]));
  for (let round = 0; round < plan.runs; round++) {
    for (const each of plan.cases) {
      const run = await runOnce(setting, plan, each);
      const figures = Object.entries(run).map(([name, value]) => `${name} ${show(value)}`);
      console.log(`  ${nameOf(each).padEnd(28)} ${figures.join('  ')}`);
      runs[nameOf(each)].push(run);
    }
  }
  return runs;
}

function show(value) {
  if (typeof value === 'number') return Number(value.toFixed(1));
  return typeof value === 'object'
    ? Object.entries(value)
        .map(([name, part]) => `${name} ${show(part)}`)
        .join(' ')
    : value;
}

async function runOnce(setting, plan, each) {
  const unlock = await lock();
  const tab = await Tab.open(setting.browser, plan);
  try {
    const run = await KINDS[plan.kind](tab, each, setting, plan);
    if (tab.errors.length > 0) throw new Error(tab.errors[0]);
    return run;
  } catch (error) {
    throw new Error(`${nameOf(each)}: ${error.message}`, { cause: error });
  } finally {
    await tab.close();
    unlock();
  }
}

async function open(tab, { peer, text, history: count = 0, pieces }, { site }) {
  await tab.page.goto(`${site.url}/page/page.html`);
  const usable = await tab.page.evaluate((name) => bench.mount(name), peer);
  const given = text === undefined ? { markers: '' } : textNamed(text);
  const chunks = text === undefined ? [] : split(given.source, pieces);
  await tab.page.evaluate((parts) => bench.prepare(parts), { ...given, chunks, history: history(count) });
  await tab.collectGarbage();
  return usable;
}

async function stream(tab, { text, peer }, { perSecond, limitMs }) {
  const sent = await tab.page.evaluate((how) => bench.stream(how), { perSecond, limitMs });
  const wanted = await tab.page.evaluate(() => bench.wanted());
  if (sent < wanted) return sent / wanted;
  const wrong = peer === 'noop' ? undefined : await tab.page.evaluate(() => bench.verify());
  if (wrong !== undefined && wrong !== null) throw new Error(`${text}: ${wrong}`);
  return 1;
}

async function runCost(tab, each, setting, plan) {
  await open(tab, each, setting);
  if (each.history !== undefined) await tab.page.evaluate(() => bench.openHistory());
  await tab.collectGarbage();
  const before = await tab.metrics();
  const done = await stream(tab, each, plan);
  const after = await tab.metrics();
  const spent = Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - before[name]]));
  return { ...spent, ...(done < 1 ? { done } : {}) };
}

async function runTasks(tab, each, setting, plan) {
  await open(tab, each, setting);
  let done = 1;
  const events = await tab.trace(async () => {
    if (each.text !== undefined) done = await stream(tab, each, plan);
    else await tab.page.evaluate(() => bench.openHistory());
  });
  const tasks = tasksBetween(events, 'bench-from', 'bench-to');
  if (tasks.length === 0) throw new Error('the trace has no tasks');
  const [longest] = tasks;
  const over = tasks.filter(({ cpu }) => cpu > 50).length;
  return {
    longest: longest.cpu,
    wall: Math.max(...tasks.map(({ wall }) => wall)),
    over,
    parts: longest.parts,
    ...(done < 1 ? { done } : {}),
  };
}

async function runNodes(tab, each, setting, plan) {
  await open(tab, each, setting);
  await tab.page.evaluate(() => bench.observe());
  await stream(tab, each, plan);
  return tab.page.evaluate(() => bench.counts);
}

async function runStartup(tab, each, setting) {
  setting.site.loaded();
  let usable;
  const events = await tab.trace(async () => {
    usable = await open(tab, each, setting);
  });
  const { cpu } = await tab.metrics();
  const files = setting.site.loaded().filter(({ path }) => !path.startsWith('/page/'));
  const sum = (field) => files.reduce((total, file) => total + file[field], 0) / 1024;
  return { usable, cpu, evaluation: evaluationOf(events), raw: sum('bytes'), gzip: sum('gzip') };
}

/** Where the time goes of an answer alone, and of one below a long history. */
async function profileLines(setting) {
  const lines = [];
  for (const each of WORKLOADS.answer.cases.filter(({ peer, text }) => peer === 'product' && text === '10k')) {
    console.log(`\nProfile of ${nameOf(each)}`);
    const unlock = await lock();
    const tab = await Tab.open(setting.browser);
    try {
      await open(tab, each, setting);
      if (each.history !== undefined) await tab.page.evaluate(() => bench.openHistory());
      const profile = await tab.profile(() => stream(tab, each, WORKLOADS.answer));
      lines.push(...profileTable(nameOf(each), profile), '');
    } finally {
      await tab.close();
      unlock();
    }
  }
  return lines;
}

function headLines(started, { version }, { note }) {
  return [
    circumstances(started, 'npm run bench', [version]),
    '',
    'Median of the runs, least and most in brackets. CPU is that of the main thread of the page, less what the benchmark itself',
    'takes (a run that draws nothing). The text in the page was verified at the end of each run. Peers took turns; ratios are of',
    'runs of the same round.',
    ...(note === undefined ? [] : ['', note]),
    '',
  ];
}
