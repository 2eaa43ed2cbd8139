// What durability costs: µs of CPU per frame, journal against memory, for turns of 1, 10 and 50 frames.
//
//   node test/bench/server/frame-log.mjs [directory]
//
// Each turn makes and appends one frame to each of so many sessions, as so many answers that stream at once do. The frames
// are made on the way, because they are fresh in the caches when a session appends them. The two take turns within one run,
// so that both meet the same machine; fifteen rounds.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { MemoryFrameLog, openEmbeddedStore } from '@chat-stream/backend';

const FRAMES = 50_000;
const ROUNDS = 15;
/** Kept of each session, as retention does. */
const KEPT = 200;

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');

const root = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'chat-stream-bench-'));
const store = openEmbeddedStore(root, { warn: console.warn });
const logs = [new MemoryFrameLog(), store.frameLog];

function frame(sessionId, seq) {
  // What a chunk of an answer looks like on the wire.
  const json = JSON.stringify({
    type: 'message_stream',
    id: 'a3f1b0c2-1111-2222-3333-444455556666',
    sender: 'ai',
    agentId: 'demo',
    agentName: 'Demo',
    agentType: 'demo',
    session_id: sessionId,
    timestamp: '2026-11-21T05:00:00.000Z',
    stream_start: false,
    stream_chunk: true,
    stream_end: false,
    metadata: { reply_to: 'a3f1b0c2-1111-2222-3333-444455556666', streaming: true },
    chunk: ' token',
    seq,
  });
  return { seq, json };
}

async function measure(log, perTurn) {
  const sessions = [];
  for (let index = 0; index < perTurn; index++) {
    const id = randomUUID();
    sessions.push({ id, epoch: (await log.open(id)).epoch });
  }
  const turns = FRAMES / perTurn;
  gc();
  const { user, system } = process.cpuUsage();
  for (let turn = 0; turn < turns; turn++) {
    const appended = sessions.map(({ id, epoch }) => log.append(id, epoch, [frame(id, turn + 1)]));
    await Promise.all(appended);
    if (turn % KEPT === KEPT - 1) await Promise.all(sessions.map(({ id }) => log.trim(id, turn + 1 - KEPT)));
  }
  const spent = process.cpuUsage({ user, system });
  for (const { id } of sessions) await log.drop(id);
  return (spent.user + spent.system) / FRAMES;
}

const sorted = (values) => values.toSorted((a, b) => a - b);
const median = (values) => sorted(values)[values.length >> 1];
const best = (values) => sorted(values)[0];
const show = (value) => value.toFixed(2);

console.log('CPU per frame in µs, the making of the frame included: median (best)\n');
console.log('| frames per turn | memory | journal | journal − memory |');
console.log('|---|---|---|---|');
for (const perTurn of [1, 10, 50]) {
  const results = logs.map((log) => ({ log, us: [] }));
  // The first two warm up.
  for (let round = -2; round < ROUNDS; round++) {
    for (const { log, us } of results) {
      const spent = await measure(log, perTurn);
      if (round >= 0) us.push(spent);
    }
  }
  const [memory, journal] = results.map(({ us }) => us);
  const cells = [memory, journal].map((us) => `${show(median(us))} (${show(best(us))})`);
  cells.push(`${show(median(journal) - median(memory))} (${show(best(journal) - best(memory))})`);
  console.log(`| ${perTurn} | ${cells.join(' | ')} |`);
}
await store.close();
rmSync(root, { recursive: true, force: true });
