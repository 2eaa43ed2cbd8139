// What durability costs: µs of CPU per frame, journal against memory, for turns of 1, 10 and 50 frames.
//
//   node test/bench/frame-log.mjs [directory]
//
// Each turn appends one frame to each of so many sessions, as so many answers that stream at once do. The two take turns
// within one run, so that both meet the same machine; medians of nine rounds.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { MemoryFrameLog, openEmbeddedStore } from '@chat-stream/backend';

const FRAMES = 50_000;
const ROUNDS = 9;
/** Kept of each session, as retention does. */
const KEPT = 200;

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
  const frames = Array.from({ length: turns }, (_, turn) => sessions.map(({ id }) => [frame(id, turn + 1)]));
  const wall = performance.now();
  const { user, system } = process.cpuUsage();
  for (let turn = 0; turn < turns; turn++) {
    const appended = sessions.map(({ id, epoch }, index) => log.append(id, epoch, frames[turn][index]));
    await Promise.all(appended);
    if (turn % KEPT === KEPT - 1) await Promise.all(sessions.map(({ id }) => log.trim(id, turn + 1 - KEPT)));
  }
  const spent = process.cpuUsage({ user, system });
  const us = { cpu: (spent.user + spent.system) / FRAMES, wall: ((performance.now() - wall) * 1_000) / FRAMES };
  for (const { id } of sessions) await log.drop(id);
  return us;
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

console.log('| frames per turn | memory µs | journal µs | journal − memory | wall: memory | wall: journal |');
console.log('|---|---|---|---|---|---|');
for (const perTurn of [1, 10, 50]) {
  const results = logs.map((log) => ({ log, cpu: [], wall: [] }));
  // The first two warm up.
  for (let round = -2; round < ROUNDS; round++) {
    for (const { log, cpu, wall } of results) {
      const us = await measure(log, perTurn);
      if (round >= 0) (cpu.push(us.cpu), wall.push(us.wall));
    }
  }
  const [memory, durable] = results.map(({ cpu, wall }) => ({ cpu: median(cpu), wall: median(wall) }));
  const cells = [memory.cpu, durable.cpu, durable.cpu - memory.cpu, memory.wall, durable.wall];
  console.log(`| ${perTurn} | ${cells.map((value) => value.toFixed(2)).join(' | ')} |`);
}
await store.close();
rmSync(root, { recursive: true, force: true });
