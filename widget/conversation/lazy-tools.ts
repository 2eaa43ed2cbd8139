import type { ClientFrameInput, Message } from '@chat-stream/protocol';
import type { ChatHost } from './chat-host.js';
import type { PageTools } from './page-tools.js';

/** The tools of the page: what runs them is loaded with the first call, or before, where the page has any. */
export class LazyTools {
  /** What runs them, once it is there. */
  tools: PageTools | undefined;
  readonly #host: ChatHost;
  readonly #send: (frame: ClientFrameInput) => boolean;

  /** @param send As that of `PageTools`. */
  constructor(host: ChatHost, send: (frame: ClientFrameInput) => boolean) {
    this.#host = host;
    this.#send = send;
  }

  /** As that of `PageTools`, when it is there. @param running The answer that is written by then. */
  async look(running: () => Message | undefined): Promise<void> {
    const { tools, emit } = this.#host;
    const isCalled = running()?.deltas?.some(({ type }) => type === 'tool_call');
    // A call can be for a page that has none: that is an answer, too.
    if (!isCalled && tools() === undefined) return;
    // Where it does not come, the next connection tries again.
    const module = await this.#host.loadParts().catch(() => undefined);
    const message = running();
    if (module === undefined) return;
    this.tools ??= new module.PageTools(tools, emit, this.#send);
    if (message !== undefined && this.#host.isOnPage()) this.tools.look(message);
  }

  /** As that of `PageTools`. */
  knows(callId: string): boolean {
    return this.tools?.knows(callId) === true;
  }

  /** As that of `PageTools`. */
  again(): void {
    this.tools?.again();
  }
}
