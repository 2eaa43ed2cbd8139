import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.js';
import { ScriptedAgent } from '../../support/scripted-agent.js';
import { TestClient } from '../../support/ws-client.js';
import { rawPost } from './raw-http.js';
import { call, eventsIn, openSession, says } from './service.js';

/** A turn runs in a session as all others: whoever is in it sees it, and the one who asked is one of them. */
describe('a turn and the others in its session', () => {
  const agent = new ScriptedAgent();
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ agents: [agent], auth: { mode: 'open' } });
  });
  afterAll(() => app.close());

  async function ask(path: string, content = 'hi') {
    const pending = rawPost(app.port, `${path}/turn`, { messages: [says(content)], stream: true });
    return { run: await agent.nextRun(), response: await pending };
  }

  it('a chat in the same session sees question and answer live, with the same ids', async () => {
    const { session, path } = await openSession(app.url);
    const { client } = await TestClient.open(app.chatUrl, { session_id: session });
    const { run, response } = await ask(path, 'What is new?');
    const echo = await client.next('message');
    expect(echo).toMatchObject({ sender: 'user', content: 'What is new?' });
    run.say('Some ');
    await client.next('message_stream', (frame) => frame.chunk === 'Some ');
    await response.until('"text":"Some "');
    run.finish('thing.');
    const end = await client.next('message_stream', (frame) => frame.stream_end);
    expect(end.metadata).toMatchObject({ status: 'complete', reply_to: echo.id });
    const { turn } = eventsIn(await response.whole).at(-1)!.event!.payload as { turn: { turn_id: string } };
    expect(turn).toMatchObject({ turn_id: echo.id, output_message: { content: 'Some thing.' } });
    response.socket.destroy();
    await client.close();
  });

  it('what is said in the chat is a turn of the session as well', async () => {
    const { session, path } = await openSession(app.url);
    const { client } = await TestClient.open(app.chatUrl, { session_id: session });
    client.send({ type: 'message', content: 'from the page' });
    (await agent.nextRun()).finish('to the page');
    await client.answer();
    expect((await call(app.url, 'GET', path)).body).toMatchObject({
      turns: [
        {
          input_messages: [says('from the page')],
          steps: [{ step_type: 'inference', model_response: { content: 'to the page' } }],
          output_message: { content: 'to the page', stop_reason: 'end_of_turn' },
        },
      ],
    });
    await client.close();
  });

  it('Stop in the chat ends the turn: the client is told, and the half that was written stays', async () => {
    const { session, path } = await openSession(app.url);
    const { client } = await TestClient.open(app.chatUrl, { session_id: session });
    const { run, response } = await ask(path);
    run.say('half of ');
    await response.until('half of ');
    client.send({ type: 'stop' });
    await run.released;
    const events = eventsIn(await response.whole);
    expect(events.at(-1)).toEqual({ error: { message: '400: The turn was stopped.' } });
    expect(events.filter(({ event }) => event?.payload['event_type'] === 'turn_complete')).toEqual([]);
    const { turns } = (await call(app.url, 'GET', path)).body as { turns: unknown[] };
    expect(turns).toMatchObject([{ output_message: { content: 'half of ' } }]);
    response.socket.destroy();
    await client.close();
  });

  it('a client that leaves takes its turn along when nobody else is there', async () => {
    const { path } = await openSession(app.url);
    const { run, response } = await ask(path);
    run.say('half');
    await response.until('half');
    response.socket.destroy();
    await run.released;
    const { turns } = (await call(app.url, 'GET', path)).body as { turns: unknown[] };
    expect(turns).toMatchObject([{ output_message: { content: 'half' } }]);
    // The next turn is not touched by it.
    const next = await ask(path, 'again');
    next.run.finish('whole');
    expect(await next.response.whole).toContain('turn_complete');
    next.response.socket.destroy();
  });

  it('a client that leaves takes nothing away from others who watch', async () => {
    const { session, path } = await openSession(app.url);
    const { client } = await TestClient.open(app.chatUrl, { session_id: session });
    const { run, response } = await ask(path);
    run.say('half, ');
    await response.until('half');
    const closed = new Promise((resolve) => response.socket.once('close', resolve));
    response.socket.destroy();
    await closed;
    // The server has heard of it once it has answered another request of the same machine.
    await call(app.url, 'GET', path);
    run.finish('and whole');
    const answer = await client.answer();
    expect([answer.text, answer.end.metadata.status]).toEqual(['half, and whole', 'complete']);
    await client.close();
  });

  it('a chat that leaves while the client waits takes nothing away from it', async () => {
    const { session, path } = await openSession(app.url);
    const { client } = await TestClient.open(app.chatUrl, { session_id: session });
    const { run, response } = await ask(path);
    await client.next('message_stream', (frame) => frame.stream_start);
    await client.cut();
    run.finish('still here');
    expect(await response.whole).toContain('turn_complete');
    response.socket.destroy();
  });

  it('a second turn ends the first, and each client is told of its own', async () => {
    const { path } = await openSession(app.url);
    const first = await ask(path, 'one');
    first.run.say('first');
    await first.response.until('first');
    const second = await ask(path, 'two');
    second.run.finish('second');
    expect(eventsIn(await first.response.whole).at(-1)).toEqual({ error: { message: '400: The turn was stopped.' } });
    expect(await second.response.whole).toContain('"content":"second"');
    expect(await second.response.whole).not.toContain('first');
    first.response.socket.destroy();
    second.response.socket.destroy();
  });

  it('a session that is deleted ends the stream of its turn', async () => {
    const { path } = await openSession(app.url);
    const { run, response } = await ask(path);
    run.say('half');
    await response.until('half');
    expect((await call(app.url, 'DELETE', path)).status).toBe(204);
    expect(eventsIn(await response.whole).at(-1)?.error?.message).toMatch(/^5\d\d: /);
    response.socket.destroy();
  });

  it('a server that goes down says so in the stream', async () => {
    const other = await startApp({ agents: [agent], auth: { mode: 'open' } });
    const { path } = await openSession(other.url);
    const pending = rawPost(other.port, `${path}/turn`, { messages: [says('hi')], stream: true });
    const run = await agent.nextRun();
    const response = await pending;
    run.say('half');
    await response.until('half');
    const closing = other.close();
    expect(eventsIn(await response.whole).at(-1)?.error?.message).toMatch(/^503: The turn was interrupted/);
    response.socket.destroy();
    await closing;
  });
});
