import { A_WHILE, messageOf, PLACES, type Race } from './scene.js';
import { turns } from './stores.js';

/** Races between messages that are taken, and whoever sends, comes, leaves or forgets meanwhile. */
export const TAKING = [
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
    name: 'a session that is let go in the moment in which somebody comes is not used beside the next one',
    async run(scene) {
      for (let place = 0; place < PLACES && scene.problems.length === 0; place++) {
        const [before, running, next] = [`before ${place}`, `slowly ${place}`, `next ${place}`];
        const put = scene.gates.hold('putMessage', 'before', ([, stored]) => messageOf(stored).sender === 'ai');
        await scene.post(before, before);
        await put.reached;
        // Nobody is there, and one thing left to do: it is let go as soon as that is done.
        await turns(A_WHILE);
        const coming = scene.gates.hold('createSession', 'after');
        const sent = scene.post(running, running);
        await coming.reached;
        put.release();
        // Nothing says how far that is by now: so somebody comes at each place in line once.
        for (let line = 0; line < place; line++) await Promise.resolve();
        coming.release();
        await sent;
        const run = await scene.agent.run(running);
        await scene.post(next, next);
        run.next({ type: 'text', text: 'yes' });
        run.complete();
        const client = scene.join().start();
        for (const id of [before, running, next]) await scene.expectAnswer(client, id, 'yes', 'complete');
        client.close();
        await turns(A_WHILE);
      }
    },
  },
] as const satisfies readonly Race[];
