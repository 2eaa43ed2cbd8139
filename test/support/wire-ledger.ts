import type { Conversation, Cursor, ServerFrame, ServerFrameOf } from '@chat-stream/protocol';

/** Each kind of promise that a server can break on the wire. */
export type Breach =
  /** A frame is missing between two that came, or between the cursor and the first one. */
  | 'gap'
  /** A frame that had been delivered came once more, and was no answer to a message sent again. */
  | 'doubled'
  /** A cursor that the server could have resumed from was answered with a snapshot. */
  | 'not resumed'
  /** A cursor of another epoch was resumed from. */
  | 'epoch'
  /** A second start or end of one answer, or a chunk outside of its answer. */
  | 'phase'
  /** A frame was sent before it was safe in the store. */
  | 'early'
  /** A frame without `seq` came before the frame it is about. */
  | 'notice'
  /** The event that brought a frame has another id than the frame. */
  | 'event id'
  /** The connection was closed with a code that tells the client to stay away. */
  | 'turned away'
  /** The log held frames for this client, and it got heartbeats instead. */
  | 'stuck';

/** A broken promise, and what showed it. */
export interface Finding {
  readonly breach: Breach;
  readonly detail: string;
}

/** Heartbeats in a row without a frame, while the log has some: by then they can't be on their way any more. */
const PATIENCE_HEARTBEATS = 5;

/**
 * Holds what one client was sent against what PROTOCOL.md says of the wire: not what the text looks like in the end, but
 * every single frame, on every connection. It has its own count of where the client is, apart from `applyFrame`.
 */
export class WireLedger {
  readonly findings: Finding[] = [];
  /** Called with every finding, as it happens. */
  onFinding: (finding: Finding) => void = () => undefined;
  /** Frames with a `seq`, over all connections. */
  frames = 0;
  /** Echoes of messages that were sent again. */
  repeats = 0;
  /** Cursors that were answered with a snapshot: right only where the session began anew. */
  readonly refusedCursors: Cursor[] = [];
  /** Heartbeats in a row by which everything in the log had come. */
  idle = 0;
  /** Answers whose start, and whose end, came as a frame of the log. */
  readonly starts = new Set<string>();
  readonly ends = new Set<string>();
  private readonly sent = new Set<string>();
  private asked: Cursor | undefined;
  private last: Cursor | undefined;
  private epoch = '';
  private quiet = 0;

  /** `stored`: the last frame of an epoch of the session that is safe in the store, where somebody knows. */
  constructor(private readonly stored: (epoch: string) => number | undefined = () => undefined) {}

  /** A message went out: it may be echoed more than once. */
  noteSent(messageId: string): void {
    this.sent.add(messageId);
  }

  /** A message was acknowledged by a request's answer. */
  noteTaken(seq: number): void {
    this.checkStored(seq, 'an acknowledgement');
  }

  /** A new connection asks to go on from `cursor`. */
  open(cursor: Cursor | undefined): void {
    this.asked = cursor;
    this.last = undefined;
    this.quiet = 0;
    this.idle = 0;
  }

  /** A frame arrived; `conversation` is what the client shows before it. */
  look(frame: ServerFrame, eventId: string | undefined, conversation: Conversation): void {
    switch (frame.type) {
      case 'session':
        return this.session(frame);
      case 'history':
        return this.history(frame);
      case 'message':
      case 'message_stream':
        return this.durable(frame, eventId);
      case 'heartbeat':
        return this.heartbeat();
      case 'typing':
        if (!frame.is_typing && isAnswering(conversation)) this.find('notice', 'typing ended before the answer did');
        return;
      case 'stop_response':
        if (frame.id && conversation.messages.some(({ id, metadata }) => id === frame.id && metadata.streaming))
          this.find('notice', 'a stop was confirmed before the end was there');
        return;
      case 'stream_stopped':
        if (isAnswering(conversation)) this.find('notice', 'stream_stopped came before the end');
        return;
      default:
    }
  }

  /** A heartbeat arrived: whatever was sent before it is here. */
  heartbeat(): void {
    const { last } = this;
    const stored = this.stored(this.epoch);
    const isBehind = stored !== undefined && last !== undefined && stored > last.seq;
    this.quiet = isBehind ? this.quiet + 1 : 0;
    this.idle = isBehind ? 0 : this.idle + 1;
    if (this.quiet !== PATIENCE_HEARTBEATS) return;
    this.find('stuck', `at ${last?.seq} while the log is at ${stored}`);
  }

  private session({ epoch, resumed, seq }: ServerFrameOf<'session'>): void {
    const { asked } = this;
    this.asked = undefined;
    this.epoch = epoch;
    if (!resumed) {
      if (asked !== undefined) this.refusedCursors.push(asked);
      if (asked?.epoch === epoch) this.find('not resumed', `from ${asked.seq} of ${seq}`);
      // A snapshot on a connection that was already served: the server lost the place itself.
      else if (asked === undefined && this.last !== undefined && this.last.epoch === epoch)
        this.find('not resumed', `the connection started over at ${this.last.seq}`);
      this.last = undefined;
      return;
    }
    if (asked === undefined || asked.epoch !== epoch) this.find('epoch', `resumed in ${epoch} from ${asked?.epoch}`);
    this.last = { epoch, seq: asked?.seq ?? 0 };
  }

  private history({ seq, before }: ServerFrameOf<'history'>): void {
    if (before !== undefined || seq === undefined) return;
    this.last = { epoch: this.epoch, seq };
    this.checkStored(seq, 'a snapshot');
  }

  private durable(
    frame: ServerFrameOf<'message'> | ServerFrameOf<'message_stream'>,
    eventId: string | undefined,
  ): void {
    const { seq, first_seq: first = seq, id } = frame;
    if (seq === undefined || first === undefined) return;
    this.frames++;
    this.quiet = 0;
    this.idle = 0;
    this.checkStored(seq, frame.type);
    if (eventId !== undefined && !eventId.endsWith(`-${seq}`)) this.find('event id', `${eventId} brought ${seq}`);
    const { last } = this;
    if (last === undefined) return this.find('gap', `frame ${seq} came before any session`);
    if (first <= last.seq) {
      // An echo once more, "with the seq it had", to whoever sent the message again.
      if (frame.type === 'message' && this.sent.has(id)) this.repeats++;
      else this.find('doubled', `${first}…${seq} after ${last.seq}`);
      return;
    }
    if (first > last.seq + 1) this.find('gap', `${first} after ${last.seq}`);
    if (frame.type === 'message_stream' && first === last.seq + 1) this.phase(frame);
    this.last = { epoch: last.epoch, seq };
  }

  private phase({ id, seq, stream_start, stream_end }: ServerFrameOf<'message_stream'>): void {
    if (this.ends.has(id)) this.find('phase', `${id} goes on at ${seq} after its end`);
    if (stream_start && this.starts.has(id)) this.find('phase', `${id} starts again at ${seq}`);
    if (stream_start) this.starts.add(id);
    if (stream_end) this.ends.add(id);
  }

  private checkStored(seq: number, what: string): void {
    const stored = this.stored(this.epoch);
    if (stored !== undefined && seq > stored) this.find('early', `${what} ${seq}, stored up to ${stored}`);
  }

  /** Notes a broken promise. */
  find(breach: Breach, detail: string): void {
    this.findings.push({ breach, detail });
    this.onFinding({ breach, detail });
  }
}

function isAnswering({ messages }: Conversation): boolean {
  return messages.some(({ metadata }) => metadata.streaming === true);
}
