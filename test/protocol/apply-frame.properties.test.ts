import {
  appendDelta,
  applyFrame,
  type Conversation,
  type Delta,
  EMPTY_CONVERSATION,
  type ServerFrame,
  type StreamFrame,
} from '@chat-stream/protocol';
import { describe, expect, it } from 'vitest';
import { deepFreeze, fc } from '../support/properties.js';
import { serverFrame, someText, text } from './arbitraries.js';
import {
  conversationOf,
  frame,
  logOf,
  opened,
  type Piece,
  phase,
  play,
  playLossy,
  seen,
  session,
  snapshotAt,
  turns,
} from './conversations.js';

/** A conversation's log, and a place in it. */
const logAndPlace = fc
  .tuple(
    turns.map(logOf).filter((log) => log.length > 0),
    fc.nat(),
  )
  .map(([log, place]) => ({ log, place: place % (log.length + 1) }));

/** Cuts a text into pieces at the given places. */
function split(whole: string, places: readonly number[]): string[] {
  const cuts = [...new Set(places.map((place) => place % (whole.length + 1)))].sort((a, b) => a - b);
  return [0, ...cuts].map((from, index) => whole.slice(from, cuts[index] ?? whole.length));
}

describe('what a visitor sees does not depend on how the network cut it', () => {
  it('any split of a text into chunks gives the same message', () => {
    fc.assert(
      fc.property(text, fc.array(fc.nat(), { maxLength: 20 }), (whole, places) => {
        const chunks = split(whole, places).map((chunk, index) => phase('a', 'chunk', { chunk, seq: index + 2 }));
        const started = play(opened(), [phase('a', 'start', { seq: 1 })]);
        const ended = play(play(started, chunks), [phase('a', 'end', { seq: chunks.length + 2 })]);
        expect(seen(ended)).toHaveLength(1);
        expect(seen(ended)[0]).toMatchObject({ content: whole, metadata: { streaming: false, status: 'complete' } });
      }),
    );
  });

  it('a log gives exactly its questions and answers, each text joined from its chunks', () => {
    fc.assert(
      fc.property(turns, (conversation) => {
        const { messages } = play(opened(), logOf(conversation));
        const expected = conversation.flatMap(({ question, pieces }) => [question, textOf(pieces)]);
        expect(messages.map(({ content }) => content)).toEqual(expected);
        const deltas = conversation.map(({ pieces }) => deltasOf(pieces));
        expect(messages.filter(({ sender }) => sender === 'ai').map((answer) => answer.deltas ?? [])).toEqual(deltas);
      }),
    );
  });

  it('merged frames give what the single ones give', () => {
    fc.assert(
      fc.property(turns.map(logOf), fc.array(fc.integer({ min: 1, max: 5 })), (log, sizes) => {
        expect(play(opened(), merge(log, sizes))).toEqual(play(opened(), log));
      }),
    );
  });

  it('duplicates, of any frame and at any time, change nothing', () => {
    fc.assert(
      fc.property(logAndPlace, fc.array(fc.nat()), ({ log, place }, which) => {
        const before = play(opened(), log.slice(0, place));
        for (const index of which.filter(() => place > 0)) {
          expect(applyFrame(before, log[index % place]!)).toEqual({ kind: 'duplicate' });
        }
      }),
    );
  });

  it('a missing frame is a gap, and a gap changes nothing', () => {
    fc.assert(
      fc.property(logAndPlace, fc.integer({ min: 1, max: 20 }), ({ log, place }, missing) => {
        const before = play(opened(), log.slice(0, place));
        const next = log[place + missing];
        fc.pre(next !== undefined);
        expect(applyFrame(before, next)).toEqual({ kind: 'gap', expected: place + 1, received: place + missing + 1 });
      }),
    );
  });
});

describe('coming back gives what staying would have given', () => {
  it('replayed from any cursor, with frames that were seen before it', () => {
    fc.assert(
      fc.property(logAndPlace, fc.nat(), ({ log, place }, overlap) => {
        const lost = play(opened(), log.slice(0, place));
        const back = play(lost, [session({ resumed: true, seq: log.length })]);
        const replayed = playLossy(back, log.slice(Math.max(0, place - overlap)));
        expect(replayed).toEqual(play(opened(), log));
      }),
    );
  });

  it('a snapshot at any place and the live frames after it', () => {
    fc.assert(
      fc.property(logAndPlace, ({ log, place }) => {
        const fresh = play(play(EMPTY_CONVERSATION, snapshotAt(log, place)), log.slice(place));
        expect(fresh).toEqual(play(opened(), log));
      }),
    );
  });

  it('a snapshot over what an older one left on screen', () => {
    fc.assert(
      fc.property(logAndPlace, fc.nat(), ({ log, place }, earlier) => {
        const stale = play(opened(), log.slice(0, earlier % (place + 1)));
        const fresh = play(play(stale, snapshotAt(log, place)), log.slice(place));
        expect(fresh).toEqual(play(opened(), log));
      }),
    );
  });

  it('a snapshot that was cut anywhere, resumed as the client says it can', () => {
    fc.assert(
      fc.property(logAndPlace, fc.nat(), fc.nat(), ({ log, place }, cutAt, grown) => {
        const snapshot = snapshotAt(log, place);
        const cut = play(EMPTY_CONVERSATION, snapshot.slice(0, cutAt % (snapshot.length + 1)));
        // The log has grown by the time the client is back.
        const head = Math.min(log.length, place + (grown % 4));
        expect(comeBack(cut, log, head)).toEqual(play(opened(), log));
      }),
    );
  });

  it('cuts again and again, at any frame', () => {
    fc.assert(
      fc.property(turns.map(logOf), fc.array(fc.nat({ max: 12 }), { maxLength: 12 }), (log, cuts) => {
        let conversation: Conversation = EMPTY_CONVERSATION;
        let head = 0;
        for (const cut of cuts) {
          head = Math.min(log.length, head + 2);
          const stream = streamFor(conversation, log, head);
          conversation = playLossy(conversation, stream.slice(0, cut));
        }
        expect(comeBack(conversation, log, log.length)).toEqual(play(opened(), log));
      }),
    );
  });

  it('older pages bring every message once, in order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 10 }),
        fc.nat({ max: 3 }),
        (total, size, overlap) => {
          const all = Array.from({ length: total }, (_, index) => ({
            id: `m${index}`,
            content: `${index}`,
            sender: 'user',
          }));
          let from = Math.max(0, total - size);
          let conversation = play(EMPTY_CONVERSATION, [
            session({ seq: total }),
            frame({ type: 'history', messages: all.slice(from), has_more: from > 0, seq: total }),
          ]);
          while (conversation.hasMore) {
            const to = Math.min(total, from + overlap);
            const before = `m${from}`;
            from = Math.max(0, from - size);
            const page = { type: 'history', before, messages: all.slice(from, to), has_more: from > 0 };
            conversation = play(conversation, [frame(page)]);
          }
          expect(conversation.messages.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
        },
      ),
    );
  });
});

