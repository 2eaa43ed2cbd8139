import { crc32 } from 'node:zlib';
import type { SQLOutputValue } from 'node:sqlite';
import type { Message } from '@chat-stream/protocol';
import type { SessionRecord, StoredMessage } from './history.js';

/** A row as SQLite gives it. */
export type Row = Readonly<Record<string, SQLOutputValue>>;

/** Covers every column, so that a row whose parts are whole but of different rows is noticed as well. */
export function checksum(columns: readonly (string | number)[]): number {
  return crc32(columns.join('\n'));
}

/** The session in a row of `sessions`; `undefined` when the row is not as it was written. */
export function readSession({ id, owner, updated, json, checksum: expected }: Row): SessionRecord | undefined {
  const columns = textOf([id, owner, updated, json]);
  if (columns === undefined || checksum(columns) !== expected) return undefined;
  return JSON.parse(String(json)) as SessionRecord;
}

/** The message in a row of `messages`; `undefined` when the row is not as it was written. */
export function readMessage({ session_id, id, seq, json, checksum: expected }: Row): StoredMessage | undefined {
  const columns = textOf([session_id, id, seq, json]);
  if (columns === undefined || checksum(columns) !== expected) return undefined;
  return { message: JSON.parse(String(json)) as Message, seq: Number(seq) };
}

function textOf(columns: readonly (SQLOutputValue | undefined)[]): (string | number)[] | undefined {
  const text = columns.filter((column) => typeof column === 'string' || typeof column === 'number');
  return text.length === columns.length ? text : undefined;
}
