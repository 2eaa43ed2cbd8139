// From runs to tables.
import { goalLines, range, table } from '../lib/tables.mjs';
import { GOALS, SERVERS, WORKLOADS } from './workloads.mjs';

const COLUMNS = {
  streams: [
    ['CPU µs per token', 'cpuPerToken', 1],
    ['cores', 'cores', 2],
    ['tokens/s', 'tokensPerSecond', 0],
    ['messages per token', 'messagesPerToken', 3],
    ['p50 ms', 'p50', 2],
    ['p99 ms', 'p99', 2],
  ],
  idle: [
    ['KB per connection', 'rssPerConnection', 1],
    ['CPU µs to connect', 'cpuPerConnection', 0],
  ],
};

/** `results[workload][server]`: the runs, in their order. Returns lines of Markdown. */
export function report(results) {
  const goals = GOALS.map((goal) => ({ ...goal, values: valuesOf(goal, results[goal.workload] ?? {}) }));
  const lines = ['## Goals', '', ...goalLines(goals), ''];
  for (const [name, runs] of Object.entries(results)) lines.push(...workloadLines(name, runs), '');
  return lines;
}

/** A value for each run. Runs of the same round are compared: the machine was in about the same state. */
function valuesOf({ ratio, difference, of, field }, runs) {
  if (of !== undefined) return (runs[of] ?? []).map((run) => run[field]);
  const [a, b] = (ratio ?? difference).map((server) => runs[server] ?? []);
  const rounds = Array.from({ length: Math.min(a.length, b.length) }, (_, round) => [a[round], b[round]]);
  return rounds.map(([{ cpuPerToken: x }, { cpuPerToken: y }]) => (ratio === undefined ? x - y : x / y));
}

function workloadLines(name, runs) {
  const { title, load } = WORKLOADS[name];
  const columns = COLUMNS[load.kind ?? 'streams'];
  const compared = load.kind !== 'idle' && runs.floor !== undefined;
  const rows = [['server', ...columns.map(([heading]) => heading), ...(compared ? ['÷ pass-through'] : [])]];
  for (const [server, list] of Object.entries(runs)) {
    const cells = columns.map(([, field, digits]) =>
      range(
        list.map((run) => run[field]),
        digits,
      ),
    );
    const ratio = () => range(valuesOf({ ratio: [server, 'floor'] }, runs), 2);
    rows.push([SERVERS[server].title, ...cells, ...(compared ? [ratio()] : [])]);
  }
  return [`## ${title}`, '', ...table(rows)];
}
