import {
  type ClientFrameType,
  ClientFrameSchemas,
  decodeClientFrame,
  decodeServerFrame,
  type DecodeLimits,
  encodeFrame,
  parseClientFrame,
  parseServerFrame,
  ProtocolError,
  ServerFrameSchemas,
  type ServerFrameType,
} from '@chat-stream/protocol';
import { describe, expect, it } from 'vitest';
import { fc } from '../support/properties.js';
import { clientFrame, clientFrameOf, serverFrame, serverFrameOf, text } from './arbitraries.js';

/** What decoding throws; fails when it throws nothing, or anything but the codec's own error. */
function refusal(decode: () => unknown): ProtocolError {
  try {
    decode();
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError);
    return error as ProtocolError;
  }
  throw new Error('nothing was thrown');
}

/** Decodes, and lets through nothing but a frame or the codec's own error. */
function attempt(decode: () => { type: string }): { type: string } | ProtocolError {
  try {
    return decode();
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError);
    return error as ProtocolError;
  }
}

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('what is written is read back as it was', () => {
  it.each(Object.keys(ClientFrameSchemas) as ClientFrameType[])('client frame %s', (type) => {
    fc.assert(
      fc.property(clientFrameOf[type], (frame) => {
        expect(decodeClientFrame(encodeFrame(frame))).toEqual(frame);
      }),
    );
  });

  it.each(Object.keys(ServerFrameSchemas) as ServerFrameType[])('server frame %s', (type) => {
    fc.assert(
      fc.property(serverFrameOf[type], (frame) => {
        expect(decodeServerFrame(encodeFrame(frame))).toEqual(frame);
      }),
    );
  });

  it('a list stays a list where a library of the page gives lists a toJSON of their own', () => {
    const frame = {
      type: 'message',
      content: 'a "b"',
      attachments: [{ id: 'one', tags: ['x', 'y'], none: undefined }],
    } as const;
    const calm = encodeFrame(frame);
    // oxlint-disable-next-line no-extend-native -- what such a library does
    Object.defineProperty(Array.prototype, 'toJSON', { configurable: true, value: () => '[…]' });
    try {
      expect(encodeFrame(frame)).toBe(calm);
    } finally {
      Reflect.deleteProperty(Array.prototype, 'toJSON');
    }
  });

  it('keeps every character, halves of surrogate pairs included', () => {
    fc.assert(
      fc.property(text, (content) => {
        const frame = decodeClientFrame(encodeFrame({ type: 'message', content }));
        expect(frame).toMatchObject({ content });
        const bytes = new TextEncoder().encode(encodeFrame({ type: 'message', content }));
        expect(decodeClientFrame(new TextDecoder('utf-8', { fatal: true }).decode(bytes))).toEqual(frame);
      }),
    );
  });

  it('ignores fields of a newer version', () => {
    fc.assert(
      fc.property(clientFrame, fc.jsonValue(), (frame, extra) => {
        expect(parseClientFrame({ ...frame, a_field_of_version_2: extra })).toEqual(frame);
      }),
    );
    fc.assert(
      fc.property(serverFrame, fc.jsonValue(), (frame, extra) => {
        expect(parseServerFrame({ ...frame, a_field_of_version_2: extra })).toMatchObject(frame);
      }),
    );
  });
});

