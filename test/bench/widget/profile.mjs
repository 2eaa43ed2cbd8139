// A profile of V8 as a table: in which functions the time of an answer goes.
import { table } from '../lib/tables.mjs';

const ROWS = 15;
/** What is not work of the page. */
const IDLE = new Set(['(idle)', '(root)']);

/** The functions with the most time of their own. `(program)` is the browser: style, layout, paint, the event loop. */
export function profileTable(title, { nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const times = new Map();
  let total = 0;
  for (const [index, id] of samples.entries()) {
    const { callFrame } = byId.get(id);
    if (IDLE.has(callFrame.functionName)) continue;
    const name = nameOf(callFrame);
    times.set(name, (times.get(name) ?? 0) + timeDeltas[index] / 1000);
    total += timeDeltas[index] / 1000;
  }
  const rows = [...times].sort(([, a], [, b]) => b - a).slice(0, ROWS);
  return [
    `## Where the time goes: ${title}`,
    '',
    `${total.toFixed(0)} ms on the clock, sampled, the benchmark itself included.`,
    '',
    ...table([['function', 'ms'], ...rows.map(([name, time]) => [name, time.toFixed(1)])]),
  ];
}

function nameOf({ functionName, url, lineNumber, columnNumber }) {
  const file = url.split('/').at(-1);
  const place = file === '' ? '' : ` ${file}:${lineNumber + 1}:${columnNumber + 1}`;
  return `\`${functionName || '(anonymous)'}${place}\``;
}
