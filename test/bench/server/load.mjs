// The visitors: opens connections, asks, and verifies every character of every answer. Prints one line of JSON, and fails
// when anything was not exactly as the model wrote it.
//
//   node load.mjs '{"port":…,"pid":…,"dialect":"chatStream","workload":{…}}'     (workloads.mjs says what is in it)
import { setTimeout as delay } from 'node:timers/promises';
import { DIALECTS } from './dialects.mjs';
import { EventsClient, SocketClient } from './lib/clients.mjs';
import { Histogram } from './lib/histogram.mjs';
import { cpuOf, rssOf } from '../lib/processes.mjs';
import { now, Verifier } from './lib/token.mjs';

/** Of connections that are opened at once. */
const WAVE = 100;
/** For what a wave leaves behind: garbage, compilation in the background. */
const SETTLE_MS = 500;

const { port, pid, dialect: name, profile = false, workload } = JSON.parse(process.argv[2]);
const dialect = DIALECTS[name];
let lastSeed = Math.floor(Math.random() * 1e6);
let delivered = 0;
let latency;

class Visitor {
  seq = 0;
  #client;
  #verifier;
  #question;

  constructor() {
    const Transport = dialect.transport === 'socket' ? SocketClient : EventsClient;
    this.ready = new Promise((resolve, reject) => {
      this.#client = new Transport(port, dialect.path, {
        open: () => {
          if (dialect.greeting !== undefined) this.#client.send(dialect.greeting);
          else if (name !== 'socketIo') resolve();
        },
        text: (text, at) => this.#take(text, at, resolve),
        close: (/** @type {Error} */ error) => {
          reject(error);
          this.#question?.reject(error);
        },
      });
    });
  }

  get messages() {
    return this.#client.messages;
  }

  /** Resolves when the answer is there, every token in its place. */
  ask({ tokens, rate, batch }) {
    const seed = ++lastSeed;
    this.#verifier = new Verifier(seed, tokens, (microseconds) => {
      delivered++;
      latency.add(microseconds);
    });
    // Frames of the servers that number them for each answer anew.
    if (name === 'plain' || name === 'socketIo') this.seq = 0;
    return new Promise((resolve, reject) => {
      this.#question = { resolve, reject };
      this.#client.send(dialect.ask(`bench tokens=${tokens} rate=${rate} batch=${batch} seed=${seed}`));
    });
  }

  close() {
    this.#client.close();
  }

  #take(text, at, ready) {
    try {
      const said = dialect.take(text, this);
      if (said.ready) ready();
      if (said.reply !== undefined) this.#client.send(said.reply);
      if (said.text) this.#verifier.take(said.text, at);
      if (!said.done) return;
      this.#verifier.end();
      this.#question.resolve();
    } catch (error) {
      this.#question?.reject(error);
    }
  }
}

async function open(count) {
  const visitors = [];
  while (visitors.length < count) {
    const wave = Array.from({ length: Math.min(WAVE, count - visitors.length) }, () => new Visitor());
    await Promise.all(wave.map(({ ready }) => ready));
    visitors.push(...wave);
  }
  return visitors;
}

async function warmUp({ connections, ...question }) {
  latency = new Histogram();
  const visitors = await open(connections);
  await Promise.all(visitors.map((visitor) => visitor.ask(question)));
  for (const visitor of visitors) visitor.close();
  await delay(SETTLE_MS);
}

async function measureStreams({ connections, window, staggerMs = 0, ...question }) {
  const visitors = await open(connections);
  await delay(SETTLE_MS);
  const sample = () => {
    const messages = visitors.reduce((sum, visitor) => sum + visitor.messages, 0);
    return { time: now(), cpu: cpuOf(pid), own: cpuOf(process.pid), tokens: delivered, messages };
  };
  latency = new Histogram();
  const answers = Promise.all(
    visitors.map(async (visitor, index) => {
      await delay((staggerMs * index) / connections);
      await visitor.ask(question);
    }),
  );
  // A failure before the end of the window is reported then; until that it is not unhandled.
  answers.catch(() => undefined);
  if (window !== undefined) {
    await delay(window.fromMs);
    latency = new Histogram();
  }
  if (profile) process.kill(pid, 'SIGWINCH');
  const before = sample();
  await (window === undefined ? answers : delay(window.toMs - window.fromMs));
  const after = sample();
  const within = latency;
  if (profile) process.kill(pid, 'SIGWINCH');
  await answers;
  for (const visitor of visitors) visitor.close();
  const tokens = after.tokens - before.tokens;
  const elapsed = after.time - before.time;
  return {
    tokens,
    cpuPerToken: (after.cpu - before.cpu) / tokens,
    cores: (after.cpu - before.cpu) / elapsed,
    loadCores: (after.own - before.own) / elapsed,
    tokensPerSecond: (tokens / elapsed) * 1e6,
    messagesPerToken: (after.messages - before.messages) / tokens,
    p50: within.quantile(0.5),
    p99: within.quantile(0.99),
  };
}

async function measureIdle({ connections }) {
  // The first ones pay for what all share: code, pools, the heap's own steps.
  const before = await open(Math.ceil(connections / 2));
  await delay(4 * SETTLE_MS);
  const [rss, cpu] = [rssOf(pid), cpuOf(pid)];
  const visitors = await open(connections);
  await delay(4 * SETTLE_MS);
  const result = {
    rssPerConnection: (rssOf(pid) - rss) / connections,
    cpuPerConnection: (cpuOf(pid) - cpu) / connections,
  };
  for (const visitor of [...before, ...visitors]) visitor.close();
  return result;
}

try {
  await warmUp(workload.warmUp);
  const measured = workload.kind === 'idle' ? await measureIdle(workload) : await measureStreams(workload);
  console.log(JSON.stringify(measured));
} catch (error) {
  console.log(JSON.stringify({ error: error.message }));
  process.exitCode = 1;
}
