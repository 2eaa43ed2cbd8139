import { ChatStreamElement } from './chat-stream.js';

/** The name that the element is registered under. */
export const TAG_NAME = 'chat-stream';

// Two copies of the script on a page, or a render on a server, are no error.
if (typeof customElements !== 'undefined' && customElements.get(TAG_NAME) === undefined) {
  customElements.define(TAG_NAME, ChatStreamElement);
}

export { ChatStreamElement };
