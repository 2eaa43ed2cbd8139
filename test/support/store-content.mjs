// What the writer writes and the tests expect: made from names and numbers alone, so that nobody has to hand it over.

/** Sessions of the writer. */
export const SESSIONS = Array.from({ length: 12 }, (_, index) => `session-of-the-writer-${index}`);

const TEXTS = ['word ', '🔧', 'ü\u0000', '\u2028"\\\n', '\ud83d', 'x'.repeat(300)];

/** The one frame that a session can have there. */
export function frameAt(id, epoch, seq) {
  const chunk = `${TEXTS[seq % TEXTS.length]}${seq}`;
  return {
    seq,
    json: JSON.stringify({ type: 'message_stream', id: `${id}/${epoch}`, stream_chunk: true, chunk, seq }),
  };
}

/** The one message that a session can have there. */
export function messageAt(id, seq) {
  const content = `${TEXTS[seq % TEXTS.length]}${seq} of ${id}`;
  const sender = seq % 2 === 0 ? 'user' : 'ai';
  return {
    seq,
    message: { id: `m${seq}`, content, sender, timestamp: '2026-01-01T00:00:00.000Z', metadata: {}, attachments: [] },
  };
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
