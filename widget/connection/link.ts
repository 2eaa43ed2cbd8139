import { parseServerFrame, ProtocolError } from '@chat-stream/protocol';
import type { ClientFrameInput, Cursor, ServerFrame } from '@chat-stream/protocol';
import { ChatStreamError, reasonOf } from '../errors.js';
import type { ChatStreamLink, Transport, TransportHandlers } from './transport.js';

/** Speaks to the page's own `link`. What it throws becomes a named error, and the attempt has failed. */
export class LinkTransport implements Transport {
  readonly opensWith = 'client';
  readonly #link: ChatStreamLink;

  /** @param link The page's object, checked by {@link isLink}. */
  constructor(link: ChatStreamLink) {
    this.#link = link;
  }

  connect(handlers: TransportHandlers, cursor: Cursor | undefined): void {
    const started = this.#guard('connect', () =>
      this.#link.connect(
        { frame: (frame) => receive(frame, handlers), state: (state) => handlers.state(state) },
        cursor,
      ),
    );
    if (started instanceof Promise) started.catch(() => handlers.state('closed'));
  }

  send(frame: ClientFrameInput): void {
    this.#guard('send', () => this.#link.send(frame));
  }

  close(): void {
    this.#guard('close', () => this.#link.close());
  }

  #guard<T>(method: string, call: () => T): T {
    try {
      return call();
    } catch (thrown) {
      const message = `The page's link failed in ${method}(): ${reasonOf(thrown)}`;
      throw new ChatStreamError('link_failed', message, { retryable: true, cause: thrown });
    }
  }
}

/** Whether a value of the page can be used as a link. */
export function isLink(value: unknown): value is ChatStreamLink {
  if (typeof value !== 'object' || value === null) return false;
  const { connect, send, close } = value as Record<string, unknown>;
  return typeof connect === 'function' && typeof send === 'function' && typeof close === 'function';
}

function receive(value: unknown, handlers: TransportHandlers): void {
  let frame: ServerFrame;
  try {
    frame = parseServerFrame(value);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    handlers.invalid(error);
    return;
  }
  handlers.frame(frame);
}
