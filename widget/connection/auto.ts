import type { ClientFrameInput, ServerFrame } from '@chat-stream/protocol';
import { isBlocked, setBlocked } from './blocked.js';
import type { ConnectionState, Transport, TransportHandlers } from './transport.js';
import { isOffline } from './wake.js';

/** How long a socket may take before the other way is tried as well, in milliseconds: half of what a visitor waits. */
const PATIENCE_MS = 1_500;
/** How long before the other way is loaded, in milliseconds: it should be there when the patience is at its end. */
const DOUBT_MS = 700;
/** How long it may take beside the other way, in milliseconds: browsers hold back sockets to a server that was down. */
const CHECK_MS = 10_000;
/** What browsers call a socket that never opened, for whatever reason. */
const NEVER_OPENED = 1006;

/** The two ways to one server, and what they are remembered under. */
export interface Ways {
  readonly server: string;
  readonly socket: () => Transport;
  readonly events: () => Transport;
  /** Loads what `events` needs. A failure does not matter: `events` meets it again. */
  readonly prepare: () => Promise<unknown>;
}

/**
 * `transport="auto"`: a WebSocket, and where none gets through while requests do, server-sent events. While the socket
 * works no request is made.
 *
 * A socket that fails proves little: the server may be down. What counts is that events come through where it fails, and
 * still fails then: it has another chance beside them.
 */
export class AutoTransport implements Transport {
  readonly opensWith = 'server';
  readonly #ways: Ways;
  readonly #isKnown: boolean;
  #handlers: TransportHandlers | undefined;
  /** Tried, and neither lost nor given up. */
  #socket: Transport | undefined;
  #events: Transport | undefined;
  /** The one that got through. */
  #chosen: Transport | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ways: Ways) {
    this.#ways = ways;
    this.#isKnown = isBlocked(ways.server);
  }

  connect(handlers: TransportHandlers): void {
    this.#handlers = handlers;
    if (this.#isKnown) return this.#tryEvents();
    this.#timer = setTimeout(() => this.#doubt(), DOUBT_MS);
    this.#trySocket();
  }

  get name(): Transport['name'] {
    return this.#current?.name;
  }

  send(frame: ClientFrameInput): void {
    this.#current?.send(frame);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#socket?.close();
    this.#events?.close();
  }

  get #current(): Transport | undefined {
    return this.#chosen ?? this.#events ?? this.#socket;
  }

  #doubt(): void {
    this.#ways.prepare().catch(() => {});
    this.#timer = setTimeout(() => this.#tryEvents(), PATIENCE_MS - DOUBT_MS);
  }

  #trySocket(): void {
    const socket = (this.#socket = this.#ways.socket());
    const handlers = {
      ...(this.#handlers as TransportHandlers),
      frame: (frame: ServerFrame) => this.#socketFrame(socket, frame),
      state: (_state: ConnectionState, code?: number) => this.#socketClosed(code),
    };
    socket.connect(handlers, undefined);
  }

  #tryEvents(): void {
    const events = (this.#events = this.#ways.events());
    const handlers = {
      ...(this.#handlers as TransportHandlers),
      frame: (frame: ServerFrame) => this.#eventsFrame(events, frame),
      state: (_state: ConnectionState, code?: number) => this.#eventsClosed(code),
    };
    events.connect(handlers, undefined);
  }

  #socketFrame(socket: Transport, frame: ServerFrame): void {
    if (this.#chosen === undefined) this.#choose(socket);
    if (this.#chosen === socket) return this.#handlers?.frame(frame);
    // Nothing blocks it, after all: the next attempt is its.
    setBlocked(this.#ways.server, false);
    this.#handlers?.state('closed');
  }

  #socketClosed(code: number | undefined): void {
    const isLost = this.#chosen === this.#socket || code !== NEVER_OPENED || isOffline();
    this.#socket = undefined;
    if (this.#events !== undefined) return;
    clearTimeout(this.#timer);
    if (isLost) this.#handlers?.state('closed', code);
    else this.#tryEvents();
  }

  #eventsFrame(events: Transport, frame: ServerFrame): void {
    // Something on the way may have said so, and the socket is still out.
    if (frame.type === 'error' && frame.retryable && this.#chosen === undefined && this.#socket !== undefined) {
      return this.#eventsClosed(undefined);
    }
    if (frame.type === 'session' && this.#chosen === undefined) this.#choose(events);
    this.#handlers?.frame(frame);
  }

  #eventsClosed(code: number | undefined): void {
    this.#events?.close();
    this.#events = undefined;
    if (this.#chosen === undefined && this.#isKnown) setBlocked(this.#ways.server, false);
    if (this.#chosen !== undefined || this.#socket === undefined) this.#handlers?.state('closed', code);
  }

  #choose(chosen: Transport): void {
    clearTimeout(this.#timer);
    this.#chosen = chosen;
    if (chosen === this.#socket) {
      this.#events?.close();
      this.#events = undefined;
      return;
    }
    if (this.#isKnown) return;
    setBlocked(this.#ways.server, true);
    // Swallowed, or only slow? Refused by something on the way, or by a server that was just starting?
    if (this.#socket === undefined) this.#trySocket();
    this.#timer = setTimeout(() => this.#socket?.close(), CHECK_MS);
  }
}
