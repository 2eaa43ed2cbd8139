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

/** Events that a finding tells of. */
const TRAIL = 24;

/** Heartbeats that come sooner after one another than this were held back on the way. */
const HEARTBEAT_APART_MS = 20;

/**
 * Holds what one client was sent against what PROTOCOL.md says of the wire: not what the text looks like in the end, but
 * every single frame, on every connection. It has its own count of where the client is, apart from `applyFrame`.
 */
export class WireLedger {
  readonly findings: Finding[] = [];
  /** The last frame that was trimmed away, where there is a policy that does: an older cursor is refused, and rightly so. */
  trimmed = 0;
  /** Called with every finding, as it happens. */
  onFinding: (finding: Finding) => void = () => undefined;
  /** Called when a frame comes that had not come before. */
  onProgress: () => void = () => undefined;
  /** Frames with a `seq`, over all connections. */
  frames = 0;
  /** Echoes of messages that were sent again. */
  repeats = 0;
  /** Cursors that were answered with a snapshot: right only where the session began anew. */
  readonly refusedCursors: Cursor[] = [];
  /** Whether the network holds back what is on its way just now: heartbeats then say nothing about what came after them. */
  isSlowed: () => boolean = () => false;
  /** Answers whose start, and whose end, came as a frame of the log. */
  readonly starts = new Set<string>();
  readonly ends = new Set<string>();
  private readonly sent = new Set<string>();
  private readonly highest = new Map<string, number>();
  private asked: Cursor | undefined;
  private last: Cursor | undefined;
  private epoch = '';
  private quiet = 0;
  /** What happened last, for a finding. */
  private readonly trail: string[] = [];
  /** Heartbeats in a row by which everything in the log had come. */
  private idle = 0;
  private lastHeartbeat = 0;

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
    this.note(`opens at ${cursor?.seq}`);
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
    // Heartbeats that were held back come together: they were sent before what is in the log by now.
    const now = performance.now();
    if (this.isSlowed() || now - this.lastHeartbeat < HEARTBEAT_APART_MS) return;
    // One that came before the session was opened says nothing: a busy server may take its time over that.
    if (this.last === undefined) return;
    this.lastHeartbeat = now;
    const { isBehind } = this;
    this.quiet = isBehind ? this.quiet + 1 : 0;
    this.idle = isBehind ? 0 : this.idle + 1;
    if (this.quiet !== PATIENCE_HEARTBEATS) return;
    this.find('stuck', `at ${this.last?.seq} while the log is at ${this.stored(this.epoch)}`);
  }

  /** Whether everything in the log has come, for some heartbeats: what is not here by now was never sent. */
  get hasAll(): boolean {
    return this.last !== undefined && !this.isBehind && this.idle >= PATIENCE_HEARTBEATS;
  }

  private get isBehind(): boolean {
    const stored = this.stored(this.epoch);
    return stored !== undefined && this.last !== undefined && stored > this.last.seq;
  }

  private session({ epoch, resumed, seq }: ServerFrameOf<'session'>): void {
    const { asked } = this;
    this.note(`session ${epoch.slice(0, 4)} at ${seq}${resumed ? ' resumed' : ''}`);
    this.asked = undefined;
    this.epoch = epoch;
    if (!resumed) {
      if (asked !== undefined) this.refusedCursors.push(asked);
      if (asked?.epoch === epoch && asked.seq >= this.trimmed) this.find('not resumed', `from ${asked.seq} of ${seq}`);
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
    this.note(`history up to ${seq}`);
    this.last = { epoch: this.epoch, seq };
    this.checkStored(seq, 'a snapshot');
  }

  private durable(
    frame: ServerFrameOf<'message'> | ServerFrameOf<'message_stream'>,
    eventId: string | undefined,
  ): void {
    const { seq, first_seq: first = seq, id } = frame;
    if (seq === undefined || first === undefined) return;
    this.note(`${frame.type === 'message' ? 'message' : phaseOf(frame)} ${id.slice(0, 4)} ${first}…${seq}`);
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
    if (seq > (this.highest.get(last.epoch) ?? 0)) {
      this.highest.set(last.epoch, seq);
      this.onProgress();
    }
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

  private note(event: string): void {
    this.trail.push(event);
    if (this.trail.length > TRAIL) this.trail.shift();
  }

  /** Notes a broken promise. */
  find(breach: Breach, what: string): void {
    const detail = `${what} [${this.trail.join(', ')}]`;
    this.findings.push({ breach, detail });
    this.onFinding({ breach, detail });
  }
}

function phaseOf({ stream_start, stream_end }: ServerFrameOf<'message_stream'>): string {
  return stream_start ? 'start' : stream_end ? 'end' : 'chunk';
}

function isAnswering({ messages }: Conversation): boolean {
  return messages.some(({ metadata }) => metadata.streaming === true);
}
