import { applyFrame, EMPTY_CONVERSATION, type Message } from '@chat-stream/protocol';
import { describe, expect, it } from 'vitest';
import { conversationOf, EPOCH, frame, opened, phase, play, session, whole } from './conversations.js';

/** Applied in this order, what a visitor reads: each message's id and text. */
function texts(messages: readonly Message[]): Record<string, string> {
  return Object.fromEntries(messages.map(({ id, content }) => [id, content]));
}

describe('an answer in three phases', () => {
  it('appears with its start, grows with its chunks, and is complete with its end', () => {
    const asked = play(opened(), [whole('q', 'Hi?', { seq: 1 })]);
    const started = play(asked, [phase('a', 'start', { seq: 2 })]);
    expect(started.messages.at(-1)).toMatchObject({
      id: 'a',
      content: '',
      sender: 'ai',
      metadata: { streaming: true },
    });
    const grown = play(started, [
      phase('a', 'chunk', { chunk: 'Hel', seq: 3 }),
      phase('a', 'chunk', { chunk: 'lo', seq: 4 }),
    ]);
    expect(grown.messages.at(-1)).toMatchObject({ content: 'Hello', metadata: { streaming: true } });
    const ended = play(grown, [phase('a', 'end', { seq: 5 })]);
    expect(ended.messages.at(-1)).toMatchObject({
      content: 'Hello',
      agentName: 'Demo',
      metadata: { streaming: false, status: 'complete', reply_to: 'a-question' },
    });
    expect(ended.cursor).toEqual({ epoch: EPOCH, seq: 5 });
  });

  it('says what changed, for a view that patches', () => {
    const changes = (value: ReturnType<typeof applyFrame>): unknown =>
      value.kind === 'applied' ? value.changes : value.kind;
    const at = play(opened(), [phase('a', 'start', { seq: 1 })]);
    expect(changes(applyFrame(opened(), phase('a', 'start', { seq: 1 })))).toEqual([{ type: 'message', id: 'a' }]);
    expect(changes(applyFrame(at, phase('a', 'chunk', { chunk: 'x', seq: 2 })))).toEqual([
      { type: 'appended', id: 'a', text: 'x' },
    ]);
    expect(
      changes(applyFrame(at, phase('a', 'chunk', { chunk: '', delta: { type: 'reasoning', text: 'hm' }, seq: 2 }))),
    ).toEqual([{ type: 'appended', id: 'a', text: '' }]);
    expect(changes(applyFrame(at, phase('a', 'end', { seq: 2 })))).toEqual([{ type: 'ended', id: 'a' }]);
    expect(changes(applyFrame(at, phase('a', 'end', { content: 'y', seq: 2 })))).toEqual([
      { type: 'message', id: 'a' },
      { type: 'ended', id: 'a' },
    ]);
  });

  it.each(['complete', 'stopped', 'error', 'interrupted'])('ends as %s, with what the server says of it', (status) => {
    const error = { code: 'timeout', message: 'Nothing was heard.', retryable: true };
    const metadata = { streaming: false, status, ...(status === 'error' ? { error } : {}) };
    const { messages } = play(opened(), [phase('a', 'start', { seq: 1 }), phase('a', 'end', { metadata, seq: 2 })]);
    expect(messages.at(-1)?.metadata).toEqual({ reply_to: 'a-question', ...metadata });
  });

  it('is replaced by the content of its end frame', () => {
    const { messages } = play(opened(), [
      phase('a', 'start', { seq: 1 }),
      phase('a', 'chunk', { chunk: 'I think', seq: 2 }),
      phase('a', 'end', { content: 'I know', seq: 3 }),
    ]);
    expect(texts(messages)).toEqual({ a: 'I know' });
  });

  it('ignores what comes for it after its end, and still counts it', () => {
    const ended = play(opened(), [phase('a', 'start', { seq: 1 }), phase('a', 'end', { seq: 2 })]);
    const stray = applyFrame(ended, phase('a', 'chunk', { chunk: 'late', seq: 3 }));
    expect(stray).toMatchObject({ kind: 'applied', changes: [] });
    expect(conversationOf(stray).messages).toBe(ended.messages);
    expect(conversationOf(stray).cursor?.seq).toBe(3);
    expect(applyFrame(ended, phase('a', 'end')).kind).toBe('duplicate');
  });

  it('keeps reasoning, tool calls and results in their order', () => {
    const call = { type: 'tool_call', call_id: 'c', tool_name: 'clock', parse_status: 'started' };
    const { messages } = play(
      opened(),
      [
        { type: 'reasoning', text: 'I need ' },
        { type: 'reasoning', text: 'the time.' },
        call,
        { ...call, parse_status: 'succeeded', arguments: '{}' },
        { type: 'tool_result', call_id: 'c', tool_name: 'clock', content: 'noon' },
        { type: 'reasoning', text: 'Noon.' },
      ].map((delta, index) => phase('a', 'chunk', { chunk: '', delta, seq: index + 1 })),
    );
    expect(messages.at(-1)?.deltas).toEqual([
      { type: 'reasoning', text: 'I need the time.' },
      { ...call, parse_status: 'succeeded', arguments: '{}' },
      { type: 'tool_result', call_id: 'c', tool_name: 'clock', content: 'noon' },
      { type: 'reasoning', text: 'Noon.' },
    ]);
  });

  it('counts a delta of a kind that it does not know', () => {
    const started = play(opened(), [phase('a', 'start', { seq: 1 })]);
    const after = play(started, [phase('a', 'chunk', { chunk: '', delta: { type: 'smell', of: 'coffee' }, seq: 2 })]);
    expect(after.messages).toEqual(started.messages);
    expect(after.cursor?.seq).toBe(2);
  });
});

