import { randomUUID } from 'node:crypto';
import { type FrameLog, type History, MemoryFrameLog, MemoryHistory, Sessions } from '@chat-stream/backend';
import { describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.js';
import { ScriptedAgent } from '../support/scripted-agent.js';
import { openStore } from '../support/store.js';
import { TestClient } from '../support/ws-client.js';

const DAY_MS = 86_400_000;

/** Forgets what is abandoned so many days from now. */
const after = (app: TestApp, days: number) => app.app.get(Sessions).forgetAbandoned(Date.now() + days * DAY_MS);

interface Store {
  readonly frameLog: FrameLog;
  readonly history: History;
}

describe.each<[string, () => Store]>([
  ['in memory', () => ({ frameLog: new MemoryFrameLog(), history: new MemoryHistory() })],
  ['embedded', () => openStore()],
])('a session that nobody can miss, %s', (_, open) => {
  const start = async (retention = {}) => {
    const store = open();
    const agent = new ScriptedAgent();
    const app = await startApp({ ...store, agents: [agent], auth: { mode: 'open' }, retention });
    return { store, agent, app };
  };
  /** Somebody comes, does this, and goes. */
  const visit = async (
    app: TestApp,
    session_id: string,
    act = (_client: TestClient): Promise<unknown> => Promise.resolve(),
  ) => {
    const { client, session } = await TestClient.open(app.chatUrl, { session_id });
    await act(client);
    await client.close();
    await gone(app);
    return { epoch: session.epoch, seq: session.seq };
  };
  /** The server hears of a socket's end a moment later. */
  const gone = async (app: TestApp) => {
    while (app.app.get(Sessions).size > 0) await new Promise(setImmediate);
  };

  it('is forgotten a day after it was begun; who comes back to it gets a snapshot in a new epoch', async () => {
    const { app, store } = await start();
    await using _ = app;
    const session_id = randomUUID();
    const cursor = await visit(app, session_id);
    await after(app, 0.9);
    expect(await store.history.getSession(session_id)).toBeDefined();
    await after(app, 1.1);
    expect(await store.history.getSession(session_id)).toBeUndefined();

    const back = await TestClient.open(app.chatUrl, { session_id, cursor });
    await using __ = back.client;
    expect(back.session).toMatchObject({ session_id, resumed: false, seq: 0 });
    expect(back.session.epoch).not.toBe(cursor.epoch);
    expect(await back.client.next('history')).toMatchObject({ messages: [], seq: 0 });
  });

  it('is kept while a visitor is connected, and still takes messages', async () => {
    const { app, agent } = await start();
    await using _ = app;
    const session_id = randomUUID();
    const { client } = await TestClient.open(app.chatUrl, { session_id });
    await using __ = client;
    await after(app, 400);
    client.send({ type: 'message', content: 'hi' });
    (await agent.nextRun()).finish('there');
    expect((await client.answer()).text).toBe('there');
  });

  it('is kept once somebody wrote to it or named it, however old it is', async () => {
    const { app, agent, store } = await start();
    await using _ = app;
    const [used, named] = [randomUUID(), randomUUID()];
    await visit(app, used, async (client) => {
      client.send({ type: 'message', content: 'hi' });
      (await agent.nextRun()).finish('there');
      await client.answer();
    });
    await visit(app, named);
    await store.history.renameSession(named, 'Mine');
    await after(app, 400);
    expect((await store.history.page(used, { limit: 10 })).messages.length).toBe(2);
    expect(await store.history.getSession(named)).toBeDefined();
  });

  it('is kept while its answer runs, also where nobody is there and the history has nothing of it', async () => {
    const { app, agent, store } = await start();
    await using _ = app;
    const session_id = randomUUID();
    const { client } = await TestClient.open(app.chatUrl, { session_id });
    client.send({ type: 'message', content: 'hi' });
    const run = await agent.nextRun();
    await client.close();
    await store.history.clearMessages(session_id);
    await store.history.renameSession(session_id, '');
    await after(app, 400);
    run.finish('there');
    await gone(app);
    const { messages } = await store.history.page(session_id, { limit: 10 });
    expect(messages.map(({ message }) => message.content)).toEqual(['there']);
  });

  it('has left frames without a record: they are kept for a week, then forgotten', async () => {
    const { app, agent, store } = await start();
    await using _ = app;
    const [session_id, found] = [randomUUID(), randomUUID()];
    for (const one of [session_id, found]) {
      await visit(app, one, async (client) => {
        client.send({ type: 'message', content: 'hi' });
        (await agent.nextRun()).finish('there');
        await client.answer();
      });
      await store.history.deleteSession(one);
    }
    await after(app, 6.9);
    expect([...(await store.frameLog.sessions())].toSorted()).toEqual([session_id, found].toSorted());
    // Its owner comes back in time, and has it again.
    const { client } = await TestClient.open(app.chatUrl, { session_id: found });
    await using __ = client;
    expect((await client.next('history')).messages.map(({ content }) => content)).toEqual(['hi', 'there']);
    await after(app, 7.1);
    expect(await store.frameLog.sessions()).toEqual([found]);
  });

  it('is kept for ever where the service is told so', async () => {
    const { app, store } = await start({ emptySessionsMs: 0, lostSessionsMs: 0 });
    await using _ = app;
    const session_id = randomUUID();
    await visit(app, session_id);
    await after(app, 4_000);
    expect(await store.history.getSession(session_id)).toBeDefined();
  });
});

it('needs nobody to ask: the service looks by itself', async () => {
  const history = new MemoryHistory();
  const retention = { emptySessionsMs: 1 };
  await using app = await startApp({ agents: [new ScriptedAgent()], auth: { mode: 'open' }, history, retention });
  const session_id = randomUUID();
  await (await TestClient.open(app.chatUrl, { session_id })).client.close();
  while ((await history.getSession(session_id)) !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
});
