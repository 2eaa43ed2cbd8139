import { type DurableFrameInput, encodeFrame } from '@chat-stream/protocol';

/** A frame that has no place in the log yet: gives its JSON text for the place it gets. */
export type Draft = (seq: number) => string;

/** Drafts any frame. */
export function draft(frame: DurableFrameInput): Draft {
  return (seq) => encodeFrame({ ...frame, seq });
}

/**
 * Drafts the text chunks of one answer: nearly all frames that a service ever writes. They differ in three fields, so what
 * they share is encoded once.
 */
export class ChunkDrafts {
  private readonly shared: string;

  /** `frame`: such a chunk, without its time, text and number. */
  constructor(frame: DurableFrameInput) {
    this.shared = encodeFrame(frame).slice(0, -1);
  }

  draft(time: string, chunk: string): Draft {
    return (seq) => `${this.shared},"timestamp":"${time}","chunk":${JSON.stringify(chunk)},"seq":${seq}}`;
  }
}

let current = { ms: 0, text: '' };

/** The time as frames carry it: ISO-8601 UTC with milliseconds. Many frames share one: it is written out once. */
export function timestamp(): string {
  const ms = Date.now();
  if (ms !== current.ms) current = { ms, text: new Date(ms).toISOString() };
  return current.text;
}
