import { randomUUID } from 'node:crypto';
import type { StoredMessage } from '@chat-stream/backend';
import { A_WHILE, type Race, Scene } from './scene.js';
import type { Backend } from './service.js';
import { turns } from './stores.js';

/** Places in line at which something that is about to happen is tried. */
const PLACES = 24;

/** Runs races up to the first that is lost, each on a service of its own. Returns a sentence for all that was not as promised. */
export async function runRaces(backend: Backend, races: readonly Race[] = RACES): Promise<string[]> {
  for (const race of races) {
    const scene = await Scene.open(backend, race);
    try {
      await race.run(scene);
    } catch (error) {
      scene.find(error instanceof Error ? error.message : String(error));
    } finally {
      await scene.close();
    }
    if (scene.problems.length > 0) return scene.problems.map((problem) => `${race.name}: ${problem}`);
  }
  return [];
}

/** Whether a call of `read` is that of a delivery: it asks for many frames, not whether there is one. */
const isDelivery = ([, , limit]: readonly unknown[]): boolean => Number(limit) > 1;

/** The message that is put into the history. */
const messageOf = (stored: unknown) => (stored as StoredMessage).message;

/** Every race that was ever lost, here or in the systems that we learned from. */
export const RACES: readonly Race[] = [
  {
    name: 'what is written while somebody reads what is there comes to them',
    async run(scene) {
      const read = scene.gates.hold('read', 'after', isDelivery);
      const client = scene.join().start();
      await read.reached;
      await scene.post('m1', 'm1');
      await turns(A_WHILE);
      read.release();
      await scene.expectEnds(client, 'm1');
    },
  },
  {
    name: 'a message that is sent again before the history has it is not taken again',
    async run(scene) {
      await scene.converse('m0');
      const put = scene.gates.hold('putMessage', 'before');
      const first = await scene.post('m1', 'm1');
      await put.reached;
      const again = scene.post('m1', 'm1');
      await turns(A_WHILE);
      put.release();
      if ((await again) !== first) scene.find(`it was taken as ${first} and as ${await again}`);
      await turns(A_WHILE);
      if (scene.agent.counts.get('m1') !== 1) scene.find(`it was run ${scene.agent.counts.get('m1')} times`);
    },
  },
  {
    name: 'a message that comes by two ways at once is taken once',
    async run(scene) {
      await scene.converse('m0');
      const lookUp = scene.gates.hold('getMessage', 'after', ([, id]) => id === 'm1');
      const both = [scene.post('m1', 'm1'), scene.post('m1', 'm1')];
      await lookUp.reached;
      await turns(A_WHILE);
      lookUp.release();
      const [one, other] = await Promise.all(both);
      if (one !== other) scene.find(`it was taken as ${one} and as ${other}`);
    },
  },
  {
    name: 'a message whose sender leaves while it is being taken is answered, and the session goes on',
    async run(scene) {
      await scene.converse('m0');
      const lookUp = scene.gates.hold('getMessage', 'after', ([, id]) => id === 'm1');
      const sender = scene.join();
      sender.send('m1', 'm1');
      sender.start();
      await lookUp.reached;
      sender.close();
      await turns(A_WHILE);
      const client = scene.join().start();
      await client.until(() => client.isUpToDate, 'a session');
      lookUp.release();
      await turns(A_WHILE);
      const seq = await scene.post('m2', 'm2');
      if (seq < 0) scene.find(`the next message got HTTP ${-seq}`);
      await scene.expectEnds(client, 'm0', 'm1', 'm2');
    },
  },
  {
    name: 'an echo that is repeated waits for what comes before it',
    async run(scene) {
      const { epoch } = await scene.converse('m1', 'm2');
      const read = scene.gates.hold('read', 'before', isDelivery);
      const client = scene.join({ epoch, seq: 0 });
      client.send('m2', 'm2');
      client.start();
      await read.reached;
      await turns(A_WHILE);
      read.release();
      await scene.expectEnds(client, 'm1', 'm2');
      await client.until(() => client.outbox.size === 0, 'the acknowledgement');
    },
  },
  {
    name: 'a snapshot waits for the answer that has just ended',
    async run(scene) {
      await scene.converse('m0');
      const put = scene.gates.hold('putMessage', 'before', ([, stored]) => {
        return (stored as { message: { sender: string } }).message.sender === 'ai';
      });
      await scene.post('m1', 'm1');
      await put.reached;
      const client = scene.join().start();
      await turns(A_WHILE);
      put.release();
      await scene.expectEnds(client, 'm0', 'm1');
    },
  },
  {
    name: 'an answer that ends in the moment a snapshot is taken is in it, or comes after it',
    async run(scene) {
      for (let place = 0; place < PLACES && scene.problems.length === 0; place++) {
        const [running, waiting] = [`slowly ${place}`, `waits ${place}`];
        await scene.post(running, running);
        const run = await scene.agent.run(running);
        const put = scene.gates.hold('putMessage', 'before', ([, stored]) => messageOf(stored).id === waiting);
        await scene.post(waiting, waiting);
        await put.reached;
        const client = scene.join().start();
        await turns(A_WHILE);
        const answer = scene.gates.hold('putMessage', 'before', ([, stored]) => messageOf(stored).sender === 'ai');
        put.release();
        // Nothing says how far the snapshot is by now: so the answer ends at each place in line once.
        for (let before = 0; before < place; before++) await Promise.resolve();
        run.complete();
        await turns(A_WHILE);
        answer.release();
        const hasBoth = () => client.hasEnd(running) && client.hasEnd(waiting);
        await client.until(() => hasBoth() || client.ledger.hasAll, 'the ends');
        if (!hasBoth()) scene.find(`an end is missing. ${client.describe()}`);
        client.close();
      }
    },
  },
  {
    name: 'a cursor of another epoch gets a snapshot, however far it is',
    async run(scene) {
      const { seq } = await scene.converse('m1', 'm2');
      const client = scene.join({ epoch: randomUUID(), seq: seq - 1 }).start();
      await scene.expectEnds(client, 'm1', 'm2');
    },
  },
  {
    name: 'a cursor in the future gets a snapshot',
    async run(scene) {
      const { epoch, seq } = await scene.converse('m1');
      const client = scene.join({ epoch, seq: seq + 5 }, 'websocket', Infinity).start();
      await scene.expectEnds(client, 'm1');
    },
  },
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
    name: 'a message that comes while the conversation is being cleared is not lost',
    async run(scene) {
      await scene.converse('m0');
      const drop = scene.gates.hold('drop', 'before');
      const forgotten = scene.forget();
      await drop.reached;
      const sent = scene.post('m1', 'm1');
      await turns(A_WHILE);
      drop.release();
      await forgotten;
      const seq = await sent;
      if (seq !== 1) scene.find(`it was taken as ${seq}, and it is the first of its log`);
      await scene.expectEnds(scene.join().start(), 'm1');
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
  {
    name: 'nothing is sent, shown or acknowledged before it is stored',
    async run(scene) {
      const live = scene.join().start();
      await scene.post('m1', 'slowly m1');
      const run = await scene.agent.run('slowly m1');
      run.next({ type: 'text', text: 'one ' });
      await live.until(() => live.answerTo('m1')?.content === 'one ', 'what was said');
      const message = scene.gates.hold('append', 'before');
      let isTaken = false;
      const sent = scene.post('m2', 'm2').then((seq) => ((isTaken = true), seq));
      await message.reached;
      await turns(A_WHILE);
      if (isTaken) scene.find('a message was acknowledged before it was stored');
      message.release();
      await sent;
      const words = scene.gates.hold('append', 'before');
      run.next({ type: 'text', text: 'two' });
      await words.reached;
      const late = scene.join().start();
      await turns(A_WHILE);
      words.release();
      await turns(A_WHILE);
      run.complete();
      for (const client of [live, late]) await scene.expectEnds(client, 'm1', 'm2');
    },
  },
  {
    name: 'a snapshot that is cut off before the running answer is there is not gone on from',
    async run(scene) {
      await scene.post('m1', 'slowly m1');
      const run = await scene.agent.run('slowly m1');
      run.next({ type: 'text', text: 'so far' });
      await turns(A_WHILE);
      const client = scene.join();
      const { ledger } = client;
      const look = ledger.look.bind(ledger);
      ledger.look = (frame, ...rest) => {
        look(frame, ...rest);
        if (frame.type !== 'history') return;
        ledger.look = look;
        client.reconnect();
      };
      client.start();
      await client.until(() => client.sessions === 2 && client.isUpToDate, 'a second session');
      run.next({ type: 'text', text: ', and the rest' });
      run.complete();
      await scene.expectEnds(client, 'm1');
      const content = client.answerTo('m1')?.content;
      if (content !== 'so far, and the rest') scene.find(`the answer is "${content}"`);
    },
  },
];
