import { randomUUID } from 'node:crypto';
import * as backend from '@chat-stream/backend';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.js';
import { ScriptedAgent } from '../support/scripted-agent.js';
import { TestClient } from '../support/ws-client.js';
import { REPRODUCE, RUNS, SEED } from './seed.js';
import { runSends } from './sends.js';
import { STORES } from './stores.js';

/** Most of them on the store that everybody has; a slow one is slow. */
const ROUNDS: Readonly<Record<string, number>> = { embedded: 27, memory: 6, 'memory, slow': 2 };

describe.each(STORES.map((kind) => [kind.name, kind] as const))(
  'acknowledgements that are lost, on %s',
  (name, kind) => {
    it('start no run twice, and no message goes without its run', { timeout: 480_000 * RUNS }, async () => {
      const rounds = (ROUNDS[name] ?? 6) * RUNS;
      const least = name === 'embedded' ? 10_000 * RUNS : 0;
      const options = { seed: SEED, sessions: 50, rounds, messages: 10, least };
      const { problems, ...figures } = await runSends(backend, kind, options);
      console.info(`lost acknowledgements on ${name}: ${JSON.stringify(figures)} | ${REPRODUCE}`);
      expect(problems.slice(0, 10), `run it again with ${REPRODUCE}`).toEqual([]);
      expect(figures).toMatchObject({ doubleRuns: 0, neverRun: 0 });
      expect(figures.lostAcknowledgements).toBeGreaterThanOrEqual(least);
    });
  },
);

describe('a message id', () => {
  let app: TestApp;
  const agent = new ScriptedAgent();
  beforeAll(async () => void (app = await startApp({ agents: [agent], auth: { mode: 'open' } })));
  afterAll(() => app.close());

  const post = (sessionId: string, body: unknown) =>
    fetch(`${app.url}/api/chat/sessions/${sessionId}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('with other content is a conflict, over a socket and over a request, and changes nothing', async () => {
    const session_id = randomUUID();
    const { client } = await TestClient.open(app.chatUrl, { session_id });
    await using _ = client;
    client.send({ type: 'message', id: 'm1', content: 'one' });
    const run = await agent.nextRun();
    client.send({ type: 'message', id: 'm1', content: 'another' });
    expect(await client.next('error')).toMatchObject({ code: 'conflict', ref: 'm1', retryable: false });
    const refused = await post(session_id, { id: 'm1', content: 'another' });
    expect([refused.status, await refused.json()]).toMatchObject([409, { error: { code: 'conflict' } }]);
    run.finish('still here');
    expect(await client.next('message_stream', (frame) => frame.stream_end)).toMatchObject({
      metadata: { status: 'complete' },
    });
    expect(client.all('message').map(({ content }) => content)).toEqual(['one']);
  });

  it('sent again during its own answer does not stop it', async () => {
    const session_id = randomUUID();
    const { client } = await TestClient.open(app.chatUrl, { session_id });
    await using _ = client;
    client.send({ type: 'message', id: 'm1', content: 'one' });
    const run = await agent.nextRun();
    run.say('half ');
    client.send({ type: 'message', id: 'm1', content: 'one' });
    const again = await post(session_id, { id: 'm1', content: 'one' });
    expect([again.status, await again.json()]).toEqual([202, { id: 'm1', seq: 1 }]);
    run.finish('and half');
    const { text, end } = await client.answer();
    expect([text, end.metadata.status]).toEqual(['half and half', 'complete']);
    expect(client.all('message').map(({ seq }) => seq)).toEqual([1, 1]);
  });

  it('of one session says nothing about another', async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    for (const id of [one, other]) expect((await post(id, { id: 'm1', content: id })).status).toBe(202);
    for (const id of [one, other]) {
      const run = await agent.nextRun();
      expect(run.turn.message.content).toBe(id);
      run.finish();
    }
  });
});
