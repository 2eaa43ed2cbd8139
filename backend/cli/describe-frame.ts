import type { TailedFrame } from './journal-tail.js';

/** The time since the frame before it, or nothing where one of them was there before the tail began. */
export type Since = number | undefined;

/** What a frame is about: the answer or message it names. */
export function idOf(json: string): string | undefined {
  const { id } = parse(json);
  return typeof id === 'string' ? id : undefined;
}

/**
 * One line for people: time since the last frame, session, sequence number, kind, answer, content.
 *
 * @example '  +12.4 ms  4f2c81d0  42  chunk    a91b33e2  "Hello"'
 */
export function describeFrame({ sessionId, seq, json }: TailedFrame, since: Since): string {
  const frame = parse(json);
  const wait = since === undefined ? '' : `+${since.toFixed(1)} ms`;
  const columns = [wait.padStart(11), short(sessionId), String(seq).padStart(5), kindOf(frame).padEnd(8)];
  return [...columns, short(typeof frame.id === 'string' ? frame.id : ''), contentOf(frame)].join('  ').trimEnd();
}

/** One line for programs: a JSON object. */
export function encodeTailed({ sessionId, epoch, seq, json }: TailedFrame, since: Since): string {
  const after = since === undefined ? {} : { after_ms: Number(since.toFixed(1)) };
  return JSON.stringify({ session_id: sessionId, epoch, seq, ...after, frame: parse(json) });
}

type Fields = Readonly<Record<string, unknown>>;

/** What the journal holds was encoded by us, and its checksum is right. */
function parse(json: string): Fields {
  return JSON.parse(json) as Fields;
}

function kindOf(frame: Fields): string {
  if (frame.stream_start === true) return 'start';
  if (frame.stream_chunk === true) return 'chunk';
  if (frame.stream_end === true) return 'end';
  return frame.type === 'message' ? String(frame.sender) : String(frame.type);
}

function contentOf(frame: Fields): string {
  if (frame.stream_end === true || frame.stream_start === true) return JSON.stringify(frame.metadata ?? {});
  const text = frame.chunk ?? frame.content;
  if (typeof text === 'string' && text !== '') return JSON.stringify(text);
  return frame.delta === undefined ? '' : JSON.stringify(frame.delta);
}

/** The beginning of an id: enough to tell those apart that are on the screen. */
function short(id: string): string {
  return id.slice(0, 8).padEnd(8);
}
