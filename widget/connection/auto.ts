import type { ClientFrameInput, ServerFrame } from '@chat-stream/protocol';
import { isBlocked, setBlocked } from './blocked.js';
import type { Transport, TransportHandlers } from './transport.js';
import { isOffline } from './wake.js';

/** How long a socket may take before the other way is tried as well, in milliseconds: half of what a visitor waits. */
const PATIENCE_MS = 1_500;
/** How long a socket may take to show that it was refused by mistake, in milliseconds. */
const CHECK_MS = 3_000;
/** What browsers call a socket that never opened, for whatever reason. */
const NEVER_OPENED = 1006;

/** The two ways to one server, and what they are remembered under. */
export interface Ways {
  readonly server: string;
  readonly socket: () => Transport;
  readonly events: () => Transport;
}

/**
 * `transport="auto"`: a WebSocket, and where none gets through while requests do, server-sent events. While the socket
 * works no request is made.
 *
 * A socket that fails proves little: the server may be down. What counts is that events came through where it failed.
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
    this.#timer = setTimeout(() => this.#tryEvents(), PATIENCE_MS);
    const socket = (this.#socket = this.#ways.socket());
    socket.connect(
      {
        ...handlers,
        frame: (frame) => {
          if (this.#chosen === undefined) this.#choose(socket);
          handlers.frame(frame);
        },
        state: (_state, code) => this.#socketClosed(code),
      },
      undefined,
    );
  }

  send(frame: ClientFrameInput): void {
    (this.#chosen ?? this.#events ?? this.#socket)?.send(frame);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#socket?.close();
    this.#events?.close();
  }

  #tryEvents(): void {
    const events = (this.#events = this.#ways.events());
    events.connect(
      {
        ...(this.#handlers as TransportHandlers),
        frame: (frame) => this.#eventsFrame(events, frame),
        state: (_state, code) => this.#eventsClosed(code),
      },
      undefined,
    );
  }

  #socketClosed(code: number | undefined): void {
    const isLost = this.#chosen !== undefined || code !== NEVER_OPENED || isOffline();
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
    const isSwallowed = this.#socket !== undefined;
    if (chosen === this.#socket) {
      this.#events?.close();
      this.#events = undefined;
      return;
    }
    this.#socket?.close();
    this.#socket = undefined;
    if (this.#isKnown) return;
    if (isSwallowed) setBlocked(this.#ways.server, true);
    else this.#check();
  }

  /** The socket was refused: by something on the way, or by a server that was just starting? Once more, now that it is up. */
  #check(): void {
    const socket = (this.#socket = this.#ways.socket());
    const decide = (isBlockedNow: boolean): void => {
      clearTimeout(this.#timer);
      socket.close();
      if (isBlockedNow) setBlocked(this.#ways.server, true);
      else this.#handlers?.state('closed');
    };
    this.#timer = setTimeout(() => decide(true), CHECK_MS);
    socket.connect(
      {
        frame: () => decide(false),
        invalid: () => {},
        heard: () => {},
        state: (_state, code) => decide(code === NEVER_OPENED),
      },
      undefined,
    );
  }
}
