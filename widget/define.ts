import { ChatStreamElement } from './chat-stream.js';
import { TAG_NAME } from './script-tag.js';

// Two copies of the script on a page, or a render on a server, are no error.
if (typeof customElements !== 'undefined' && customElements.get(TAG_NAME) === undefined) {
  customElements.define(TAG_NAME, ChatStreamElement);
}

export { ChatStreamElement, TAG_NAME };
