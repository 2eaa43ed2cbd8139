// From runs to tables.
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
  const goals = judge(results);
  const lines = ['## Goals', '', ...goalLines(goals), ''];
  for (const [name, runs] of Object.entries(results)) lines.push(...workloadLines(name, runs), '');
  return lines;
}

/** The goals that were measured, each with its values and the verdict of its rounds: they must agree. */
function judge(results) {
  return GOALS.flatMap((goal) => {
    const values = valuesOf(goal, results[goal.workload] ?? {});
    if (values.length === 0) return [];
    const met = values.filter((value) => (goal.most === undefined ? value >= goal.least : value <= goal.most)).length;
    const verdict =
      met === values.length ? 'met' : met === 0 ? '**missed**' : `undecided: met in ${met} of ${values.length}`;
    return { ...goal, values, verdict };
  });
}

function goalLines(goals) {
  const rows = goals.map(({ workload, title, values, most, least, verdict }) => {
    const wanted = most === undefined ? `≥ ${least}` : `≤ ${most}`;
    return [workload, title, range(values, 2), wanted, verdict];
  });
  const reasons = goals.filter(({ verdict, why }) => verdict !== 'met' && why !== undefined);
  return [
    ...table([['workload', 'goal', 'measured', 'wanted', ''], ...rows]),
    ...reasons.flatMap(({ workload, title, why }) => ['', `${workload}, ${title}: ${why}`]),
  ];
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

/** `1.23 (1.20–1.31)`: the median, the least and the most. */
function range(values, digits) {
  const text = (value) => value.toFixed(digits);
  const middle = text(median(values));
  return values.length < 2 ? middle : `${middle} (${text(Math.min(...values))}–${text(Math.max(...values))})`;
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2;
}

/** The first row is the head. */
function table([head, ...rows]) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