describe('a frame is read as it is, whatever was read before it', () => {
  const names = [
    'id',
    'sender',
    'agentId',
    'metadata',
    'content',
    'delta',
    'done',
    'stream_chunk',
    'stream_end',
    'seq',
  ];
  const anything = fc.oneof(fc.constantFrom('a', '', true, false, null, {}, [], 'complete', 1), fc.jsonValue());
  const time = fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  /** What one frame says otherwise than the first one of its answer. */
  const change = fc.oneof(
    { weight: 4, arbitrary: fc.record({ chunk: text, seq: fc.nat(), timestamp: time }) },
    fc.dictionary(fc.constantFrom('chunk', 'first_seq', 'timestamp', 'extra', ...names), anything, { maxKeys: 2 }),
    fc.record({ metadata: fc.dictionary(fc.constantFrom('streaming', 'status', 'reply_to', 'other'), anything) }),
    // A page may say the same with the same object, which was another frame before.
    fc.constantFrom({ removed: 'chunk' }, { removed: 'metadata' }, { removed: 'seq' }, { removed: 'agentId' }),
  );
  const alone = (frame: unknown): unknown => {
    parseServerFrame({ type: 'pong' });
    return attempt(() => parseServerFrame(frame));
  };

  it('for any chunks of an answer', () => {
    fc.assert(
      fc.property(serverFrameOf.message_stream, fc.array(change, { minLength: 1, maxLength: 12 }), (first, changes) => {
        const begin = { ...first, stream_chunk: true, chunk: 'a' };
        const frames = [begin, ...changes.map((each) => changed(begin, each))].map((each) =>
          encodeFrame(each as never),
        );
        const wanted = frames.map((frame) => alone(JSON.parse(frame)));
        parseServerFrame({ type: 'pong' });
        expect(frames.map((frame) => attempt(() => decodeServerFrame(frame)))).toEqual(wanted);
      }),
    );
  });

  it('for an object of the page that is used again for the next frame', () => {
    fc.assert(
      fc.property(serverFrameOf.message_stream, fc.array(change, { maxLength: 12 }), (first, changes) => {
        const own: Record<string, unknown> = { ...first, metadata: {}, stream_chunk: true, chunk: 'a' };
        for (const each of changes) {
          const { metadata, ...others } = changed(own, each);
          for (const name of Object.keys(own)) if (name !== 'metadata' && !(name in others)) delete own[name];
          Object.assign(own.metadata as object, metadata);
          Object.assign(own, others);
          const read = attempt(() => parseServerFrame(own));
          expect(read).toEqual(alone(structuredClone(own)));
          attempt(() => parseServerFrame(own));
        }
      }),
    );
  });

  function changed(frame: object, each: object): Record<string, unknown> {
    const { removed, ...fields } = { ...frame, ...each } as Record<string, unknown>;
    if (typeof removed === 'string') delete fields[removed];
    return fields;
  }
});

describe('what comes in is a frame or a ProtocolError, never anything else', () => {
  const limits: DecodeLimits = { maxDepth: 16, maxBytes: 4096 };

  it('for any string', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: 'binary', size: 'large' }), fc.json()), (input) => {
        attempt(() => decodeClientFrame(input, limits));
        attempt(() => decodeServerFrame(input, limits));
      }),
    );
  });

  it('for any value under any type', () => {
    const types = [...Object.keys(ClientFrameSchemas), ...Object.keys(ServerFrameSchemas), 'constructor', '__proto__'];
    const fields = fc.dictionary(
      fc.constantFrom('id', 'content', 'metadata', 'cursor', 'messages', 'delta', 'seq', 'chunk', 'agent', 'config'),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fc.constantFrom(...types), fields, (type, rest) => {
        attempt(() => parseClientFrame({ type, ...rest }));
        attempt(() => parseServerFrame({ type, ...rest }));
      }),
    );
  });

  it('for a frame with one field replaced by anything', () => {
    fc.assert(
      fc.property(serverFrame, fc.nat(), fc.jsonValue(), (frame, which, value) => {
        const keys = Object.keys(frame);
        const key = keys[which % keys.length] ?? 'type';
        attempt(() => parseServerFrame({ ...frame, [key]: value }));
      }),
    );
  });

  it('for a frame cut anywhere', () => {
    fc.assert(
      fc.property(clientFrame, fc.nat(), (frame, at) => {
        const encoded = encodeFrame(frame);
        const cut = encoded.slice(0, at % encoded.length);
        expect(refusal(() => decodeClientFrame(cut)).code).toMatch(/^bad_json$|^bad_message$/);
      }),
    );
  });

  it.each(['', ' ', 'null', '1', '"text"', '[]', '[{"type":"ping"}]', '{}', '{"type":1}', '{"type":null}'])(
    'for %j',
    (input) => {
      expect(refusal(() => decodeClientFrame(input)).code).toMatch(/^bad_(json|message)$/);
    },
  );

  it('for a hundred thousand brackets, without using up the stack', () => {
    for (const bomb of ['['.repeat(100_000), nested(100_000), '{"type":'.repeat(100_000)]) {
      expect(refusal(() => decodeClientFrame(bomb)).code).toBe('too_large');
      expect(refusal(() => decodeServerFrame(bomb)).code).toBe('too_large');
    }
  });

  it.each(['toString', 'constructor', '__proto__', 'hasOwnProperty'])('for the type %s', (type) => {
    expect(refusal(() => parseClientFrame({ type })).code).toBe('unknown_type');
    expect(refusal(() => parseServerFrame({ type })).code).toBe('unknown_type');
  });

  it('changes no prototype', () => {
    const poison = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    const frame = decodeClientFrame(`{"type":"message","content":"x","metadata":${poison},"__proto__":{"polluted":1}}`);
    const echo = decodeServerFrame(
      `{"type":"message","id":"m","sender":"user","content":"x","metadata":${poison},"attachments":[${poison}]}`,
    );
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    for (const value of [
      frame,
      echo,
      (frame as { metadata: object }).metadata,
      (echo as { metadata: object }).metadata,
    ]) {
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect((value as { polluted?: number }).polluted).toBeUndefined();
    }
  });
});

