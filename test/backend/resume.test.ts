import { randomUUID } from 'node:crypto';
import { type Conversation, type Cursor, EMPTY_CONVERSATION } from '@chat-stream/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.js';
import { ScriptedAgent } from '../support/scripted-agent.js';
import { TestClient } from '../support/ws-client.js';

const shown = ({ messages }: Conversation) => messages.map(({ content, metadata }) => [content, metadata.status ?? '']);

describe('coming back', () => {
  let app: TestApp;
  const agent = new ScriptedAgent();
  beforeAll(async () => void (app = await startApp({ agents: [agent], auth: { mode: 'open' } })));
  afterAll(() => app.close());

  it('with a cursor brings exactly what was missed, then what comes', async () => {
    const session_id = randomUUID();
    const { client, session } = await TestClient.open(app.chatUrl, { session_id });
    client.send({ type: 'message', content: 'hi' });
    const run = await agent.nextRun();
    run.say('one ');
    await client.next('message_stream', (frame) => frame.stream_chunk);
    await client.cut();
    const before = client.conversation();

    run.say('two ');
    const back = await TestClient.open(app.chatUrl, { session_id, cursor: before.cursor! });
    await using _ = back.client;
    expect(back.session).toMatchObject({ resumed: true, epoch: session.epoch });
    await back.client.next('message_stream');
    run.finish('three');
    await back.client.next('message_stream', (frame) => frame.stream_end);
    expect(back.client.all('history')).toEqual([]);
    expect(back.client.all('message_stream').map(({ chunk }) => chunk ?? '')).toEqual(['two ', 'three', '']);
    expect(shown(back.client.conversation(before))).toEqual([
      ['hi', ''],
      ['one two three', 'complete'],
    ]);
  });

  it.each<[string, (cursor: Cursor) => Cursor | undefined]>([
    ['without a cursor', () => undefined],
    ['with a cursor of another epoch', ({ seq }) => ({ epoch: 'another', seq })],
    ['with a cursor in the future', ({ epoch }) => ({ epoch, seq: 10_000 })],
  ])(
    '%s brings a snapshot: history, one start, one chunk with all the text so far, then live frames',
    async (_, change) => {
      const session_id = randomUUID();
      const first = await TestClient.open(app.chatUrl, { session_id });
      await using __ = first.client;
      first.client.send({ type: 'message', content: 'hi' });
      const run = await agent.nextRun();
      for (const word of ['one ', 'two ', 'three ']) {
        run.say(word);
        await first.client.next('message_stream', (frame) => frame.chunk === word);
      }
      const cursor = change(first.client.conversation().cursor!);
      const late = await TestClient.open(app.chatUrl, { session_id, ...(cursor && { cursor }) });
      await using ___ = late.client;
      expect(late.session.resumed).toBe(false);
      const history = await late.client.next('history');
      expect(history.messages.map(({ content }) => content)).toEqual(['hi']);
      expect(history.seq).toBe(first.client.conversation().cursor?.seq);
      const start = await late.client.next('message_stream');
      const chunk = await late.client.next('message_stream');
      expect([start.stream_start, start.seq, chunk.chunk, chunk.seq]).toEqual([
        true,
        undefined,
        'one two three ',
        undefined,
      ]);
      run.finish('four');
      await late.client.next('message_stream', (frame) => frame.stream_end);
      await first.client.next('message_stream', (frame) => frame.stream_end);
      expect(shown(late.client.conversation())).toEqual([
        ['hi', ''],
        ['one two three four', 'complete'],
      ]);
      expect(shown(first.client.conversation())).toEqual(shown(late.client.conversation()));
    },
  );

  it('finds the answer that was finished while nobody was there', async () => {
    const session_id = randomUUID();
    const { client } = await TestClient.open(app.chatUrl, { session_id });
    client.send({ type: 'message', content: 'hi' });
    const run = await agent.nextRun();
    await client.cut();
    run.finish('finished alone');
    const back = await TestClient.open(app.chatUrl, { session_id });
    await using _ = back.client;
    await back.client.next('history');
    expect(shown(back.client.conversation())).toEqual([
      ['hi', ''],
      ['finished alone', 'complete'],
    ]);
  });

  it('from any place, any number of times, shows the same text with nothing lost and nothing twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 12 }),
        fc.array(fc.record({ at: fc.nat(11), keepCursor: fc.boolean() }), { maxLength: 5 }),
        async (words, cuts) => {
          const session_id = randomUUID();
          let { client } = await TestClient.open(app.chatUrl, { session_id });
          let conversation = EMPTY_CONVERSATION;
          client.send({ type: 'message', content: 'go' });
          const run = await agent.nextRun();
          for (const [index, word] of words.entries()) {
            run.say(word);
            // Without waiting: the cut falls anywhere between the frame being written and being read.
            for (const cut of cuts.filter(({ at }) => at === index)) {
              await client.cut();
              conversation = cut.keepCursor ? client.conversation(conversation) : EMPTY_CONVERSATION;
              const cursor = conversation.cursor && { cursor: conversation.cursor };
              ({ client } = await TestClient.open(app.chatUrl, { session_id, ...cursor }));
            }
          }
          run.finish();
          await client.next('message_stream', (frame) => frame.stream_end);
          expect(shown(client.conversation(conversation))).toEqual([
            ['go', ''],
            [words.join(''), 'complete'],
          ]);
          await client.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('pages back through a long conversation', async () => {
    const session_id = randomUUID();
    const { client } = await TestClient.open(app.chatUrl, { session_id });
    for (let count = 0; count < 35; count++) {
      client.send({ type: 'message', content: `q${count}` });
      (await agent.nextRun()).finish(`a${count}`);
      await client.next('message_stream', (frame) => frame.stream_end);
    }
    await client.close();
    const back = await TestClient.open(app.chatUrl, { session_id });
    await using _ = back.client;
    const newest = await back.client.next('history');
    expect([newest.messages.length, newest.has_more, newest.messages.at(-1)?.content]).toEqual([50, true, 'a34']);
    back.client.send({ type: 'history', before: newest.messages[0]!.id, limit: 200 });
    const older = await back.client.next('history');
    expect([older.messages.length, older.has_more, older.before]).toEqual([20, false, newest.messages[0]!.id]);
    expect(shown(back.client.conversation()).map(([content]) => content)).toEqual(
      Array.from({ length: 35 }, (__, index) => [`q${index}`, `a${index}`]).flat(),
    );
  });
});

describe('a client that reads slowly', () => {
  it('holds up nobody else, and gets everything in the end', async () => {
    const agent = new ScriptedAgent();
    await using app = await startApp({ agents: [agent], auth: { mode: 'open' } });
    const session_id = randomUUID();
    const { client: slow } = await TestClient.open(app.chatUrl, { session_id });
    const { client: quick } = await TestClient.open(app.chatUrl, { session_id });
    await using _ = slow;
    await using __ = quick;
    slow.socket.pause();
    quick.send({ type: 'message', content: 'go' });
    const run = await agent.nextRun();
    const block = 'x'.repeat(64 * 1024);
    for (let count = 0; count < 200; count++) {
      run.say(block);
      await quick.next('message_stream', (frame) => frame.stream_chunk);
    }
    run.finish();
    await quick.next('message_stream', (frame) => frame.stream_end);
    slow.socket.resume();
    await slow.next('message_stream', (frame) => frame.stream_end);
    const [, answer] = slow.conversation().messages;
    expect(answer?.content.length).toBe(200 * block.length);
  });
});
