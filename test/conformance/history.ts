import { randomUUID } from 'node:crypto';
import type { History, SessionRecord, StoredMessage } from '@chat-stream/backend';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** How the suite gets a fresh, empty history. */
export type MakeHistory = () => Promise<History> | History;

const CREATED = '2026-01-01T00:00:00.000Z';
const record = (id: string, owner: string | null = 'me'): SessionRecord => ({
  id,
  owner,
  name: '',
  created: CREATED,
  updated: CREATED,
});
const stored = (seq: number, over: Partial<StoredMessage['message']> = {}): StoredMessage => ({
  seq,
  message: {
    id: `m${seq}`,
    content: `text ${seq}`,
    sender: seq % 2 === 1 ? 'user' : 'ai',
    timestamp: `2026-01-01T00:00:${String(seq).padStart(2, '0')}.000Z`,
    metadata: {},
    attachments: [],
    ...over,
  },
});
const ids = (messages: readonly StoredMessage[]) => messages.map(({ message }) => message.id);

/** What every history promises. An implementation is done when it passes. */
export function historyConformance(name: string, make: MakeHistory): void {
  describe(`history: ${name}`, () => {
    let history: History;
    let id: string;
    beforeEach(async () => {
      history = await make();
      id = randomUUID();
    });
    afterEach(() => history.close());

    it('creates a session once, and keeps its first owner', async () => {
      expect(await history.getSession(id)).toBeUndefined();
      expect(await history.createSession(record(id, 'first'))).toEqual(record(id, 'first'));
      expect(await history.createSession(record(id, 'second'))).toEqual(record(id, 'first'));
      expect(await history.getSession(id)).toEqual(record(id, 'first'));
    });

    it('knows sessions without an owner', async () => {
      await history.createSession(record(id, null));
      expect((await history.getSession(id))?.owner).toBeNull();
    });

    it('gives back a message as it was put, everything in it', async () => {
      await history.createSession(record(id));
      const full = stored(2, {
        content: 'a\u0000b\n"🔧" \ud83d half',
        metadata: {
          reply_to: 'm1',
          streaming: false,
          status: 'error',
          error: { code: 'x', message: 'y', retryable: true },
          extra: [1],
        },
        attachments: [{ id: 'f', kind: 'image' }],
        deltas: [{ type: 'reasoning', text: 'hm' }],
      });
      await history.putMessage(id, full);
      expect(await history.getMessage(id, 'm2')).toEqual(full);
      expect(await history.getMessage(id, 'm3')).toBeUndefined();
    });

    it('replaces a message that is put again, in place', async () => {
      await history.createSession(record(id));
      for (const seq of [1, 2, 3]) await history.putMessage(id, stored(seq));
      await history.putMessage(id, stored(2, { content: 'other' }));
      const page = await history.page(id, { limit: 10 });
      expect(ids(page.messages)).toEqual(['m1', 'm2', 'm3']);
      expect(page.messages[1]?.message.content).toBe('other');
    });

    it('orders by sequence, not by when a message was put', async () => {
      await history.createSession(record(id));
      for (const seq of [3, 1, 2]) await history.putMessage(id, stored(seq));
      expect(ids((await history.page(id, { limit: 10 })).messages)).toEqual(['m1', 'm2', 'm3']);
    });

    it('pages from the newest to the oldest, ascending inside each page, stable while messages arrive', async () => {
      await history.createSession(record(id));
      for (let seq = 1; seq <= 7; seq++) await history.putMessage(id, stored(seq));
      const first = await history.page(id, { limit: 3 });
      expect([ids(first.messages), first.hasMore]).toEqual([['m5', 'm6', 'm7'], true]);
      await history.putMessage(id, stored(8));
      const second = await history.page(id, { limit: 3, before: 'm5' });
      expect([ids(second.messages), second.hasMore]).toEqual([['m2', 'm3', 'm4'], true]);
      const third = await history.page(id, { limit: 3, before: 'm2' });
      expect([ids(third.messages), third.hasMore]).toEqual([['m1'], false]);
    });

    it('gives an empty page for what it does not know', async () => {
      const empty = { messages: [], hasMore: false };
      expect(await history.page(randomUUID(), { limit: 3 })).toEqual(empty);
      await history.createSession(record(id));
      await history.putMessage(id, stored(1));
      expect(await history.page(id, { limit: 3, before: 'nobody' })).toEqual(empty);
    });

    it('keeps sessions apart, also where message ids are the same', async () => {
      const other = randomUUID();
      await history.createSession(record(id));
      await history.createSession(record(other));
      await history.putMessage(id, stored(1, { content: 'mine' }));
      await history.putMessage(other, stored(1, { content: 'theirs' }));
      expect((await history.getMessage(id, 'm1'))?.message.content).toBe('mine');
      expect((await history.getMessage(other, 'm1'))?.message.content).toBe('theirs');
    });

    it('says when a session was last written to', async () => {
      await history.createSession(record(id));
      await history.putMessage(id, stored(4));
      expect((await history.getSession(id))?.updated).toBe('2026-01-01T00:00:04.000Z');
    });

    it('titles a session with the first line of its first user message, and keeps a name that was given', async () => {
      await history.createSession(record(id));
      await history.putMessage(id, stored(1, { content: '  First line 🔧\nsecond' }));
      await history.putMessage(id, stored(3, { content: 'another' }));
      expect((await history.getSession(id))?.name).toBe('First line 🔧');
      expect(await history.renameSession(id, 'Mine')).toBe(true);
      await history.putMessage(id, stored(5, { content: 'third' }));
      expect((await history.getSession(id))?.name).toBe('Mine');
      expect(await history.renameSession(randomUUID(), 'x')).toBe(false);
    });

    it("lists an owner's sessions, the one written to last first, and none that has neither a message nor a name", async () => {
      const [owner, other] = [randomUUID(), randomUUID()];
      const sessions = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
      for (const [index, session] of sessions.entries())
        await history.createSession(record(session, index === 3 ? other : owner));
      await history.putMessage(sessions[1]!, stored(1));
      await history.putMessage(sessions[0]!, stored(2));
      await history.putMessage(sessions[0]!, stored(3));
      await history.putMessage(sessions[3]!, stored(4));
      const listed = await history.listSessions(owner, { limit: 10 });
      expect(listed.map((session) => [session.id, session.messageCount])).toEqual([
        [sessions[0], 2],
        [sessions[1], 1],
      ]);
      expect((await history.listSessions(owner, { limit: 1 })).map((session) => session.id)).toEqual([sessions[0]]);
      await history.renameSession(sessions[2]!, 'Begun');
      const named = (await history.listSessions(owner, { limit: 10 })).find((session) => session.id === sessions[2]);
      expect(named).toMatchObject({ name: 'Begun', messageCount: 0 });
    });

    it('forgets messages, and sessions', async () => {
      await history.createSession(record(id));
      await history.putMessage(id, stored(1));
      await history.clearMessages(id);
      expect((await history.page(id, { limit: 5 })).messages).toEqual([]);
      expect(await history.getSession(id)).toBeDefined();
      await history.putMessage(id, stored(2));
      expect(await history.deleteSession(id)).toBe(true);
      expect(await history.deleteSession(id)).toBe(false);
      expect(await history.getSession(id)).toBeUndefined();
      expect(await history.getMessage(id, 'm2')).toBeUndefined();
    });

    it('finds the sessions that nobody wrote to or named, and none that is younger', async () => {
      const [empty, named, used, cleared, young] = Array.from({ length: 5 }, () => randomUUID());
      for (const one of [empty, named, used, cleared]) await history.createSession(record(one!));
      await history.createSession({ ...record(young!), updated: '2026-01-03T00:00:00.000Z' });
      await history.renameSession(named!, 'Mine');
      for (const one of [used, cleared]) await history.putMessage(one!, stored(1));
      await history.clearMessages(cleared!);
      const find = (before: string) => history.emptySessions({ before, limit: 100 });
      expect(await find('2026-01-02T00:00:00.000Z')).toEqual({ ids: [empty], next: undefined });
      expect(await find(CREATED)).toEqual({ ids: [], next: undefined });
      expect(new Set((await find('2026-01-04T00:00:00.000Z')).ids)).toEqual(new Set([empty, young]));
    });

    it('finds them all, a few at a time, also while they go and others come', async () => {
      const empty = Array.from({ length: 23 }, () => randomUUID());
      for (const one of empty) await history.createSession(record(one));
      const found: string[] = [];
      let next: string | undefined;
      do {
        const some = await history.emptySessions({ before: '2026-01-02T00:00:00.000Z', limit: 4, after: next });
        expect(some.ids.length).toBeLessThanOrEqual(4);
        found.push(...some.ids);
        for (const one of some.ids) await history.deleteSession(one);
        await history.createSession({ ...record(randomUUID()), updated: '2026-01-03T00:00:00.000Z' });
        ({ next } = some);
      } while (next !== undefined);
      expect(found.toSorted()).toEqual(empty.toSorted());
    });

    it('refuses a message for a session that is not there', async () => {
      await expect(history.putMessage(id, stored(1))).rejects.toThrow();
    });
  });
}
