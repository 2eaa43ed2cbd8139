import { randomUUID } from 'node:crypto';
import { A_WHILE, isDelivery, messageOf, PLACES, type Race } from './scene.js';
import { turns } from './stores.js';

/** Races between what is written, what ends, and somebody who reads it. */
export const READING = [
  {
    name: 'every cursor goes on with the frame after it, by either transport',
    async run(scene) {
      // Nobody looks on: the first to come has everything still to read, and some of it can be merged.
      await scene.post('m1', 'slowly m1');
      const run = await scene.agent.run('slowly m1');
      for (const text of ['one ', 'two ', 'three']) {
        run.next({ type: 'text', text });
        await turns(A_WHILE);
      }
      run.complete();
      await scene.post('m2', 'm2');
      await turns(A_WHILE);
      const { epoch, seq: head } = await scene.log.open(scene.sessionId);
      const first = scene.join({ epoch, seq: 0 }).start();
      for (const transport of ['websocket', 'sse'] as const) {
        for (let seq = 0; seq <= head; seq++) {
          const client = scene.join({ epoch, seq }, transport).start();
          await client.until(() => client.isOpen && client.isUpToDate, 'the rest');
          if (client.resumed !== 1) scene.find(`the cursor ${seq} of ${head} did not go on`);
          client.close();
        }
      }
      await scene.post('m3', 'm3');
      await scene.expectEnds(first, 'm1', 'm2', 'm3');
    },
  },
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
    name: 'an echo that is repeated waits for what comes before it',
    async run(scene) {
      const { epoch } = await scene.converse('m1', 'm2');
      // Somebody stays: a session that is opened again is read by whoever opens it.
      const other = scene.join().start();
      await other.until(() => other.isUpToDate, 'a session');
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
    name: 'nothing is sent, shown or acknowledged before it is stored',
    async run(scene) {
      await scene.post('m1', 'slowly m1');
      const run = await scene.agent.run('slowly m1');
      run.next({ type: 'text', text: 'one ' });
      await turns(A_WHILE);
      // What live clients get from here on is held first.
      const live = scene.join().start();
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
  {
    name: 'what is said in the moment in which an answer ends is in it',
    async run(scene) {
      const live = scene.join().start();
      await scene.post('m1', 'slowly m1');
      const run = await scene.agent.run('slowly m1');
      run.next({ type: 'text', text: 'one ' });
      await live.until(() => live.answerTo('m1')?.content === 'one ', 'what was said');
      run.next({ type: 'text', text: 'two' });
      run.complete();
      await scene.expectAnswer(live, 'm1', 'one two', 'complete');
      await scene.expectAnswer(scene.join().start(), 'm1', 'one two', 'complete');
    },
  },
  {
    name: 'Stop in one tab ends the answer in both, and in the agent',
    async run(scene) {
      const tabs = [scene.join().start(), scene.join(undefined, 'sse').start()];
      const [tab] = tabs;
      await scene.post('m1', 'slowly m1');
      const run = await scene.agent.run('slowly m1');
      run.next({ type: 'text', text: 'half of it' });
      for (const one of tabs) await one.until(() => one.answerTo('m1')?.content === 'half of it', 'what was said');
      tab!.stopAnswer(tab!.answerTo('m1')!.id);
      for (const one of tabs) await scene.expectAnswer(one, 'm1', 'half of it', 'stopped');
      if (!run.closed) scene.find('the agent goes on');
    },
  },
  {
    name: 'a tab that is closed does not stop the answer',
    async run(scene) {
      const tab = scene.join().start();
      await scene.post('m1', 'slowly m1');
      const run = await scene.agent.run('slowly m1');
      run.next({ type: 'text', text: 'one ' });
      await tab.until(() => tab.answerTo('m1')?.content === 'one ', 'what was said');
      tab.close();
      await turns(A_WHILE);
      if (run.closed) scene.find('the agent was stopped');
      run.next({ type: 'text', text: 'two' });
      run.complete();
      await scene.expectAnswer(scene.join().start(), 'm1', 'one two', 'complete');
    },
  },
] as const satisfies readonly Race[];
