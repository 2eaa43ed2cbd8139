import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Approval, ChatStreamOptions } from '@chat-stream/backend';
import type { Delta } from '@chat-stream/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { startApp, type TestApp } from '../support/app.js';
import { type Run, ScriptedAgent } from '../support/scripted-agent.js';
import { openStore } from '../support/store.js';
import { TestClient } from '../support/ws-client.js';
import { call, openSession, says } from './llama-stack/service.js';

const REFUND = {
  type: 'tool_call',
  call_id: 'c1',
  tool_name: 'refund',
  arguments: { order: 7 },
  parse_status: 'succeeded',
  target: 'server',
  needs_approval: true,
} as const;

/** The agent wants to call something, asks, and says what it was told. */
async function asks(run: Run, call_id: string = REFUND.call_id): Promise<Approval> {
  run.subscriber.next({ ...REFUND, call_id });
  const approval = await run.context.askApproval({ id: call_id, name: REFUND.tool_name });
  run.say(`${approval.approved ? 'yes' : 'no'}: ${approval.reason}`);
  return approval;
}

const isCall = ({ delta }: { delta?: Delta | undefined }) => delta?.type === 'tool_call';
const isDecided = ({ delta }: { delta?: Delta | undefined }) =>
  delta?.type === 'tool_call' && delta.approved !== undefined;
const isEnd = ({ stream_end }: { stream_end: boolean }) => stream_end;

async function start(options: Partial<ChatStreamOptions> = {}) {
  const agent = new ScriptedAgent();
  const app = await startApp({ agents: [agent], auth: { mode: 'open' }, ...options });
  onTestFinished(() => app.close());
  return { agent, app };
}

async function enter(app: TestApp, hello: Parameters<typeof TestClient.open>[1] = {}) {
  const { client, session } = await TestClient.open(app.chatUrl, hello);
  onTestFinished(() => client[Symbol.asyncDispose]());
  return { client, session };
}

/** An answer that waits for an approval, and the client that it asks; it ends with the decision unless it `goesOn`. */
async function waiting(options: Partial<ChatStreamOptions> = {}, goesOn = false) {
  const { agent, app } = await start(options);
  const { client, session } = await enter(app);
  client.send({ type: 'message', id: 'question-1', content: 'My money back, please.' });
  const run = await agent.nextRun();
  const decided = asks(run);
  if (!goesOn) void decided.then(() => run.finish());
  const { id: answer } = await client.next('message_stream', isCall);
  return { agent, app, client, session, id: session.session_id, answer, run, decided };
}

/** What of a client's frames says something about tools, as it was merged in the end. */
function deltas(client: TestClient): readonly Delta[] {
  return client.conversation().messages.flatMap((message) => message.deltas ?? []);
}

/** Everything that the server says to what was sent before. */
async function errors(client: TestClient) {
  client.send({ type: 'ping' });
  await client.next('pong');
  return client.all('error').map(({ code, ref, retryable }) => ({ code, ref, retryable }));
}

