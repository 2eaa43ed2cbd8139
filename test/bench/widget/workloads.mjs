// What is streamed, into which widgets, and what the product has to reach (DESIGN.md, part 6).

/** What draws. `noop` draws nothing: what it costs is the benchmark's own, and is taken off all others. */
export const PEERS = {
  noop: 'the benchmark itself',
  'per-line': 'floor: plain text, an element per line',
  product: 'chat-stream',
  base: 'chat-stream before',
  marked: 'marked + innerHTML, once per frame',
  'deep-chat': 'deep-chat',
};

const HISTORY = 500;
/** What is meant to bring a renderer down, and what goals call it. */
const HOSTILE = {
  quotes: '50,000 >',
  table: '100 × 2,000 table',
  columns: 'table of 2,000 columns',
  cells: 'table of 60 × 200',
  line: '1 MB on one line',
  token: 'one word of 200 KB',
  lists: 'nested lists',
  mails: '3,000 mail addresses in one paragraph',
  emphasis: 'a paragraph of 20,000 characters with 4,000 markers',
};
/** All of it at once, which is the most work for one frame; and in about as many frames as an answer has. */
const IN_PIECES = ['quotes', 'table', 'line', 'lists'];
/** Whose longest task is looked for. `pieces`: in how many an answer of 10 KB comes; by default as models send it. */
const taskCases = (pieces) => [
  { peer: 'per-line', text: '10k', pieces },
  { peer: 'product', text: '10k', pieces },
  { peer: 'product', text: '50k', pieces: pieces && 5 * pieces },
  { peer: 'product', text: '1m', pieces: 1 },
  ...Object.keys(HOSTILE).map((text) => ({ peer: 'product', text, pieces: 1 })),
  ...IN_PIECES.map((text) => ({ peer: 'product', text, pieces: 300 })),
  { peer: 'product', history: HISTORY },
  { peer: 'deep-chat', text: '10k', pieces },
];

/**
 * The workloads. A case is one run: a `peer`, a `text` (corpus.mjs), in chunks as models send them or in so many `pieces`,
 * below `history` messages. `kind`: what is measured of it, see measure.mjs; `limitMs`: what takes longer is not
 * waited for, and what it took until then is a lower bound. `quick` is what `--quick` changes.
 */
export const WORKLOADS = {
  answer: {
    title: 'An answer at 1,000 chunks/s',
    kind: 'cost',
    runs: 5,
    perSecond: 1000,
    limitMs: 60_000,
    cases: [
      { peer: 'noop', text: '10k' },
      { peer: 'per-line', text: '10k' },
      { peer: 'product', text: '10k' },
      { peer: 'marked', text: '10k' },
      { peer: 'deep-chat', text: '10k' },
      { peer: 'per-line', text: '10k', history: HISTORY },
      { peer: 'product', text: '10k', history: HISTORY },
      { peer: 'noop', text: '50k' },
      { peer: 'per-line', text: '50k' },
      { peer: 'product', text: '50k' },
    ],
    quick: { runs: 1 },
  },
  tasks: {
    title: 'The longest task',
    kind: 'tasks',
    runs: 2,
    perSecond: 1000,
    limitMs: 45_000,
    cases: taskCases(),
    quick: { runs: 1 },
  },
  slow: {
    title: 'The longest task, on a processor four times as slow',
    kind: 'tasks',
    runs: 2,
    slowdown: 4,
    // The same text per second in fewer chunks, as a server sends what is ready together.
    perSecond: 250,
    limitMs: 45_000,
    cases: taskCases(640),
    quick: { runs: 1 },
  },
  nodes: {
    title: 'What becomes of nodes while 10 KB are written',
    kind: 'nodes',
    runs: 1,
    perSecond: 1000,
    limitMs: 90_000,
    cases: ['per-line', 'product', 'marked', 'deep-chat'].map((peer) => ({ peer, text: '10k' })),
  },
  startup: {
    title: 'From navigation to a composer that takes text',
    kind: 'startup',
    runs: 7,
    cases: ['noop', 'product', 'deep-chat'].map((peer) => ({ peer })),
    quick: { runs: 2 },
  },
};

/** What a case is called, in tables and in {@link GOALS}. */
export function nameOf({ peer, text, history, pieces }) {
  const parts = [peer, text, pieces === 1 && 'at once', history && `${history} messages`];
  return parts.filter(Boolean).join(', ');
}

const longest = (title, of, workload = 'tasks') => ({
  workload,
  title: `longest task, ms: ${title}`,
  of,
  field: 'longest',
  most: 50,
});

/**
 * What the product has to reach: `ratio` of the CPU of two cases of one round, or a figure `of` one. `why` says what was
 * measured about it, where it does not.
 */
export const GOALS = [
  {
    workload: 'answer',
    title: 'CPU ÷ floor',
    ratio: ['product, 10k', 'per-line, 10k'],
    most: 1.6,
    why: 'about half of the difference is taking in 2,600 frames, each of which is checked and put in its order, in code that the browser has only begun to know. The rest is making Markdown of them: the floor makes 160 elements, an answer 550.',
  },
  { workload: 'answer', title: 'deep-chat ÷ chat-stream', ratio: ['deep-chat, 10k', 'product, 10k'], least: 15 },
  { workload: 'answer', title: 'five times the text ÷ once', ratio: ['product, 50k', 'product, 10k'], most: 5.5 },
  {
    workload: 'answer',
    title: 'below 500 messages ÷ alone',
    ratio: ['product, 10k, 500 messages', 'product, 10k'],
    most: 1.3,
  },
  // What an ordinary answer costs a slow device; what is made to bring a renderer down has its goal on this machine.
  longest('10 KB, four times as slow', 'product, 10k', 'slow'),
  longest('10 KB', 'product, 10k'),
  longest('50 KB', 'product, 50k'),
  longest('opening 500 messages', 'product, 500 messages'),
  longest('1 MB at once', 'product, 1m, at once'),
  ...Object.entries(HOSTILE).map(([text, title]) => longest(`${title}, at once`, `product, ${text}, at once`)),
  ...IN_PIECES.map((text) => longest(HOSTILE[text], `product, ${text}`)),
  {
    workload: 'nodes',
    title: 'nodes removed from finished blocks',
    of: 'product, 10k',
    field: 'finished',
    most: 0,
    digits: 0,
  },
];
