import type { ProtocolError } from '@chat-stream/protocol';
import type { Seen } from '../connection/sight.js';
import type { Transport } from '../connection/transport.js';
import type { FrameDetail, TransportInUse } from '../events.js';
import { type AnswerFigures, observe } from './figures.js';
import { masked } from './mask.js';

/** How many frames are kept: those of an answer of some 25,000 words. The oldest go first. */
export const MAX_FRAMES = 5_000;
/** How many answers have figures. The oldest go first. */
const MAX_ANSWERS = 50;

type Frame = FrameDetail['frame'];

/** What came and went, with times: bounded, and without secrets. */
export class Recording {
  readonly #hasOwnLink: () => boolean;
  #frames: FrameDetail[] = [];
  readonly #answers = new Map<string, AnswerFigures>();
  #dropped = 0;
  #transport: Transport | undefined;
  #openedAt: number | undefined;
  #previousAt: number | undefined;
  /** The last number in the order of the conversation; `undefined`: not known yet. */
  #lastSeq: number | undefined;
  #epoch: string | undefined;

  /** @param hasOwnLink Whether the page gave a link. */
  constructor(hasOwnLink: () => boolean) {
    this.#hasOwnLink = hasOwnLink;
  }

  /** The last frame in the order of the conversation, as far as it was seen. */
  get cursor(): { readonly epoch: string | undefined; readonly seq: number | undefined } {
    return { epoch: this.#epoch, seq: this.#lastSeq };
  }

  /** What is kept, oldest first. */
  get frames(): readonly FrameDetail[] {
    return this.#frames;
  }

  /** How many frames are not kept any more. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The figures of the answers, oldest first. */
  get answers(): readonly AnswerFigures[] {
    return [...this.#answers.values()];
  }

  /** What the present connection is made of, as far as that is decided. */
  get transport(): TransportInUse | undefined {
    const name = this.#transport?.name;
    // To a Llama Stack server it is a link of ours.
    return name === 'link' && !this.#hasOwnLink() ? 'llama-stack' : name;
  }

  /** Takes what was seen. @returns the frame, if it was one. */
  add({ at, sight }: Seen): FrameDetail | undefined {
    const [kind, what] = sight;
    if (kind === 'open') {
      this.#transport = what;
      this.#openedAt = at;
      return undefined;
    }
    const frame = 'type' in what ? (masked(what) as Frame) : notAFrame(what);
    const detail: FrameDetail = {
      direction: kind,
      frame,
      at,
      sinceConnect: at - (this.#openedAt ?? at),
      sincePrevious: at - (this.#previousAt ?? at),
      bytes: new TextEncoder().encode(JSON.stringify('type' in what ? what : frame)).length,
      transport: this.transport,
    };
    this.#previousAt = at;
    this.#frames.push(detail);
    if (this.#frames.length > MAX_FRAMES) this.#dropped += this.#frames.splice(0, MAX_FRAMES / 10).length;
    if (kind === 'in') this.#count(detail);
    return detail;
  }

  /** The frames of an answer, its question included, or of a question; without an id, all of them. */
  framesOf(id: string | undefined): readonly FrameDetail[] {
    if (id === undefined) return [...this.#frames];
    const ids = new Set<unknown>([id, this.#questionOf(id)]);
    ids.delete(undefined);
    const calls = new Set<unknown>(
      this.#frames.filter(({ frame }) => frame['id'] === id).flatMap(({ frame }) => callOf(frame)),
    );
    return this.#frames.filter(
      ({ frame }) => ids.has(frame['id']) || ids.has(frame['ref']) || calls.has(frame['call_id']),
    );
  }

  /** Forgets all frames and figures. */
  clear(): void {
    this.#frames = [];
    this.#answers.clear();
    this.#dropped = 0;
  }

  #questionOf(id: string): string | undefined {
    for (const { frame } of this.#frames) {
      if (frame['id'] !== id || frame.type !== 'message_stream') continue;
      const { reply_to: question } = (frame['metadata'] ?? {}) as Record<string, unknown>;
      if (typeof question === 'string') return question;
    }
    return undefined;
  }

  #count(detail: FrameDetail): void {
    const missing = this.#missingBefore(detail.frame);
    if (detail.frame.type !== 'message_stream') return;
    const id = detail.frame['id'] as string;
    const before = this.#answers.get(id);
    const hasText = before !== undefined && before.chunks > 0;
    const figures = observe(before, detail, hasText ? undefined : this.#askedAt(id), missing);
    if (before !== undefined) return;
    this.#answers.set(id, figures);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > MAX_ANSWERS && oldest !== undefined) this.#answers.delete(oldest);
  }

  #askedAt(id: string): number | undefined {
    const question = this.#questionOf(id);
    if (question === undefined) return undefined;
    const sent = this.#frames.find(
      ({ direction, frame }) => direction === 'out' && frame.type === 'message' && frame['id'] === question,
    );
    return sent?.at;
  }

  /** How many frames of the conversation should have come before this one, by the same rules as `applyFrame`. */
  #missingBefore(frame: Frame): number {
    const seq = numberOf(frame['seq']);
    if (typeof frame['epoch'] === 'string') this.#epoch = frame['epoch'];
    if (frame.type === 'session' || frame.type === 'history') {
      // A snapshot begins anew, a page of older messages has no number.
      if (frame.type === 'history' || frame['resumed'] !== true) this.#lastSeq = seq ?? this.#lastSeq;
      return 0;
    }
    if (seq === undefined) return 0;
    const first = numberOf(frame['first_seq']) ?? seq;
    const missing = this.#lastSeq === undefined ? 0 : Math.max(0, first - this.#lastSeq - 1);
    this.#lastSeq = Math.max(this.#lastSeq ?? 0, seq);
    return missing;
  }
}

function notAFrame({ code, message }: ProtocolError): Frame {
  return { type: 'invalid', code, message };
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** The tool call that a frame of an answer is about. */
function callOf({ delta }: Frame): string[] {
  const { call_id: id } = (delta ?? {}) as Record<string, unknown>;
  return typeof id === 'string' ? [id] : [];
}