describe('a call that needs an approval', () => {
  it('runs when somebody approves: every tab has the call before, and the decision after', async () => {
    const { app, client, id, decided } = await waiting();
    const { client: tab } = await enter(app, { session_id: id });
    const asked = await tab.next('message_stream', isCall);
    expect(asked.delta).toEqual(REFUND);
    client.send({ type: 'approval', call_id: 'c1', approved: true });
    expect(await decided).toEqual({ approved: true, reason: '' });
    for (const one of [client, tab]) {
      expect((await one.next('message_stream', isEnd)).metadata.status).toBe('complete');
      expect(deltas(one)).toEqual([{ ...REFUND, approved: true }]);
      expect(one.conversation().messages.at(-1)?.content).toBe('yes: ');
    }
  });

  it('is a call that failed when somebody declines, with what they said, also for who reads it later', async () => {
    const { app, client, id, decided, answer } = await waiting();
    client.send({ type: 'approval', id: answer, call_id: 'c1', approved: false, comment: ' Not on a Friday. ' });
    expect(await decided).toEqual({ approved: false, reason: 'Not on a Friday.' });
    await client.next('message_stream', isEnd);
    const shown = [
      { ...REFUND, approved: false, comment: 'Not on a Friday.' },
      { type: 'tool_result', call_id: 'c1', tool_name: 'refund', content: 'Not on a Friday.', is_error: true },
    ];
    expect(deltas(client)).toMatchObject(shown);
    const { client: later } = await enter(app, { session_id: id });
    expect((await later.next('history')).messages.at(-1)).toMatchObject({
      content: 'no: Not on a Friday.',
      deltas: shown,
    });
  });

  it('is decided once: the first decision counts, the same again is no error, another one is a conflict', async () => {
    const { app, client, id } = await waiting({}, true);
    const { client: tab } = await enter(app, { session_id: id });
    client.send({ type: 'approval', call_id: 'c1', approved: false });
    await tab.next('message_stream', isDecided);
    tab.send({ type: 'approval', call_id: 'c1', approved: false });
    expect(await errors(tab)).toEqual([]);
    tab.send({ type: 'approval', call_id: 'c1', approved: true });
    expect(await errors(tab)).toEqual([{ code: 'conflict', ref: 'c1', retryable: false }]);
    expect(tab.all('error')[0]?.message).toBe('This call was declined before: the first decision counts.');
    expect(deltas(tab)).toMatchObject([{ approved: false }, { type: 'tool_result', is_error: true }]);
  });

  it('several are asked about together, and decided one by one', async () => {
    const { client, run, decided } = await waiting();
    const second = asks(run, 'c2');
    await client.next('message_stream', isCall);
    client.send({ type: 'approval', call_id: 'c2', approved: true });
    expect(await second).toMatchObject({ approved: true });
    client.send({ type: 'approval', call_id: 'c1', approved: false });
    expect(await decided).toMatchObject({ approved: false });
  });

  it('waits over a lost connection, for who resumes and for who begins anew', async () => {
    const { app, client, session, id, decided } = await waiting();
    const { cursor } = client.conversation();
    await client.cut();
    const { client: back, session: resumed } = await enter(app, { session_id: id, cursor: cursor! });
    expect(resumed).toMatchObject({ resumed: true, epoch: session.epoch });
    const { client: fresh } = await enter(app, { session_id: id });
    expect((await fresh.next('message_stream', isCall)).delta).toEqual(REFUND);
    back.send({ type: 'approval', call_id: 'c1', approved: true });
    expect(await decided).toMatchObject({ approved: true });
    expect((await back.next('message_stream', isEnd)).metadata.status).toBe('complete');
    await fresh.next('message_stream', isEnd);
    expect(deltas(fresh)).toEqual([{ ...REFUND, approved: true }]);
  });

  it('never runs when the server goes down first: the answer is interrupted, and nothing asks any more', async () => {
    const store = openStore();
    const { frameLog, history } = store;
    const { app, id } = await waiting({ frameLog, history });
    await app.close();
    const again = openStore({ dir: store.dir });
    const { app: next } = await start({ frameLog: again.frameLog, history: again.history });
    const { client } = await enter(next, { session_id: id });
    const answer = (await client.next('history')).messages.at(-1);
    expect(answer).toMatchObject({ metadata: { status: 'interrupted' }, deltas: [REFUND] });
    client.send({ type: 'approval', call_id: 'c1', approved: true });
    expect(await errors(client)).toEqual([{ code: 'not_found', ref: 'c1', retryable: false }]);
  });

  it('holds a planned stop for as long as that waits: a person may still decide', async () => {
    const { app, client } = await waiting({ shutdownGraceMs: 600_000 });
    const closed = app.close();
    await client.next('goaway');
    client.send({ type: 'approval', call_id: 'c1', approved: true });
    expect((await client.next('message_stream', isEnd)).metadata.status).toBe('complete');
    await closed;
  });

  it('is declined when nobody decides in time, each in its own, and the answer goes on', async () => {
    const { client, decided } = await waiting({ toolTimeoutMs: 30 });
    expect(await decided).toMatchObject({ approved: false, reason: expect.stringContaining('in time') as string });
    expect((await client.next('message_stream', isEnd)).metadata.status).toBe('complete');
    expect(deltas(client)).toMatchObject([{ approved: false }, { is_error: true }]);
    client.send({ type: 'approval', call_id: 'c1', approved: true });
    expect(await errors(client)).toMatchObject([{ code: 'not_found' }]);
  });

  it('is not taken for an agent that has fallen silent', async () => {
    const { client, decided } = await waiting({ idleTimeoutMs: 20, heartbeatMs: 100 });
    // Several times the time after which an agent counts as silent.
    for (let beat = 0; beat < 3; beat++) await client.next('heartbeat');
    client.send({ type: 'approval', call_id: 'c1', approved: true });
    expect(await decided).toMatchObject({ approved: true });
  });

  it('never runs when the answer is stopped first', async () => {
    const { client, run, decided } = await waiting();
    let isOver = false;
    void decided.then(() => (isOver = true));
    client.send({ type: 'stop' });
    expect((await client.next('message_stream', isEnd)).metadata.status).toBe('stopped');
    await run.released;
    client.send({ type: 'approval', call_id: 'c1', approved: true });
    expect(await errors(client)).toEqual([{ code: 'not_found', ref: 'c1', retryable: false }]);
    expect(isOver).toBe(false);
    expect(deltas(client)).toEqual([REFUND]);
  });

  it('is decided by its id and its answer’s: another call, or an earlier answer, is none of it', async () => {
    const { client, decided } = await waiting();
    client.send({ type: 'approval', call_id: 'c9', approved: true });
    client.send({ type: 'approval', id: 'an-earlier-answer', call_id: 'c1', approved: true });
    expect(await errors(client)).toEqual([
      { code: 'not_found', ref: 'c9', retryable: false },
      { code: 'not_found', ref: 'c1', retryable: false },
    ]);
    client.send({ type: 'approval', call_id: 'c1', approved: false });
    expect(await decided).toMatchObject({ approved: false });
  });

  it('is for its own visitor to decide: nobody else can, over a socket or by request', async () => {
    const { app, client, id, decided } = await waiting({ auth: { mode: 'visitor' } });
    const { client: other, session } = await enter(app);
    other.send({ type: 'approval', call_id: 'c1', approved: true });
    expect(await errors(other)).toMatchObject([{ code: 'not_found' }]);
    const response = await act(app, id, { call_id: 'c1', approved: true }, session.token);
    expect(response.status).toBe(404);
    const fresh = await TestClient.connect(app.chatUrl);
    onTestFinished(() => fresh[Symbol.asyncDispose]());
    fresh.send({ type: 'approval', call_id: 'c1', approved: true });
    expect((await fresh.next('error')).code).toBe('unauthorized');
    client.send({ type: 'approval', call_id: 'c1', approved: false });
    expect(await decided).toMatchObject({ approved: false });
  });

  it('can be decided by request, where no socket gets through', async () => {
    const { app, id, decided } = await waiting({}, true);
    const response = await act(app, id, { call_id: 'c1', approved: true, comment: 'Go on.' });
    expect([response.status, await response.json()]).toEqual([202, { success: true }]);
    expect(await decided).toEqual({ approved: true, reason: 'Go on.' });
    const late = await act(app, id, { call_id: 'c1', approved: false });
    expect([late.status, await late.json()]).toMatchObject([409, { error: { code: 'conflict' } }]);
    expect((await act(app, id, { call_id: 'c9', approved: true })).status).toBe(404);
  });

  it('is asked about in an answer to a question that came by request, too', async () => {
    const { agent, app } = await start();
    const { client, session } = await enter(app);
    const asked = await post(`${app.url}/api/chat/sessions/${session.session_id}/messages`, { content: 'Money.' });
    expect(asked.status).toBe(202);
    const decided = asks(await agent.nextRun());
    await client.next('message_stream', isCall);
    client.send({ type: 'approval', call_id: 'c1', approved: true });
    expect(await decided).toMatchObject({ approved: true });
  });
});