describe('frames in an order that nobody wants', () => {
  it('a chunk before its start makes the answer, and the start then keeps its text', () => {
    const early = play(EMPTY_CONVERSATION, [phase('a', 'chunk', { chunk: 'Hel' })]);
    expect(texts(early.messages)).toEqual({ a: 'Hel' });
    const { messages } = play(early, [phase('a', 'start'), phase('a', 'chunk', { chunk: 'lo' }), phase('a', 'end')]);
    expect(texts(messages)).toEqual({ a: 'Hello' });
  });

  it('a second start begins the answer anew', () => {
    const first = play(EMPTY_CONVERSATION, [phase('a', 'start'), phase('a', 'chunk', { chunk: 'Hel' })]);
    const { messages } = play(first, [phase('a', 'start'), phase('a', 'chunk', { chunk: 'Hello' })]);
    expect(texts(messages)).toEqual({ a: 'Hello' });
  });

  it('an end without a start is an answer without a text', () => {
    const { messages } = play(EMPTY_CONVERSATION, [phase('a', 'end')]);
    expect(messages).toMatchObject([{ id: 'a', content: '', metadata: { streaming: false, status: 'complete' } }]);
  });

  it('answers that interleave are told apart', () => {
    const { messages } = play(EMPTY_CONVERSATION, [
      phase('a', 'start'),
      phase('b', 'start'),
      phase('a', 'chunk', { chunk: '1' }),
      phase('b', 'chunk', { chunk: 'x' }),
      phase('a', 'chunk', { chunk: '2' }),
      phase('b', 'end'),
      phase('a', 'chunk', { chunk: '3' }),
      phase('a', 'end'),
    ]);
    expect(texts(messages)).toEqual({ a: '123', b: 'x' });
    expect(messages.every(({ metadata }) => metadata.streaming === false)).toBe(true);
  });

  it('a chunk and the end in one frame are both applied', () => {
    const legacy = { type: 'message_stream', id: 'a', chunk: 'lo', stream_end: true };
    const { messages } = play(EMPTY_CONVERSATION, [phase('a', 'chunk', { chunk: 'Hel' }), frame(legacy)]);
    expect(messages).toMatchObject([{ content: 'Hello', metadata: { streaming: false, status: 'complete' } }]);
  });

  it('the fields of the original kind, content and done, are understood', () => {
    const { messages } = play(EMPTY_CONVERSATION, [
      frame({ type: 'message_stream', id: 'a', content: 'Hel' }),
      frame({ type: 'message_stream', id: 'a', content: 'lo', done: true }),
    ]);
    expect(messages).toMatchObject([{ content: 'Hello', metadata: { streaming: false } }]);
  });

  it('a streamed answer that comes once more as a whole is one message', () => {
    const streamed = play(EMPTY_CONVERSATION, [phase('a', 'chunk', { chunk: 'Hello' }), phase('a', 'end')]);
    expect(applyFrame(streamed, whole('a', 'Hello', { sender: 'ai' })).kind).toBe('duplicate');
    const corrected = play(streamed, [whole('a', 'Hello!', { sender: 'ai' })]);
    expect(texts(corrected.messages)).toEqual({ a: 'Hello!' });
  });

  it('a question whose metadata wishes for streaming is not an answer being written', () => {
    const echoed = play(opened(), [whole('q', 'Hi?', { metadata: { streaming: true }, seq: 1 })]);
    expect(echoed.messages[0]?.metadata.streaming).toBe(false);
    const message = { id: 'q', content: 'Hi?', sender: 'user', metadata: { streaming: true } };
    const restored = play(opened(), [frame({ type: 'history', messages: [message], seq: 0 })]);
    expect(restored.messages[0]?.metadata.streaming).toBe(false);
  });
});

