// From the events of a trace to tasks, and what a task was busy with.

const PARTS = {
  FunctionCall: 'script',
  EvaluateScript: 'script',
  RunMicrotasks: 'script',
  FireAnimationFrame: 'script',
  TimerFire: 'script',
  UpdateLayoutTree: 'style',
  Layout: 'layout',
  PrePaint: 'paint',
  Paint: 'paint',
  Layerize: 'paint',
  Commit: 'paint',
  HitTest: 'layout',
  MinorGC: 'garbage collection',
  MajorGC: 'garbage collection',
  V8_GCScavenger: 'garbage collection',
};

/** The tasks between two marks, longest first: CPU and time on the clock in ms, and the parts of it in ms. */
export function tasksBetween(events, from, to) {
  const start = events.find(({ name }) => name === from)?.ts ?? 0;
  const end = events.findLast(({ name }) => name === to)?.ts ?? Infinity;
  const tasks = events
    .filter(({ name, ph, ts, dur = 0 }) => name === 'RunTask' && ph === 'X' && ts + dur > start && ts < end)
    .map((task) => ({ event: task, cpu: (task.tdur ?? task.dur) / 1000, wall: task.dur / 1000 }))
    .sort((a, b) => b.cpu - a.cpu);
  return tasks.map(({ event, ...task }, index) => (index === 0 ? { ...task, parts: partsOf(events, event) } : task));
}

/**
 * What a task was busy with. Parts lie in one another (a script asks for a layout): the innermost counts. The rest is `other`:
 * the browser's own, and scripts that microtasks run.
 */
function partsOf(events, { ts, dur, tdur = dur }) {
  const inside = events.filter(
    (each) => each.ph === 'X' && each.ts >= ts && each.ts + each.dur <= ts + dur && PARTS[each.name],
  );
  const parts = { other: tdur / 1000 };
  const open = [];
  for (const event of inside.sort((a, b) => a.ts - b.ts || b.dur - a.dur)) {
    while (open.length > 0 && open.at(-1).ts + open.at(-1).dur <= event.ts) open.pop();
    const time = (event.tdur ?? event.dur) / 1000;
    const part = PARTS[event.name];
    parts[part] = (parts[part] ?? 0) + time;
    const outer = open.at(-1);
    parts[outer === undefined ? 'other' : PARTS[outer.name]] -= time;
    open.push(event);
  }
  return parts;
}

const LOADING = new Set(['EvaluateScript', 'v8.compile', 'v8.compileModule', 'v8.evaluateModule']);

/** CPU of all scripts' loading, in ms: compiling them, and running them for the first time. */
export function evaluationOf(events) {
  let sum = 0;
  let until = 0;
  for (const { name, ph, ts, dur, tdur } of events) {
    // What lies in another counts once: a script is compiled inside of its evaluation.
    if (ph !== 'X' || !LOADING.has(name) || ts < until) continue;
    until = ts + dur;
    sum += (tdur ?? dur) / 1000;
  }
  return sum;
}
