import type { ClientFrameInput, Cursor, ProtocolError, ServerFrame, ServerFrameInput } from '@chat-stream/protocol';

/**
 * How the element stands to its server. `idle`: nothing was tried yet (a launcher that was never opened).
 * `offline`: as `reconnecting`, and the browser says that there is no network. `closed`: removed from the page, or
 * given up; nothing is tried again by itself.
 */
export type ConnectionState = 'idle' | 'connecting' | 'open' | 'reconnecting' | 'offline' | 'closed';

/** What a page's own `link` calls, at any time, also inside `connect` and `send`. */
export interface LinkHandlers {
  /** One frame of the server, as an object. */
  frame(frame: ServerFrameInput): void;
  /**
   * How the link stands. `open`: messages may be sent (a `session` frame says the same). `closed`: the element calls
   * `connect` again after a while. The others are shown to the visitor.
   */
  state(state: ConnectionState): void;
}

/** A transport of the page's own, instead of a server: the page plays the server. */
export interface ChatStreamLink {
  /** Begins, or begins again after a loss; the last frame that was seen is `cursor`. A promise is waited for. */
  connect(handlers: LinkHandlers, cursor: Cursor | undefined): void | Promise<void>;
  /** Takes one frame of the element; the first after `connect` is `hello`. */
  send(frame: ClientFrameInput): void;
  /** The element needs the link no longer, until it calls `connect` again. */
  close(): void;
}

/** What a transport reports to the connection. */
export interface TransportHandlers {
  /** One valid frame. */
  frame(frame: ServerFrame): void;
  /** Something came that is no frame. */
  invalid(error: ProtocolError): void;
  /** The other side is alive, although what came is no frame, or none yet. */
  heard(): void;
  /** The transport's state; `closeCode` says why it closed, where the wire has such codes. */
  state(state: ConnectionState, closeCode?: number): void;
}

/** One attempt to talk to a server. An adapter is one file; adapters meet in `auto.ts` only. */
export interface Transport {
  /** What frames travel over; `undefined` while that is not decided. */
  readonly name: 'websocket' | 'sse' | 'link' | undefined;
  /**
   * Who speaks first. `server`: `hello` goes out when `connected` came, and only if that names a protocol.
   * `client`: `hello` goes out at once, and the answer may take its time.
   */
  readonly opensWith: 'server' | 'client';
  /** Begins. Called once. May throw: the attempt has failed. */
  connect(handlers: TransportHandlers, cursor: Cursor | undefined): void;
  /** Sends one frame. What cannot be sent is lost: the outbox sends it again. */
  send(frame: ClientFrameInput): void;
  /** Ends, without a report. */
  close(): void;
}
