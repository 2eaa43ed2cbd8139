import { randomUUID } from 'node:crypto';
import { FrameLogUnavailable, type LoggedFrame, MemoryFrameLog, MemoryHistory } from '@chat-stream/backend';
import { describe, expect, it } from 'vitest';
import { startApp } from '../support/app.js';
import { ScriptedAgent } from '../support/scripted-agent.js';
import { TestClient } from '../support/ws-client.js';

/** A log whose disk is full while `isFull`. */
class FullFrameLog extends MemoryFrameLog {
  isFull = false;

  override append(sessionId: string, epoch: string, frames: readonly LoggedFrame[]): Promise<void> {
    if (this.isFull) return Promise.reject(new FrameLogUnavailable('The disk is full: make room.'));
    return super.append(sessionId, epoch, frames);
  }
}

describe('a store that can not write', () => {
  it('refuses the message in words, keeps what is there, and works again once it can', async () => {
    const frameLog = new FullFrameLog();
    const agent = new ScriptedAgent();
    await using app = await startApp({ agents: [agent], auth: { mode: 'open' }, frameLog });
    const session_id = randomUUID();
    const first = await TestClient.open(app.chatUrl, { session_id });
    first.client.send({ type: 'message', id: 'q1', content: 'one' });
    (await agent.nextRun()).finish('1');
    await first.client.answer();

    frameLog.isFull = true;
    first.client.send({ type: 'message', id: 'q2', content: 'two' });
    expect(await first.client.next('error')).toMatchObject({ code: 'unavailable', ref: 'q2', retryable: true });
    expect((await first.client.closed).code).toBe(1012);

    const reader = await TestClient.open(app.chatUrl, { session_id });
    const { messages } = await reader.client.next('history');
    expect(messages.map(({ content }) => content)).toEqual(['one', '1']);
    await reader.client.close();

    frameLog.isFull = false;
    const again = await TestClient.open(app.chatUrl, { session_id });
    await using _ = again.client;
    again.client.send({ type: 'message', id: 'q2', content: 'two' });
    (await agent.nextRun()).finish('2');
    expect((await again.client.answer()).text).toBe('2');
    expect(agent.runs.map(({ turn }) => turn.message.content)).toEqual(['one', 'two']);
  });

  it('in mid-answer: the agent is let go, and the answer gets its one end once the store can write', async () => {
    const frameLog = new FullFrameLog();
    const agent = new ScriptedAgent();
    await using app = await startApp({ agents: [agent], auth: { mode: 'open' }, frameLog });
    const session_id = randomUUID();
    const { client, session } = await TestClient.open(app.chatUrl, { session_id });
    client.send({ type: 'message', content: 'one' });
    const run = await agent.nextRun();
    run.say('safe');
    const { seq } = await client.next('message_stream', (frame) => frame.stream_chunk);
    frameLog.isFull = true;
    run.say('never safe, so never seen');
    await run.released;
    expect((await client.closed).code).toBe(1012);
    expect(
      client
        .all('message_stream')
        .map(({ chunk }) => chunk ?? '')
        .join(''),
    ).toBe('safe');

    frameLog.isFull = false;
    const again = await TestClient.open(app.chatUrl, { session_id, cursor: { epoch: session.epoch, seq: seq! } });
    await using _ = again.client;
    expect(again.session.resumed).toBe(true);
    const end = await again.client.next('message_stream');
    expect([end.stream_end, end.metadata.status]).toEqual([true, 'interrupted']);
  });

  it('a session that can not be opened is said so, and the client may come back', async () => {
    class BrokenHistory extends MemoryHistory {
      isBroken = true;
      override createSession(record: Parameters<MemoryHistory['createSession']>[0]) {
        return this.isBroken ? Promise.reject(new Error('secret-detail')) : super.createSession(record);
      }
    }
    const history = new BrokenHistory();
    await using app = await startApp({ agents: [new ScriptedAgent()], history });
    await using client = await TestClient.connect(app.chatUrl);
    client.send({ type: 'hello', protocol: 1, client_id: 'x' });
    expect(await client.next('error')).toMatchObject({ code: 'unavailable', retryable: true });
    expect(JSON.stringify(client.all('error'))).not.toContain('secret-detail');
    expect((await client.closed).code).toBe(1012);
    history.isBroken = false;
    const { client: again } = await TestClient.open(app.chatUrl);
    await again.close();
  });
});