describe('limits are checked in order: depth, size, JSON, shape', () => {
  it('counts depth as JSON nests, not inside strings', () => {
    const frame = (content: string, metadata: string): string =>
      `{"type":"message","content":${JSON.stringify(content)},"metadata":{"deep":${metadata}}}`;
    expect(decodeClientFrame(frame('[[[[{{{{"\\"', nested(2)), { maxDepth: 4 })).toMatchObject({ type: 'message' });
    expect(refusal(() => decodeClientFrame(frame('', nested(3)), { maxDepth: 4 })).code).toBe('too_large');
  });

  it('refuses depth before size', () => {
    const { code, message } = refusal(() => decodeClientFrame(nested(50), { maxDepth: 4, maxBytes: 8 }));
    expect(code).toBe('too_large');
    expect(message).toContain('4 levels');
  });

  it('refuses size before JSON and shape', () => {
    const { code, message } = refusal(() => decodeClientFrame('x'.repeat(9), { maxBytes: 8 }));
    expect(code).toBe('too_large');
    expect(message).toContain('8 bytes');
  });

  it('counts bytes, not characters', () => {
    const frame = encodeFrame({ type: 'message', content: 'ü'.repeat(10) });
    const bytes = new TextEncoder().encode(frame).length;
    expect(bytes).toBe(frame.length + 10);
    expect(decodeClientFrame(frame, { maxBytes: bytes })).toMatchObject({ type: 'message' });
    expect(refusal(() => decodeClientFrame(frame, { maxBytes: bytes - 1 })).code).toBe('too_large');
  });

  it('agrees with a simple count of the depth, for any JSON', () => {
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.integer({ min: 1, max: 6 }), (value, maxDepth) => {
        const result = attempt(() => decodeClientFrame(JSON.stringify(value), { maxDepth }));
        const isTooDeep = result instanceof ProtocolError && result.code === 'too_large';
        expect(isTooDeep).toBe(depthOf(value) > maxDepth);
      }),
    );
  });
});

describe('a refusal says what is wrong', () => {
  it.each([
    ['{"type":"message"}', 'bad_message', 'In "message", the field "content" is missing.'],
    ['{"type":"message","content":5}', 'bad_message', 'In "message", the field "content" should be string.'],
    ['{"type":"message","content":"x","metadata":{"session_id":5}}', 'bad_message', 'metadata.session_id'],
    ['{"type":"hello","protocol":2,"client_id":"c"}', 'bad_message', 'protocol'],
    ['{"type":"hello","protocol":1,"client_id":"c","cursor":{"epoch":"e","seq":-1}}', 'bad_message', 'cursor.seq'],
    ['{"type":"history","limit":201}', 'bad_message', 'limit'],
    ['{"type":"feedback","id":"a","value":2}', 'bad_message', 'value'],
    ['{"type":"create_agent"}', 'unknown_type', 'type "create_agent"'],
    ['{"type":', 'bad_json', 'Invalid JSON'],
  ])('%s', (input, code, part) => {
    const error = refusal(() => decodeClientFrame(input));
    expect(error.code).toBe(code);
    expect(error.message).toContain(part);
    expect(error.message).toMatch(/\.$/);
  });

  it('names the frame it refuses, where the frame has a name', () => {
    expect(refusal(() => decodeClientFrame('{"type":"message","id":"m-1"}')).ref).toBe('m-1');
    expect(refusal(() => decodeClientFrame('{"type":"message","id":7}')).ref).toBeUndefined();
    expect(refusal(() => parseClientFrame({ type: 'message', id: 'x'.repeat(129) })).ref).toBeUndefined();
  });

  it('repeats nothing of what was sent', () => {
    const secret = 'sk-abcdefgh';
    const inputs = [
      { type: 'message', content: [secret] },
      { type: 'hello', protocol: 1, client_id: { [secret]: secret } },
      { type: `${secret}\n` },
      { type: 'feedback', id: 'a', value: secret },
      { type: 'message', content: 'x', metadata: secret },
    ];
    for (const input of inputs) expect(refusal(() => parseClientFrame(input)).message).not.toContain(secret);
    expect(refusal(() => decodeClientFrame(`{"type": ${secret}`)).message).not.toContain(secret);
  });
});

