import type { AnswerStatus, ClientFrameOf, Delta, ServerFrameInput } from '@chat-stream/protocol';
import { newId } from '../connection/ids.js';
import type { Failure } from './sentences.js';

/** Writes the frames of one answer: a start, chunks, one end. */
export class AnswerFrames {
  readonly id = newId();
  readonly #question: ClientFrameOf<'message'>;
  readonly #sessionId: string;
  readonly #say: (frame: ServerFrameInput) => void;
  #state: 'new' | 'running' | 'ended' = 'new';
  #text = '';
  #corrected: string | undefined;

  constructor(question: ClientFrameOf<'message'>, sessionId: string, say: (frame: ServerFrameInput) => void) {
    this.#question = question;
    this.#sessionId = sessionId;
    this.#say = say;
  }

  /** What was asked. */
  get question(): string {
    return this.#question.content;
  }

  /** Everything that the agent said. */
  get text(): string {
    return this.#corrected ?? this.#text;
  }

  /** Whether the question got through. */
  get hasBegun(): boolean {
    return this.#state !== 'new';
  }

  /** The server has the question: its echo, and the start. Once. */
  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'running';
    const { id = newId(), content } = this.#question;
    const timestamp = new Date().toISOString();
    this.#say({ type: 'message', id, content, sender: 'user', timestamp, session_id: this.#sessionId });
    this.#frame({ stream_start: true });
  }

  write(text: string): void {
    if (this.#state !== 'running' || text === '') return;
    this.#text += text;
    if (this.#corrected !== undefined) this.#corrected += text;
    this.#frame({ stream_chunk: true, chunk: text });
  }

  add(delta: Delta): void {
    if (this.#state === 'running') this.#frame({ stream_chunk: true, chunk: '', delta });
  }

  /** What was written is not the text; this is. Shown with the end. */
  correct(text: string): void {
    this.#corrected = text;
  }

  end(status: AnswerStatus, more: { error?: Failure; finish_reason?: string } = {}): void {
    if (this.#state === 'ended') return;
    this.start();
    const { error } = more;
    // Not part of what the agent said.
    const sentence = error === undefined ? '' : this.text === '' ? error.message : `\n\n${error.message}`;
    if (sentence !== '') this.#frame({ stream_chunk: true, chunk: sentence });
    this.#state = 'ended';
    const content = this.#corrected === undefined ? {} : { content: this.#corrected + sentence };
    this.#frame({ stream_end: true, ...content }, { status, ...more });
  }

  #frame(fields: object, metadata: object = {}): void {
    const isEnd = 'stream_end' in fields;
    this.#say({
      type: 'message_stream',
      id: this.id,
      timestamp: new Date().toISOString(),
      session_id: this.#sessionId,
      ...fields,
      metadata: { reply_to: this.#question.id, streaming: !isEnd, ...metadata },
    });
  }
}