describe('duplicates and gaps', () => {
  const first = whole('q', 'Hi?', { seq: 1 });

  it('a frame that was applied changes nothing', () => {
    expect(applyFrame(play(opened(), [first]), first)).toEqual({ kind: 'duplicate' });
  });

  it('a gap says what is missing, and changes nothing', () => {
    expect(applyFrame(play(opened(), [first]), phase('a', 'start', { seq: 4 }))).toEqual({
      kind: 'gap',
      expected: 2,
      received: 4,
    });
  });

  it('a merged frame stands for all that it merged', () => {
    const at = play(opened(), [first, phase('a', 'start', { seq: 2 })]);
    const merged = phase('a', 'chunk', { chunk: 'Hello', first_seq: 3, seq: 7 });
    expect(play(at, [merged]).cursor?.seq).toBe(7);
    expect(applyFrame(play(at, [merged]), merged).kind).toBe('duplicate');
    expect(applyFrame(at, phase('a', 'chunk', { chunk: 'o', first_seq: 4, seq: 7 }))).toMatchObject({ kind: 'gap' });
    // Half of it is known already: applying it would repeat that half.
    const ahead = play(at, [phase('a', 'chunk', { chunk: 'He', first_seq: 3, seq: 4 })]);
    expect(applyFrame(ahead, merged).kind).toBe('duplicate');
  });

  it('no frame moves the cursor back', () => {
    const at = play(opened(), [first]);
    expect(play(at, [phase('a', 'chunk', { chunk: 'x', first_seq: 2, seq: 1 })]).cursor?.seq).toBe(2);
  });

  it('frames that are not about messages are ignored', () => {
    for (const type of ['pong', 'heartbeat', 'stream_stopped', 'typing']) {
      expect(applyFrame(opened(), frame({ type }))).toEqual({ kind: 'ignored' });
    }
  });
});

