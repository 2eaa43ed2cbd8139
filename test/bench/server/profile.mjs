// A CPU profile as a table: where the time of a token goes.
import { readFileSync } from 'node:fs';

/** What a frame of the profile belongs to; the first that matches. */
const PARTS = [
  // The profiler itself, while it starts.
  [/^\(idle\)$|^post$/, undefined],
  [/^\(garbage collector\)$/, 'garbage collection'],
  [/backend\/dist\/(agent|session|gateway|frame-log|history|store)\//, (match) => `our ${match[1]}`],
  [/\/(protocol|backend)\/dist\//, 'our protocol, module'],
  [/node_modules\/(?:@[^/]+\/)?([^/]+)\//, (match) => `package ${match[1]}`],
  [/^(writev|writeBuffer|writeUtf8String|writeLatin1String|shutdown)$/, 'system: writing to sockets'],
  [/node:internal\/(stream_base_commons|streams)|node:(net|stream)/, 'Node: sockets and streams'],
  [/node:_?http|node:internal\/http/, 'Node: HTTP'],
  [/node:internal\/(process\/task_queues|timers|async_hooks|promise)|node:timers/, 'Node: timers, promises, ticks'],
  [/node:/, 'Node: the rest'],
  [/^\((program|root)\)$/, 'native: reading sockets, the event loop, the kernel'],
];

/**
 * Rows of [part, µs per token], the most expensive first, and rows of single functions. `cpuPerToken` is what the kernel
 * counted: the profile says how it is shared.
 */
export function readProfile(file, cpuPerToken) {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8'));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parts = new Map();
  const functions = new Map();
  let total = 0;
  let working = 0;
  for (const [index, id] of samples.entries()) {
    const { callFrame } = byId.get(id);
    const part = partOf(callFrame);
    if (part === undefined) continue;
    const time = timeDeltas[index];
    total += time;
    working++;
    add(parts, part, time);
    add(functions, nameOf(callFrame), time);
  }
  const rows = (map) =>
    [...map].sort(([, a], [, b]) => b - a).map(([name, time]) => [name, (time / total) * cpuPerToken]);
  return { parts: rows(parts), functions: rows(functions), samples: working };
}

function add(map, key, time) {
  map.set(key, (map.get(key) ?? 0) + time);
}

function partOf({ functionName, url }) {
  for (const [pattern, part] of PARTS) {
    const match = pattern.exec(functionName) ?? pattern.exec(url);
    if (match) return typeof part === 'function' ? part(match) : part;
  }
  return 'native: called from JavaScript';
}

function nameOf({ functionName, url, lineNumber }) {
  const file = url.split(/node_modules\/|\/(?=backend\/|protocol\/)/).at(-1);
  return `${functionName || '(anonymous)'} ${file}${url.startsWith('file:') ? `:${lineNumber + 1}` : ''}`.trim();
}