describe('applyFrame is pure', () => {
  it('changes neither the conversation nor the frame, and gives the same again', () => {
    fc.assert(
      fc.property(fc.array(serverFrame, { maxLength: 8 }), (frames) => {
        let conversation = deepFreeze(EMPTY_CONVERSATION);
        for (const one of frames) {
          const frozen = deepFreeze(one);
          const first = deepFreeze(applyFrame(conversation, frozen));
          expect(applyFrame(conversation, frozen)).toEqual(first);
          if (first.kind === 'applied') ({ conversation } = first);
        }
      }),
    );
  });

  it('leaves untouched messages the same objects', () => {
    fc.assert(
      fc.property(logAndPlace, ({ log, place }) => {
        const next = log[place];
        fc.pre(next !== undefined);
        const before = play(opened(), log.slice(0, place));
        const after = conversationOf(applyFrame(before, next));
        const changed = after.messages.filter((message, index) => before.messages[index] !== message);
        expect(changed.length).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('takes any frame in any state', () => {
    fc.assert(
      fc.property(fc.array(serverFrame, { maxLength: 20 }), (frames) => {
        let last = 0;
        playLoosely(frames, (conversation, one) => {
          if (one.type === 'session' || one.type === 'history') last = 0;
          expect(conversation.cursor?.seq ?? last).toBeGreaterThanOrEqual(last);
          last = conversation.cursor?.seq ?? last;
        });
      }),
    );
  });
});

describe('deltas', () => {
  it('reasoning joins to one text, however it was cut', () => {
    fc.assert(
      fc.property(someText, fc.array(fc.nat(), { maxLength: 10 }), (whole, places) => {
        const parts = split(whole, places).map((part): Delta => ({ type: 'reasoning', text: part }));
        expect(deltasOf(parts)).toEqual([{ type: 'reasoning', text: whole }]);
      }),
    );
  });
});

/** What a server sends when this client comes back while the log ends with `head`. */
function streamFor({ cursor }: Conversation, log: readonly ServerFrame[], head: number): readonly ServerFrame[] {
  if (cursor === undefined) return [...snapshotAt(log, head), ...log.slice(head)];
  return [session({ resumed: true, seq: head }), ...log.slice(cursor.seq)];
}

/** The conversation after the client came back and got everything. */
function comeBack(conversation: Conversation, log: readonly ServerFrame[], head: number): Conversation {
  return play(conversation, streamFor(conversation, log, head));
}

/** Applies what can be applied, and shows each state with the frame that led to it. */
function playLoosely(frames: readonly ServerFrame[], look: (after: Conversation, frame: ServerFrame) => void): void {
  let conversation: Conversation = EMPTY_CONVERSATION;
  for (const one of frames) {
    const result = applyFrame(conversation, one);
    if (result.kind === 'applied') ({ conversation } = result);
    look(conversation, one);
  }
}

/** Merges neighbouring text chunks of one answer, as many as `sizes` says, as a server may. */
function merge(log: readonly ServerFrame[], sizes: readonly number[]): readonly ServerFrame[] {
  const merged: ServerFrame[] = [];
  let group = 0;
  let room = 0;
  for (const one of log) {
    const last = merged.at(-1);
    if (room > 0 && last !== undefined && isText(last) && isText(one) && last.id === one.id) {
      merged[merged.length - 1] = {
        ...last,
        chunk: `${last.chunk}${one.chunk}`,
        first_seq: last.first_seq ?? last.seq ?? 0,
        ...(one.seq === undefined ? {} : { seq: one.seq }),
      };
      room--;
    } else {
      merged.push(one);
      room = (sizes[group++] ?? 1) - 1;
    }
  }
  return merged;
}

function isText(one: ServerFrame): one is StreamFrame {
  return one.type === 'message_stream' && one.stream_chunk && one.delta === undefined;
}

function textOf(pieces: readonly Piece[]): string {
  return pieces.filter((piece) => typeof piece === 'string').join('');
}

function deltasOf(pieces: readonly Piece[]): readonly Delta[] {
  return pieces.filter((piece) => typeof piece !== 'string').reduce<readonly Delta[]>(appendDelta, []);
}
