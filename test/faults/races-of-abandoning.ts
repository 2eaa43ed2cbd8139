import { A_WHILE, type Race, type Scene } from './scene.js';
import { turns } from './stores.js';

/** Races between the service that forgets what nobody can miss, and whoever comes back to it. */
export const ABANDONING = [
  {
    name: 'whoever comes while an empty session is being forgotten finds a whole one',
    options: { retention: { emptySessionsMs: 1 } },
    async run(scene) {
      const drop = scene.gates.hold('drop', 'before', ([id]) => id === scene.sessionId);
      await lookIn(scene);
      await drop.reached;
      const client = scene.join().start();
      const sent = scene.post('m1', 'm1');
      await turns(A_WHILE);
      drop.release();
      if ((await sent) !== 1) scene.find(`it was taken as ${await sent}, and it is the first of its log`);
      await scene.expectEnds(client, 'm1');
    },
  },
  {
    name: 'a session that somebody comes to after it was found empty is not forgotten',
    options: { retention: { emptySessionsMs: 1 } },
    async run(scene) {
      await lookIn(scene);
      const found = scene.gates.hold('emptySessions', 'after');
      await found.reached;
      const client = scene.join().start();
      await client.until(() => client.isOpen && client.isUpToDate, 'a session');
      const { epoch } = await scene.log.open(scene.sessionId);
      found.release();
      await turns(A_WHILE);
      if ((await scene.log.open(scene.sessionId)).epoch !== epoch) scene.find('it was forgotten under a visitor');
      await scene.post('m1', 'm1');
      await scene.expectEnds(client, 'm1');
    },
  },
] as const satisfies readonly Race[];

/** Somebody comes, says nothing, and goes. */
async function lookIn(scene: Scene): Promise<void> {
  const visitor = scene.join().start();
  await visitor.until(() => visitor.isOpen && visitor.isUpToDate, 'a session');
  visitor.close();
  await turns(A_WHILE);
}
