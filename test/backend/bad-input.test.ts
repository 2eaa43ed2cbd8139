import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.js';
import { ScriptedAgent } from '../support/scripted-agent.js';
import { TestClient } from '../support/ws-client.js';

describe('rubbish', () => {
  let app: TestApp;
  beforeAll(
    async () =>
      void (app = await startApp({ agents: [new ScriptedAgent()], limits: { messageBytes: 4096, depth: 8 } })),
  );
  afterAll(() => app.close());

  it.each([
    ['text that is not JSON', 'hello', 'bad_json'],
    ['half of a frame', '{"type":"ping"', 'bad_json'],
    ['nothing', '', 'bad_json'],
    ['a number', '5', 'bad_message'],
    ['null', 'null', 'bad_message'],
    ['a list', '[{"type":"ping"}]', 'bad_message'],
    ['an object without a type', '{}', 'bad_message'],
    ['a type that is not a string', '{"type":1}', 'bad_message'],
    ['an unknown type', '{"type":"launch"}', 'unknown_type'],
    ['a type from the prototype', '{"type":"constructor"}', 'unknown_type'],
    ['a message without content', '{"type":"message"}', 'bad_message'],
    ['a message whose content is a number', '{"type":"message","content":1}', 'bad_message'],
    ['a blank message', '{"type":"message","content":" \\n\\t "}', 'bad_message'],
    ['a stop with a number for an id', '{"type":"stop","id":1}', 'bad_message'],
    ['a page of too many messages', '{"type":"history","limit":1000}', 'bad_message'],
    ['too much nesting', `{"type":"ping","x":${'['.repeat(9)}${']'.repeat(9)}}`, 'too_large'],
  ])('%s gets a named error, and the socket lives on', async (_, text, code) => {
    const { client } = await TestClient.open(app.chatUrl);
    await using __ = client;
    client.sendText(text);
    const error = await client.next('error');
    expect(error).toMatchObject({ code, message: expect.stringMatching(/\w.*\.$/) });
    client.send({ type: 'ping' });
    await client.next('pong');
  });

  it('names the message that was refused', async () => {
    const { client } = await TestClient.open(app.chatUrl);
    await using _ = client;
    client.send({ type: 'message', id: 'm-7', content: '  ' });
    expect(await client.next('error')).toMatchObject({ code: 'bad_message', ref: 'm-7' });
  });

  it('of any kind never ends the process, and never goes unanswered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json(), fc.json({ maxDepth: 12 })), async (text) => {
        const { client } = await TestClient.open(app.chatUrl);
        await using _ = client;
        client.sendText(text);
        client.send({ type: 'ping' });
        await client.next('pong');
        expect(client.all('error').length).toBe(1);
      }),
      { numRuns: 100 },
    );
  });

  it('ten times in ten seconds closes with 4400', async () => {
    const { client } = await TestClient.open(app.chatUrl);
    await using _ = client;
    for (let count = 0; count < 10; count++) client.sendText('rubbish');
    expect((await client.closed).code).toBe(4400);
    expect(client.all('error').length).toBe(10);
  });

  it('in a binary frame closes with 1003', async () => {
    const { client } = await TestClient.open(app.chatUrl);
    await using _ = client;
    client.socket.send(Buffer.from('{"type":"ping"}'));
    expect((await client.closed).code).toBe(1003);
  });

  it('that is too large closes with 1009', async () => {
    const { client } = await TestClient.open(app.chatUrl);
    await using _ = client;
    client.send({ type: 'message', content: 'x'.repeat(5000) });
    expect((await client.closed).code).toBe(1009);
  });

  it.each([
    ['reserved bits', Buffer.from([0xf1, 0x80, 0, 0, 0, 0]), 1002],
    ['no mask', Buffer.from([0x81, 0x01, 0x61]), 1002],
    ['text that is not UTF-8', Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]), 1007],
  ])('of broken framing (%s) closes', async (_, bytes, code) => {
    const { client } = await TestClient.open(app.chatUrl);
    await using __ = client;
    const raw = (client.socket as unknown as { _socket: ReturnType<typeof connect> })._socket;
    raw.write(bytes);
    expect((await client.closed).code).toBe(code);
  });

  it('does not reach the prototype of anything', async () => {
    const { client } = await TestClient.open(app.chatUrl);
    await using _ = client;
    client.sendText(
      '{"type":"message","content":"x","__proto__":{"polluted":1},"metadata":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}',
    );
    await client.next('message');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('what the module is given', () => {
  it.each([
    ['no agents', { agents: [] }, /agent/i],
    ['two agents of one name', { agents: [new ScriptedAgent(), new ScriptedAgent()] }, /scripted/],
    ['a default agent that is not there', { agents: [new ScriptedAgent()], defaultAgent: 'x' }, /x/],
    ['a timeout of zero', { agents: [new ScriptedAgent()], idleTimeoutMs: 0 }, /idleTimeoutMs/],
    [
      'a short secret',
      { agents: [new ScriptedAgent()], auth: { mode: 'visitor' as const, secret: 'x' } },
      /auth\.secret/,
    ],
  ])('stops the start when it is %s', async (_, options, message) => {
    await expect(startApp(options)).rejects.toThrow(message);
  });
});
