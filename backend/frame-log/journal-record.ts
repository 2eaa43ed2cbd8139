import { verifyLine } from './journal-lines.js';

/**
 * What a line of the journal says. Each names its session and epoch, so that a line that is damaged takes nothing else with
 * it, and none depends on a line before it being the only one of its kind: reading a line twice changes nothing.
 */
export type JournalRecord =
  /** Begins a file: which boot of the machine wrote it. */
  | { readonly type: 'file'; readonly version: string; readonly boot: string }
  /** The last line of a file whose writer had time to say goodbye. */
  | { readonly type: 'closed' }
  /** Where the log of a session stood; the first line of a session in each file. */
  | { readonly type: 'state'; readonly trimmed: number; readonly head: number; readonly of: LogId }
  /** Frames from `seq` on. */
  | { readonly type: 'frames'; readonly seq: number; readonly frames: readonly string[]; readonly of: LogId }
  /** Frames that an older file held, before it is deleted. */
  | { readonly type: 'kept'; readonly seq: number; readonly frames: readonly string[]; readonly of: LogId }
  /** Everything up to `trimmed` is forgotten. */
  | { readonly type: 'trim'; readonly trimmed: number; readonly head: number; readonly of: LogId }
  /** This epoch of the session is over. */
  | { readonly type: 'drop'; readonly of: LogId };

/** Which log a record is about. */
export interface LogId {
  readonly sessionId: string;
  readonly epoch: string;
}

/** The version of the format, in every file's first line. */
export const VERSION = '1';

/** Between fields: a control character that JSON never contains. */
export const SEPARATOR = '\u001f';

/** One letter for each type of record. */
const LETTERS = { file: 's', closed: 'c', state: 'o', frames: 'a', kept: 'k', trim: 't', drop: 'd' } as const;

/** The part of a line that names the log: made once for each log, not for each frame. */
export function logPrefix({ sessionId, epoch }: LogId): string {
  return SEPARATOR + JSON.stringify(sessionId) + SEPARATOR + epoch + SEPARATOR;
}

/** The first line of a file. */
export function fileLine(boot: string): string {
  return LETTERS.file + SEPARATOR + VERSION + SEPARATOR + boot;
}

/** The last line of a file. */
export function closedLine(): string {
  return LETTERS.closed;
}

/** A line about where a log stands. */
export function stateLine(prefix: string, trimmed: number, head: number): string {
  return LETTERS.state + prefix + trimmed + SEPARATOR + head;
}

/** A line with the frames of one append, which are there all or none. */
export function framesLine(prefix: string, frames: readonly { seq: number; json: string }[], kept = false): string {
  // Called for every frame: concatenation beats map and join.
  let body = (kept ? LETTERS.kept : LETTERS.frames) + prefix + (frames[0]?.seq ?? 0);
  for (const { json } of frames) body += SEPARATOR + json;
  return body;
}

/** A line that trims a log. */
export function trimLine(prefix: string, trimmed: number, head: number): string {
  return LETTERS.trim + prefix + trimmed + SEPARATOR + head;
}

/** A line that ends an epoch. */
export function dropLine(prefix: string): string {
  return LETTERS.drop + prefix;
}

/** Reads a line, without its newline. `undefined` when it is not as it was written. */
export function decodeLine(bytes: Buffer): JournalRecord | undefined {
  const body = verifyLine(bytes);
  return body === undefined ? undefined : decodeBody(body.split(SEPARATOR));
}

function decodeBody(fields: readonly string[]): JournalRecord | undefined {
  const [letter, first = '', second = '', third = '', fourth = ''] = fields;
  if (letter === LETTERS.file) return { type: 'file', version: first, boot: second };
  if (letter === LETTERS.closed) return { type: 'closed' };
  const of = { sessionId: parseSessionId(first) ?? '', epoch: second };
  switch (letter) {
    case LETTERS.state:
      return { type: 'state', of, trimmed: Number(third), head: Number(fourth) };
    case LETTERS.frames:
      return { type: 'frames', of, seq: Number(third), frames: fields.slice(4) };
    case LETTERS.kept:
      return { type: 'kept', of, seq: Number(third), frames: fields.slice(4) };
    case LETTERS.trim:
      return { type: 'trim', of, trimmed: Number(third), head: Number(fourth) };
    case LETTERS.drop:
      return { type: 'drop', of };
    default:
      return undefined;
  }
}

function parseSessionId(field: string): string | undefined {
  if (!field.startsWith('"')) return undefined;
  try {
    const value: unknown = JSON.parse(field);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
