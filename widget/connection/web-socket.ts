import { CloseCode, decodeServerFrame, encodeFrame, ProtocolError } from '@chat-stream/protocol';
import type { ClientFrameInput, ServerFrame } from '@chat-stream/protocol';
import { receive } from './receive.js';
import type { Transport, TransportHandlers } from './transport.js';

/** Speaks to `/ws/chat` of a server. */
export class WebSocketTransport implements Transport {
  readonly name = 'websocket';
  readonly opensWith = 'server';
  readonly #url: string;
  #socket: WebSocket | undefined;
  /** Takes the listeners off, so that a socket that was let go reports nothing any more. */
  #listening = new AbortController();

  /** @param url A `ws:` or `wss:` URL. */
  constructor(url: string) {
    this.#url = url;
  }

  /** @throws {DOMException} where the page may not open the socket: `ws:` from a secure page, or a CSP. */
  connect(handlers: TransportHandlers): void {
    // No subprotocol: a server of the original kind chooses none, and browsers fail a connection that was offered one then.
    const socket = new WebSocket(this.#url);
    const { signal } = this.#listening;
    this.#socket = socket;
    socket.addEventListener('message', (event) => receive(() => decode(event.data), handlers), { signal });
    // An error is always followed by a close: one report is enough.
    socket.addEventListener('close', (event) => handlers.state('closed', event.code), { signal });
  }

  send(frame: ClientFrameInput): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(encodeFrame(frame));
  }

  close(): void {
    this.#listening.abort();
    this.#socket?.close(CloseCode.normal);
  }
}

function decode(data: unknown): ServerFrame {
  if (typeof data === 'string') return decodeServerFrame(data);
  throw new ProtocolError('bad_message', 'The server sent a binary frame.');
}
