import type { ClientFrameInput } from '@chat-stream/protocol';
import { loadLlamaStack } from '../llama-stack/load.js';
import type { ChatStreamLink, LinkHandlers } from './transport.js';

/** The link to a Llama Stack server, whose code is loaded when it is wanted. */
export function llamaStackLink(server: string, agent: string | undefined): ChatStreamLink {
  let link: ChatStreamLink | undefined;
  let waiting: ClientFrameInput[] | undefined = [];
  return {
    async connect(handlers: LinkHandlers) {
      const { createLlamaStackLink } = await loadLlamaStack();
      // Closed meanwhile.
      if (waiting === undefined) return;
      link = createLlamaStackLink({ server, agent });
      void link.connect(handlers, undefined);
      for (const frame of waiting) link.send(frame);
    },
    send: (frame) => void (link === undefined ? waiting?.push(frame) : link.send(frame)),
    close() {
      waiting = undefined;
      link?.close();
    },
  };
}
