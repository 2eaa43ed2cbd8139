import { isLitForbidden } from './trusted-types.js';
import { ChatStreamElement } from './chat-stream.js';
import { setDefaultServer } from './connection/server.js';
import { FramedChatElement } from './framed/framed-chat.js';
import { findTags, originOf, place, TAG_NAME } from './script-tag.js';

/** Why Lit can draw nothing on this page, and what would help; `undefined` where it can. */
function obstacle(): string | undefined {
  if (isLitForbidden) {
    return (
      'its Content Security Policy forbids the Trusted Types policy "lit-html". To have the chat in the page itself, ' +
      'allow the policy: trusted-types lit-html'
    );
  }
  // A template of Lit is HTML, and an XML document would read it as XML.
  return document.contentType.endsWith('xml') ? 'it is an XML document.' : undefined;
}

// Two copies of the script on a page are no error: the first one defines the element.
if (customElements.get(TAG_NAME) === undefined) {
  const reason = obstacle();
  customElements.define(TAG_NAME, reason === undefined ? ChatStreamElement : FramedChatElement);
  if (reason !== undefined) {
    console.warn(`chat-stream: the chat opens in a frame of its server, because of this page: ${reason}`);
  }
}

const tags = findTags();
const origin = originOf(tags);
if (origin !== undefined) setDefaultServer(origin);
for (const tag of tags) place(tag);