describe('where nobody can approve', () => {
  const declined = { approved: false, reason: expect.stringContaining('nobody can be asked here') as string };

  it('a call of a turn over /v1/agents is declined at once, and the turn has it once', async () => {
    const { agent, app } = await start();
    const { path } = await openSession(app.url);
    const pending = call(app.url, 'POST', `${path}/turn`, { messages: [says('Money.')] });
    const run = await agent.nextRun();
    expect(await asks(run)).toEqual(declined);
    run.finish();
    const { body } = await pending;
    expect(body).toMatchObject({
      output_message: { content: expect.stringContaining('no: This call needs') as string },
      steps: [
        { step_type: 'inference', model_response: { tool_calls: [{ call_id: 'c1' }] } },
        { step_type: 'tool_execution', tool_responses: [{ call_id: 'c1' }] },
        { step_type: 'inference' },
      ],
    });
  });

  it('a call for a client of the original kind is declined at once, and it is told of it once', async () => {
    const { agent, app } = await start();
    const { client: tab, session } = await enter(app);
    const { session_id } = session;
    // Our own client knows no such frames.
    const socket = new WebSocket(app.chatUrl);
    onTestFinished(() => socket.terminate());
    const told: unknown[] = [];
    const ended = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        const frame = JSON.parse(data.toString()) as Record<string, unknown>;
        if (String(frame['type']).startsWith('tool_')) told.push(frame);
        if (frame['stream_end'] === true) resolve();
      });
    });
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'message', id: randomUUID(), content: 'Money.', metadata: { session_id } }));
    const run = await agent.nextRun();
    expect(await asks(run)).toEqual(declined);
    run.finish();
    await tab.next('message_stream', isEnd);
    expect(deltas(tab)).toMatchObject([{ approved: false }, { is_error: true }]);
    await ended;
    expect(told).toMatchObject([
      { type: 'tool_call_start', toolId: 'c1', toolName: 'refund', input: { order: 7 } },
      { type: 'tool_call_error', toolId: 'c1', error: declined.reason },
    ]);
  });
});

const post = (url: string, body: unknown, token?: string) =>
  fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });

const act = (app: TestApp, id: string, fields: object, token?: string) =>
  post(`${app.url}/api/chat/sessions/${id}/actions`, { type: 'approval', ...fields }, token);
