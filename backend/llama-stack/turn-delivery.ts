import { decodeServerFrame, type llamaStack, type Message, type StreamFrame } from '@chat-stream/protocol';
import type { LoggedFrame } from '../frame-log/frame-log.js';
import type { FrameSink } from '../session/delivery.js';
import { headOf } from './stored-turns.js';
import { TurnFold } from './turn-fold.js';

/** Where a turn's events go. */
export interface TurnEvents {
  send(payload: llamaStack.Payload): void;
  /** Resolves at once, or, where the client reads slowly, once it has caught up. */
  drained(): void | Promise<void>;
}

/** Reads one turn out of the frames of a session, live: its question, and the answer to it. */
export class TurnDelivery implements FrameSink {
  private fold: TurnFold | undefined;
  private answerId: string | undefined;
  private head: Message | undefined;
  private isSettled = false;

  constructor(
    private readonly turnId: string,
    private readonly events: TurnEvents,
    /** Called when nothing more is to come for now: the turn is over, or waits for the client. */
    private readonly settled: (fold: TurnFold) => void,
  ) {}

  /** Goes on with an answer that is being written: what `fold` knows of it was delivered. */
  resume(answerId: string, fold: TurnFold): void {
    this.answerId = answerId;
    this.fold = fold;
  }

  sendLogged({ json }: LoggedFrame): void {
    // One read may hold frames from after the moment when the client was told to act.
    if (this.isSettled) return;
    const frame = decodeServerFrame(json);
    if (frame.type === 'message') {
      if (frame.id === this.turnId) this.head = frame;
    } else if (frame.type === 'message_stream' && this.isOurs(frame)) {
      this.take(frame);
    }
  }

  /** Notices are for the chat. */
  sendJson(): void {}

  drained(): void | Promise<void> {
    return this.events.drained();
  }

  private isOurs({ id, stream_start, metadata }: StreamFrame): boolean {
    if (this.answerId === undefined && stream_start && metadata.reply_to === this.turnId) this.answerId = id;
    return id === this.answerId;
  }

  private take(frame: StreamFrame): void {
    const time = frame.timestamp ?? new Date().toISOString();
    const fold = (this.fold ??= this.begin(frame.id));
    const wasWaiting = fold.state.kind === 'waiting';
    if (frame.stream_start) fold.begin(time);
    if (frame.chunk !== undefined) fold.text(frame.chunk);
    if (frame.delta !== undefined) fold.delta(frame.delta, time);
    if (frame.stream_end) fold.end(frame.metadata, time, frame.content);
    const { kind } = fold.state;
    if (kind === 'running' || (kind === 'waiting' && wasWaiting)) return;
    this.isSettled = true;
    this.settled(fold);
  }

  private begin(answerId: string): TurnFold {
    if (this.head === undefined) throw new Error(`The answer to turn ${this.turnId} came before its question.`);
    return new TurnFold(headOf(this.head), answerId, (payload) => this.events.send(payload));
  }
}
