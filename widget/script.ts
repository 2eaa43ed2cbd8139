import { isLitForbidden } from './trusted-types.js';
import { ChatStreamElement } from './chat-stream.js';
import { setDefaultServer } from './connection/server.js';
import { loadFramed } from './framed/load-framed.js';
import { tags } from './lazy/beside.js';
import { originOf, place, TAG_NAME } from './script-tag.js';

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

const origin = originOf(tags);
if (origin !== undefined) setDefaultServer(origin);

// Two copies of the script on a page are no error: the first one defines the element.
if (customElements.get(TAG_NAME) === undefined) {
  const reason = obstacle();
  if (reason === undefined) {
    customElements.define(TAG_NAME, ChatStreamElement);
  } else {
    console.warn(`chat-stream: the chat opens in a frame of its server, because of this page: ${reason}`);
    // What is on the page by then becomes one.
    void loadFramed(origin);
  }
}

for (const tag of tags) place(tag);
