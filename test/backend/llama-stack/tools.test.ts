import type { ChatStreamOptions } from '@chat-stream/backend';
import { describe, expect, it } from 'vitest';
import { startApp } from '../../support/app.js';
import { type Run, ScriptedAgent } from '../../support/scripted-agent.js';
import { TestClient } from '../../support/ws-client.js';
import { call, eventsIn, openSession, says, WEATHER } from './service.js';

/** An agent that calls the weather, as often as it is told to, and says what came back. */
async function callsTools(run: Run, ...cities: string[]): Promise<void> {
  const calls = cities.map((city) => ({ id: `call_${city}`, name: WEATHER.name, arguments: { city } }));
  for (const { id, name, arguments: args } of calls) {
    run.subscriber.next({
      type: 'tool_call',
      call_id: id,
      tool_name: name,
      arguments: args,
      parse_status: 'succeeded',
      target: 'client',
    });
  }
  const answers = await Promise.all(calls.map(async (made) => run.turn.tools!.call(made)));
  run.finish(answers.map(({ content }) => String(content)).join(', '));
}

/** A turn that waits for the weather of these cities, and a chat that looks on. */
async function waitingTurn(options: Partial<ChatStreamOptions>, ...cities: string[]) {
  const agent = new ScriptedAgent();
  const app = await startApp({ agents: [agent], auth: { mode: 'open' }, ...options });
  const { session, path } = await openSession(app.url, { client_tools: [WEATHER] });
  const { client } = await TestClient.open(app.chatUrl, { session_id: session });
  const pending = call(app.url, 'POST', `${path}/turn`, { messages: [says('The weather?')] });
  const done = callsTools(await agent.nextRun(), ...cities);
  const { turn_id } = (await pending).body as { turn_id: string };
  const resume = (...answered: string[]) =>
    call(app.url, 'POST', `${path}/turn/${turn_id}/resume`, {
      tool_responses: answered.map((city) => ({
        call_id: `call_${city}`,
        tool_name: WEATHER.name,
        content: [{ type: 'text', text: `${city}: sun` }],
      })),
    });
  const close = async () => {
    await client.close();
    await app.close();
  };
  return { app, path, client, turn_id, resume, done, close };
}

const isEnd = ({ stream_end }: { stream_end: boolean }) => stream_end;

describe('a turn that waits for the tools of its client', () => {
  it('waits for all that were called together, and the chat sees them, before and after', async () => {
    const { client, resume, done, close, path, app, turn_id } = await waitingTurn({}, 'Oslo', 'Rome');
    const waiting = (await call(app.url, 'GET', `${path}/turn/${turn_id}`)).body;
    expect(waiting).toMatchObject({
      output_message: { tool_calls: [{ call_id: 'call_Oslo' }, { call_id: 'call_Rome' }] },
    });
    expect((await resume('Oslo')).status).toBe(400);
    expect((await resume('Rome', 'Oslo')).body).toMatchObject({
      turn_id,
      output_message: { content: 'Oslo: sun, Rome: sun' },
      steps: [
        { step_type: 'inference' },
        { tool_calls: [{}, {}], tool_responses: [{}, {}] },
        { step_type: 'inference' },
      ],
    });
    await done;
    const { frames, text } = await client.answer();
    expect(text).toBe('Oslo: sun, Rome: sun');
    expect(frames.flatMap(({ delta }) => (delta === undefined ? [] : [delta]))).toMatchObject([
      { type: 'tool_call', call_id: 'call_Oslo', target: 'client' },
      { type: 'tool_call', call_id: 'call_Rome', target: 'client' },
      { type: 'step', step_type: 'tool_execution', phase: 'start', at: 0 },
      { type: 'tool_result', call_id: 'call_Rome', content: 'Rome: sun' },
      { type: 'tool_result', call_id: 'call_Oslo', content: 'Oslo: sun' },
      { type: 'step', step_type: 'tool_execution', phase: 'complete', at: 0 },
    ]);
    await close();
  });

  it('is not taken for an agent that has fallen silent', async () => {
    const { client, resume, close } = await waitingTurn({ idleTimeoutMs: 20, heartbeatMs: 100 }, 'Oslo');
    // Several times the time after which an agent counts as silent.
    for (let beat = 0; beat < 5; beat++) await client.next('heartbeat');
    expect((await resume('Oslo')).body).toMatchObject({ output_message: { content: 'Oslo: sun' } });
    await close();
  });

  it('does not wait for ever: it ends with an error that a visitor can read, once', async () => {
    const { client, resume, close } = await waitingTurn({ toolTimeoutMs: 30 }, 'Oslo');
    const { end, text } = await client.answer();
    expect(end.metadata).toMatchObject({ status: 'error', error: { code: 'timeout', retryable: true } });
    expect(text).toMatch(/^A tool .* did not answer in time/);
    expect((await resume('Oslo')).status).toBe(400);
    await close();
  });

  it('ends when it is stopped, and the tool’s answer comes too late', async () => {
    const { client, resume, close, path, app } = await waitingTurn({}, 'Oslo');
    client.send({ type: 'stop' });
    expect((await client.answer()).end.metadata.status).toBe('stopped');
    expect(await resume('Oslo')).toMatchObject({ status: 400, body: { detail: expect.stringContaining('is over') } });
    const { turns } = (await call(app.url, 'GET', path)).body as { turns: unknown[] };
    expect(turns).toHaveLength(1);
    await close();
  });

  it('does not hold a planned stop: it ends at once, whether it waits already or begins to', async () => {
    const shutdownGraceMs = 600_000;
    const { app, client } = await waitingTurn({ shutdownGraceMs }, 'Oslo');
    await app.close();
    expect((await client.answer()).end.metadata.status).toBe('interrupted');

    const agent = new ScriptedAgent();
    const late = await startApp({ agents: [agent], auth: { mode: 'open' }, shutdownGraceMs });
    const { path, session } = await openSession(late.url, { client_tools: [WEATHER] });
    const chat = await TestClient.open(late.chatUrl, { session_id: session });
    const pending = call(late.url, 'POST', `${path}/turn`, { messages: [says('The weather?')], stream: true });
    const run = await agent.nextRun();
    const closed = late.close();
    await chat.client.next('goaway');
    void callsTools(run, 'Oslo', 'Rome');
    await closed;
    expect((await chat.client.next('message_stream', isEnd)).metadata.status).toBe('interrupted');
    expect(eventsIn((await pending).text).at(-1)).toEqual({ error: { message: expect.stringMatching(/^503: /) } });
  });

  it('holds a planned stop where the tool is one of the page, which answers where it is', async () => {
    const agent = new ScriptedAgent();
    const app = await startApp({ agents: [agent], auth: { mode: 'open' }, shutdownGraceMs: 600_000 });
    const { client } = await TestClient.open(app.chatUrl);
    client.send({ type: 'message', id: 'question-1', content: 'The weather?' });
    const run = await agent.nextRun();
    const made = { id: 'call_Oslo', name: WEATHER.name };
    void run.context.callTool(made).then(({ content }) => run.finish(String(content)));
    const closed = app.close();
    await client.next('goaway');
    client.send({ type: 'tool_result', call_id: made.id, content: 'sun' });
    expect((await client.next('message_stream', isEnd)).metadata.status).toBe('complete');
    await closed;
  });
});
