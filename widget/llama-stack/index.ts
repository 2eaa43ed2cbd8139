import type { ChatStreamLink } from '../connection/transport.js';
import { LlamaStackLink, type LlamaStackLinkOptions } from './link.js';

export type { LlamaStackLinkOptions } from './link.js';

/**
 * Plays the server for the element, with an agent of a Llama Stack server (0.1 to 0.3) behind it.
 *
 * @example element.link = createLlamaStackLink({ server: 'https://stack.example.com', agent: '…' });
 */
export function createLlamaStackLink(options: LlamaStackLinkOptions): ChatStreamLink {
  // One connection is one object: what an older one still does concerns nobody.
  let link: LlamaStackLink | undefined;
  return {
    connect(handlers) {
      link?.close();
      link = new LlamaStackLink(options);
      link.connect(handlers);
    },
    send: (frame) => link?.send(frame),
    close: () => link?.close(),
  };
}
