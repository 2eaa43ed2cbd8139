import { randomUUID } from 'node:crypto';
import { A_WHILE, type Race } from './scene.js';
import { turns } from './stores.js';

/** Races between what is trimmed and whoever still has a cursor for it. */
export const KEEPING = [
  {
    name: 'a cursor older than what was trimmed gets a snapshot, and the oldest that was not goes on',
    options: { retention: { frames: 1 } },
    async run(scene) {
      const { epoch } = await scene.converse('m1', 'm2', 'm3');
      const { trimmed } = await scene.log.open(scene.sessionId);
      if (trimmed === 0) scene.find('nothing was trimmed');
      for (const transport of ['websocket', 'sse'] as const) {
        for (const seq of [0, 1, trimmed - 1]) {
          const client = scene.join({ epoch, seq }, transport, trimmed).start();
          await scene.expectEnds(client, 'm1', 'm2', 'm3');
          if (client.resumed > 0) scene.find(`the cursor ${seq} went on, with everything up to ${trimmed} trimmed`);
        }
        const client = scene.join({ epoch, seq: trimmed }, transport, trimmed).start();
        await client.until(() => client.isOpen && client.isUpToDate, 'what was not trimmed');
        if (client.resumed !== 1) scene.find(`the cursor ${trimmed} did not go on`);
      }
    },
  },
  {
    name: 'the frames of an answer that is being written are not trimmed, whoever comes and goes',
    options: { retention: { frames: 1 } },
    async run(scene) {
      const before = await scene.converse('m1');
      const asking = scene.join().start();
      await scene.post('m2', 'slowly m2');
      const run = await scene.agent.run('slowly m2');
      for (let visit = 0; visit < 3; visit++) {
        run.next({ type: 'text', text: `${visit} ` });
        await asking.until(() => (asking.answerTo('m2')?.content ?? '').includes(`${visit} `), 'what was said');
        const visitor = scene.join().start();
        await visitor.until(() => visitor.isOpen, 'a session');
        visitor.close();
        await turns(A_WHILE);
      }
      const { trimmed } = await scene.log.open(scene.sessionId);
      if (trimmed > before.seq) scene.find(`trimmed up to ${trimmed}, and the answer begins after ${before.seq}`);
      const late = scene.join(before, 'websocket').start();
      run.complete();
      await late.until(() => late.hasEnd('m2') || late.ledger.findings.length > 0, 'the end');
    },
  },
  {
    name: 'what was trimmed before a conversation was cleared has no effect on what comes after',
    options: { retention: { ms: 1 } },
    async run(scene) {
      await scene.converse('m1', 'm2');
      await scene.forget();
      await scene.post('m3', 'slowly m3');
      const run = await scene.agent.run('slowly m3');
      const asking = scene.join().start();
      run.next({ type: 'text', text: 'so far' });
      await asking.until(() => asking.answerTo('m3')?.content === 'so far', 'what was said');
      // Logs are trimmed in the order in which they were written to: when it is the other's turn, this one has had its own.
      const other = randomUUID();
      const trim = scene.gates.hold('trim', 'after', ([id]) => id === other);
      await scene.post('m4', 'm4', other);
      await trim.reached;
      trim.release();
      const { trimmed } = await scene.log.open(scene.sessionId);
      if (trimmed > 0) scene.find(`trimmed up to ${trimmed}, and the answer has no end`);
      run.complete();
      await asking.until(() => asking.hasEnd('m3'), 'the end');
    },
  },
] as const satisfies readonly Race[];
