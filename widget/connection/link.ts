import { type ClientFrameInput, type Cursor, parseServerFrame } from '@chat-stream/protocol';
import { ChatStreamError, reasonOf } from '../errors.js';
import { receive } from './receive.js';
import type { ChatStreamLink, Transport, TransportHandlers } from './transport.js';

/** Speaks to the page's own `link`. What it throws becomes a named error, and the attempt has failed. */
export class LinkTransport implements Transport {
  readonly name = 'link';
  readonly opensWith = 'client';
  readonly #link: ChatStreamLink;

  /** @param link The page's object, checked by {@link isLink}. */
  constructor(link: ChatStreamLink) {
    this.#link = link;
  }

  connect(handlers: TransportHandlers, cursor: Cursor | undefined): void {
    const started = this.#guard('connect', () =>
      this.#link.connect(
        { frame: (frame) => receive(() => parseServerFrame(frame), handlers), state: (state) => handlers.state(state) },
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
