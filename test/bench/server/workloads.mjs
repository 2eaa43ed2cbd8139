// What is run, on which servers, and what the product has to reach (DESIGN.md, part 6).
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The servers. `product` is the service as it is shipped: its own `main.js`, auth on, and the log on disk. */
export const SERVERS = {
  floor: { title: 'pass-through (node:http)', script: at('peers/floor.mjs'), dialect: 'openAi' },
  product: { title: 'chat-stream', script: at('../../../backend/dist/main.js'), dialect: 'chatStream' },
  memory: { title: 'chat-stream, log in memory', script: at('memory-log.mjs'), dialect: 'chatStream' },
  'openai-ws': { title: 'openai + ws', script: at('peers/openai-ws.mjs'), dialect: 'plain' },
  nest: { title: 'Nest, stock gateway', script: at('peers/nest.mjs'), dialect: 'plain' },
  'socket-io': { title: 'Socket.IO', script: at('peers/socket-io.mjs'), dialect: 'socketIo' },
  'ai-sdk': { title: 'AI SDK', script: at('peers/ai-sdk.mjs'), dialect: 'aiSdk' },
};

const ALL = Object.keys(SERVERS);

/** Enough for the compiler to be done with the hot path, one token at a time: a service runs for weeks. */
const warmUp = { connections: 40, tokens: 500, rate: 250, batch: 1 };

/**
 * The workloads. `window`: only what happens in it counts, when all streams run and none has ended; without one, all counts.
 * `quick` is what `--quick` changes.
 */
export const WORKLOADS = {
  paced: {
    title: 'Paced: 100 streams at 50 tokens/s, each token in a write of its own',
    servers: ALL,
    runs: 5,
    load: { connections: 100, tokens: 400, rate: 50, batch: 1, staggerMs: 1000, window: { fromMs: 2000, toMs: 7500 } },
    quick: { runs: 1, load: { tokens: 200, window: { fromMs: 1500, toMs: 3800 } } },
  },
  saturated: {
    title: 'Saturated: 100 streams of 2,000 tokens as fast as they are taken',
    servers: ALL,
    runs: 3,
    load: { connections: 100, tokens: 2000, rate: 0, batch: 1 },
    quick: { runs: 1, load: { tokens: 500 } },
  },
  batches: {
    title: 'Batches: 100 streams at 50 tokens/s, eight tokens in each write',
    servers: ['floor', 'product', 'openai-ws', 'socket-io'],
    runs: 3,
    load: { connections: 100, tokens: 400, rate: 50, batch: 8, staggerMs: 1000, window: { fromMs: 2000, toMs: 7500 } },
    quick: { runs: 1, servers: ['product'], load: { tokens: 200, window: { fromMs: 1500, toMs: 3800 } } },
  },
  idle: {
    title: 'Idle: 2,000 connections that were opened and say nothing',
    servers: ['product', 'memory', 'openai-ws', 'nest', 'socket-io'],
    runs: 3,
    load: { kind: 'idle', connections: 2000 },
    quick: { runs: 1, servers: ['product', 'openai-ws', 'socket-io'] },
  },
};

/** The load of a workload, as load.mjs takes it. */
export function loadOf({ load }) {
  return { kind: 'streams', warmUp, ...load };
}

const KERNEL =
  'both figures have the same writing to a socket in them, about 50 µs while being profiled, which nothing of ours makes less.';

/**
 * What the product has to reach: in ratios and differences of CPU per token, and in figures of its own. `why` says what was measured
 * about it, where it does not.
 */
export const GOALS = [
  {
    workload: 'paced',
    title: 'CPU per token ÷ pass-through',
    ratio: ['product', 'floor'],
    most: 1.3,
    why: 'half of it is the kernel writing to a socket, which the pass-through does as well: while being profiled (`--profile floor`, `--profile product`) it takes 57 of 76 µs there and 47 of 96 here. The rest runs once for each wake-up, with cold caches: in a loop, without sockets, the way from chunk to sink takes 3.6 µs with the log in memory.',
  },
  { workload: 'paced', title: 'Socket.IO ÷ chat-stream', ratio: ['socket-io', 'product'], least: 2, why: KERNEL },
  { workload: 'paced', title: 'openai + ws ÷ chat-stream', ratio: ['openai-ws', 'product'], least: 1.8, why: KERNEL },
  {
    workload: 'paced',
    title: 'AI SDK ÷ chat-stream',
    ratio: ['ai-sdk', 'product'],
    least: 6,
    why: 'at this rate a process that has one thread can cost 200 µs per token and no more. The AI SDK is there, and late.',
  },
  {
    workload: 'saturated',
    title: 'CPU per token ÷ pass-through',
    ratio: ['product', 'floor'],
    most: 1.3,
    why: 'the pass-through reads no JSON. In a loop, JSON.parse of a chunk takes 0.7 µs and its validation 0.4.',
  },
  { workload: 'batches', title: 'frames per token', of: 'product', field: 'messagesPerToken', most: 0.15 },
  {
    workload: 'idle',
    title: 'KB per connection',
    of: 'product',
    field: 'rssPerConnection',
    most: 10,
    why: '8.5 KB of objects are alive for each connection (measured after a forced collection); the rest is garbage that V8 sees no reason to collect.',
  },
  { workload: 'paced', title: 'p99 added latency, ms', of: 'product', field: 'p99', most: 5 },
  {
    workload: 'paced',
    title: 'durable log, µs per token over memory',
    difference: ['product', 'memory'],
    most: 1,
    why: 'rounds differ by more than the goal. Alone and in a loop (frame-log.mjs) the journal takes 3.4, 1.7 and 1.5 µs more than memory with 1, 10 and 50 frames per turn.',
  },
];
