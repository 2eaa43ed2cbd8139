// From runs to tables.
import { goalLines, range, table } from '../lib/tables.mjs';
import { GOALS, nameOf, PEERS, WORKLOADS } from './workloads.mjs';

const FLOOR = 'per-line';

/** [heading, figure of a run, digits] */
const COLUMNS = {
  cost: [
    ['CPU ms', 'net', 0],
    ['of it style', 'style', 0],
    ['layout', 'layout', 0],
    ['layouts', 'layouts', 0],
  ],
  tasks: [
    ['longest, CPU ms', 'longest', 0],
    ['on the clock', 'wall', 0],
    ['tasks over 50 ms', 'over', 0],
  ],
  nodes: [
    ['put in', 'added', 0],
    ['taken out', 'removed', 0],
    ['of finished blocks', 'finished', 0],
  ],
  startup: [
    ['ms to composer', 'usable', 0],
    ['CPU ms', 'cpu', 0],
    ['of it loading the script', 'evaluation', 1],
    ['KB', 'raw', 1],
    ['KB gzip', 'gzip', 1],
  ],
};

/** `results[workload][case]`: the runs, in their order. Returns lines of Markdown. */
export function report(results) {
  const all = Object.fromEntries(Object.entries(results).map(([name, runs]) => [name, withNet(name, runs)]));
  const goals = GOALS.map((goal) => ({ ...goal, values: valuesOf(goal, all[goal.workload] ?? {}) }));
  const lines = ['## Goals', '', ...goalLines(goals), ''];
  for (const [name, runs] of Object.entries(all)) lines.push(...workloadLines(name, runs), '');
  return lines;
}

/** Takes off what the benchmark itself cost in the same round, with the same text. */
function withNet(name, runs) {
  if (WORKLOADS[name].kind !== 'cost') return runs;
  const net = (key, run, round) => {
    const own = runs[`noop, ${key.split(', ')[1]}`]?.[round]?.cpu ?? 0;
    return { ...run, net: run.cpu - own };
  };
  const entries = Object.entries(runs).map(([key, list]) => [key, list.map((run, round) => net(key, run, round))]);
  return Object.fromEntries(entries);
}

/** A value for each round. */
function valuesOf({ ratio, of, field }, runs) {
  if (of !== undefined) return (runs[of] ?? []).map((run) => run[field]);
  const [a, b] = ratio.map((key) => runs[key] ?? []);
  return a.slice(0, b.length).map(({ net }, round) => net / b[round].net);
}

function workloadLines(name, runs) {
  const { title, kind, cases } = WORKLOADS[name];
  const columns = COLUMNS[kind];
  const named = new Map(cases.map((each) => [nameOf(each), each]));
  const rows = [['', ...columns.map(([heading]) => heading), ...extraHeadings(kind)]];
  for (const [key, list] of Object.entries(runs)) {
    const each = named.get(key) ?? { peer: 'base' };
    const isBound = list.some(({ done = 1 }) => done < 1);
    const cells = columns.map(([, field, digits]) =>
      range(
        list.map((run) => run[field]),
        digits,
      ),
    );
    rows.push([
      `${key.replace(each.peer, PEERS[each.peer])}${isBound ? ' (not finished: at least)' : ''}`,
      ...cells,
      ...extraCells(kind, key, list, runs),
    ]);
  }
  return [`## ${title}`, '', ...table(rows)];
}

function extraHeadings(kind) {
  return { cost: ['÷ floor'], tasks: ['the longest was busy with, ms'] }[kind] ?? [];
}

function extraCells(kind, key, list, runs) {
  if (kind === 'tasks') return [partsOf(list)];
  if (kind !== 'cost') return [];
  const [, ...rest] = key.split(', ');
  const values = valuesOf({ ratio: [key, [FLOOR, ...rest].join(', ')] }, runs);
  return [key.startsWith('noop') || values.length === 0 ? '' : range(values, 2)];
}

/** Of the run whose longest task was the longest. */
function partsOf(list) {
  const worst = list.reduce((a, b) => (b.longest > a.longest ? b : a));
  const parts = Object.entries(worst.parts ?? {}).filter(([, time]) => time >= 1);
  return parts
    .sort(([, a], [, b]) => b - a)
    .map(([part, time]) => `${part} ${time.toFixed(0)}`)
    .join(', ');
}