describe('servers of the original kind are understood', () => {
  it('both kinds of timestamp become ISO-8601', () => {
    const read = (timestamp: unknown): unknown => parseServerFrame({ type: 'pong', timestamp });
    expect(read('2026-11-21T01:45:33.407716+00:00')).toEqual({ type: 'pong', timestamp: '2026-11-21T01:45:33.407Z' });
    expect(read(1795225532.522278)).toEqual({ type: 'pong', timestamp: '2026-11-21T01:45:32.522Z' });
    expect(read(1795225532522)).toEqual({ type: 'pong', timestamp: '2026-11-21T01:45:32.522Z' });
    for (const strange of ['soon', 1e300, null]) expect(read(strange)).toEqual({ type: 'pong', timestamp: undefined });
  });

  it('any number is a time or none', () => {
    fc.assert(
      fc.property(fc.oneof(fc.double({ noNaN: true }), fc.integer()), (timestamp) => {
        const frame = decodeServerFrame(JSON.stringify({ type: 'pong', timestamp })) as { timestamp?: string };
        expect(frame.timestamp ?? 'none').toMatch(/^(none|[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)$/);
      }),
    );
  });

  const chunk = { type: 'message_stream', id: 'a', metadata: {} };

  it.each([
    ['content for chunk', { content: 'x' }, { chunk: 'x', stream_chunk: true, stream_end: false }],
    ['done for the end', { done: true }, { stream_chunk: false, stream_end: true }],
    ['chunk and done', { content: 'x', done: true }, { chunk: 'x', stream_chunk: true, stream_end: true }],
    ['chunk and end in one', { chunk: 'x', stream_end: true }, { chunk: 'x', stream_chunk: true, stream_end: true }],
    [
      'content on our own end',
      { content: 'all', stream_end: true },
      { content: 'all', stream_end: true, stream_chunk: false },
    ],
  ])('%s', (_name, fields, expected) => {
    expect(parseServerFrame({ ...chunk, ...fields })).toMatchObject(expected);
  });

  it('sessionId, typing and error in their old spelling', () => {
    expect(parseServerFrame({ type: 'connected', sessionId: 's' })).toMatchObject({ session_id: 's' });
    expect(parseServerFrame({ type: 'typing', typing: true })).toMatchObject({ is_typing: true });
    expect(parseServerFrame({ type: 'error', error: 'Oops' })).toMatchObject({ message: 'Oops', code: 'internal' });
    expect(parseServerFrame({ type: 'error', code: 'of_the_future', message: 'm' })).toMatchObject({
      code: 'internal',
    });
  });
});

describe('what a client puts into a message can be read by every tab', () => {
  it('any metadata that is accepted from a client is readable in the echo', () => {
    const metadata = fc.dictionary(
      fc.constantFrom('status', 'error', 'usage', 'streaming', 'reply_to', 'finish_reason', 'own'),
      fc.jsonValue({ maxDepth: 2 }),
    );
    fc.assert(
      fc.property(metadata, (own) => {
        const sent = attempt(() => parseClientFrame({ type: 'message', id: 'm', content: 'x', metadata: own }));
        if (sent instanceof ProtocolError) return;
        const { metadata: accepted } = sent as { type: string; metadata?: unknown };
        const echo = parseServerFrame({
          type: 'message',
          id: 'm',
          content: 'x',
          sender: 'user',
          metadata: accepted,
          seq: 1,
        });
        expect(echo).toMatchObject({ type: 'message', content: 'x', seq: 1 });
      }),
    );
  });

  it('drops a known field that is not as it should be, and keeps unknown ones', () => {
    const frame = parseServerFrame({
      type: 'message_stream',
      id: 'a',
      stream_end: true,
      metadata: { status: 'of_the_future', error: 'text', usage: 7, reply_to: 'm', mine: 1 },
    });
    expect(frame).toMatchObject({ metadata: { reply_to: 'm', mine: 1 } });
    expect(Object.keys((frame as { metadata: object }).metadata).sort()).toEqual(['mine', 'reply_to']);
  });

  it('leaves out a kind of delta that it does not know', () => {
    const frame = parseServerFrame({
      type: 'message_stream',
      id: 'a',
      stream_chunk: true,
      chunk: '',
      delta: { type: 'smell' },
    });
    expect(frame).not.toHaveProperty('delta');
    const history = parseServerFrame({
      type: 'history',
      messages: [
        { id: 'a', content: '', sender: 'ai', deltas: [{ type: 'smell' }, { type: 'reasoning', text: 'hm' }] },
      ],
    });
    expect(history).toMatchObject({ messages: [{ deltas: [{ type: 'reasoning', text: 'hm' }] }] });
  });
});