describe('opening and resuming', () => {
  const message = (id: string): Record<string, unknown> => ({ id, content: id, sender: 'user' });
  const history = (fields: Record<string, unknown>): ReturnType<typeof frame> => frame({ type: 'history', ...fields });

  it('there is nothing to resume from until the snapshot is here', () => {
    const announced = play(EMPTY_CONVERSATION, [session({ seq: 4 })]);
    expect(announced.cursor).toBeUndefined();
    const arrived = play(announced, [history({ messages: [message('q')], seq: 4 })]);
    expect(arrived.cursor).toEqual({ epoch: EPOCH, seq: 4 });
  });

  it('nor until all of a running answer is', () => {
    const steps = [
      session({ seq: 9 }),
      history({ messages: [message('q')], seq: 9, catch_up: 3 }),
      phase('a', 'start'),
      phase('a', 'chunk', { chunk: '', delta: { type: 'reasoning', text: 'hm' } }),
    ];
    for (let count = 1; count <= steps.length; count++) {
      expect(play(EMPTY_CONVERSATION, steps.slice(0, count)).cursor).toBeUndefined();
    }
    const whole = play(EMPTY_CONVERSATION, [...steps, phase('a', 'chunk', { chunk: 'so far' })]);
    expect(whole.cursor).toEqual({ epoch: EPOCH, seq: 9 });
    expect(play(whole, [phase('a', 'chunk', { chunk: ', and on', seq: 10 })]).messages.at(-1)?.content).toBe(
      'so far, and on',
    );
  });

  it('a connection lost in the middle of a snapshot forgets the old cursor, too', () => {
    const at = play(opened(), [whole('q', 'Hi?', { seq: 1 })]);
    expect(play(at, [session({ epoch: 'epoch-2', seq: 3 })]).cursor).toBeUndefined();
  });

  it('live frames go on after the last frame that the snapshot covers', () => {
    const at = play(EMPTY_CONVERSATION, [session({ seq: 3 }), history({ messages: [message('q')], seq: 4 })]);
    expect(applyFrame(at, whole('q', 'x', { seq: 4 })).kind).toBe('duplicate');
    expect(applyFrame(at, whole('r', 'x', { seq: 5 })).kind).toBe('applied');
    expect(applyFrame(at, whole('r', 'x', { seq: 6 })).kind).toBe('gap');
  });

  it('resumed goes on from the cursor', () => {
    const at = play(opened(), [whole('q', 'Hi?', { seq: 1 })]);
    const resumed = play(at, [session({ resumed: true, seq: 5 })]);
    expect(resumed.messages).toBe(at.messages);
    expect(resumed.cursor).toEqual({ epoch: EPOCH, seq: 1 });
  });

  it('the numbers of one epoch mean nothing in another, even where a server says resumed', () => {
    const at = play(opened(), [whole('q', 'Hi?', { seq: 1 })]);
    const elsewhere = play(at, [session({ epoch: 'epoch-2', resumed: true, seq: 5 })]);
    expect(elsewhere.cursor).toEqual({ epoch: 'epoch-2', seq: 0 });
    expect(applyFrame(elsewhere, whole('r', 'x', { seq: 2 }))).toEqual({ kind: 'gap', expected: 1, received: 2 });
  });

  it('a new epoch starts over, whatever the numbers', () => {
    const at = play(opened(), [whole('q', 'Hi?', { seq: 1 })]);
    const restarted = play(at, [session({ epoch: 'epoch-2', seq: 0 }), history({ messages: [], seq: 0 })]);
    expect(restarted.messages).toEqual([]);
    expect(restarted.cursor).toEqual({ epoch: 'epoch-2', seq: 0 });
  });

  it('what is on screen stays until the snapshot replaces it, unless it is of another session', () => {
    const at = play(opened(), [whole('q', 'Hi?', { seq: 1 })]);
    expect(play(at, [session({ epoch: 'epoch-2' })]).messages).toBe(at.messages);
    const other = applyFrame(at, session({ session_id: 'session-of-another' }));
    expect(other).toMatchObject({ kind: 'applied', changes: [{ type: 'reset' }], conversation: { messages: [] } });
  });

  it('a running answer of a snapshot stands behind its question, where others already wait for theirs', () => {
    const snapshot = history({ messages: [message('a-question'), message('q2')], seq: 3, catch_up: 1 });
    const at = play(EMPTY_CONVERSATION, [session({ seq: 3 }), snapshot, phase('a', 'start')]);
    expect(at.messages.map(({ id }) => id)).toEqual(['a-question', 'a', 'q2']);
  });

  it('an older page is put in front, without what is there already', () => {
    const at = play(EMPTY_CONVERSATION, [
      session({ seq: 9 }),
      history({ messages: [message('3')], has_more: true, seq: 9 }),
    ]);
    const page = history({ before: '3', messages: [message('1'), message('2'), message('3')], has_more: false });
    const result = applyFrame(at, page);
    expect(result).toMatchObject({ kind: 'applied', changes: [{ type: 'prepended', count: 2 }] });
    const { messages, hasMore, cursor } = conversationOf(result);
    expect(messages.map(({ id }) => id)).toEqual(['1', '2', '3']);
    expect(hasMore).toBe(false);
    expect(cursor?.seq).toBe(9);
  });

  it('the newest page, asked for in mid-answer, leaves the answer and the cursor alone', () => {
    const at = play(opened(), [whole('q', 'Hi?', { seq: 1 }), phase('a', 'chunk', { chunk: 'so ', seq: 2 })]);
    const after = play(at, [history({ messages: [message('q')] }), phase('a', 'chunk', { chunk: 'far', seq: 3 })]);
    expect(texts(after.messages)).toEqual({ q: 'q', a: 'so far' });
    expect(after.cursor?.seq).toBe(3);
  });

  it('a server of the original kind has no cursor, and its history replaces what was there', () => {
    const at = play(EMPTY_CONVERSATION, [phase('a', 'chunk', { chunk: 'half' })]);
    const reloaded = play(at, [history({ messages: [message('q'), { ...message('a'), sender: 'ai' }] })]);
    expect(reloaded.messages.map(({ id }) => id)).toEqual(['q', 'a']);
    expect(reloaded.cursor).toBeUndefined();
  });
});
