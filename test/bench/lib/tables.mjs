// Figures as Markdown.

/** `1.23 (1.20–1.31)`: the median, the least and the most. */
export function range(values, digits) {
  const text = (value) => value.toFixed(digits);
  const middle = text(median(values));
  return values.length < 2 ? middle : `${middle} (${text(Math.min(...values))}–${text(Math.max(...values))})`;
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2;
}

/** The first row is the head. */
export function table([head, ...rows]) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

/**
 * The goals that were measured, with their verdicts, and under the table why those are missed that are. A goal has
 * `workload, title, values` (one for each round), `most` or `least`, and `why`. The rounds must agree.
 */
export function goalLines(goals) {
  const judged = goals.filter(({ values }) => values.length > 0).map((goal) => ({ ...goal, verdict: verdictOf(goal) }));
  const rows = judged.map(({ workload, title, values, most, least, digits = 2, verdict }) => {
    const wanted = most === undefined ? `≥ ${least}` : `≤ ${most}`;
    return [workload, title, range(values, digits), wanted, verdict];
  });
  const reasons = judged.filter(({ verdict, why }) => verdict !== 'met' && why !== undefined);
  return [
    ...table([['workload', 'goal', 'measured', 'wanted', ''], ...rows]),
    ...reasons.flatMap(({ workload, title, why }) => ['', `${workload}, ${title}: ${why}`]),
  ];
}

function verdictOf({ values, most, least }) {
  const met = values.filter((value) => (most === undefined ? value >= least : value <= most)).length;
  if (met === values.length) return 'met';
  return met === 0 ? '**missed**' : `undecided: met in ${met} of ${values.length}`;
}
