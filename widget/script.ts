import { isLitForbidden } from './trusted-types.js';
import { ChatStreamElement } from './chat-stream.js';
import { setDefaultServer } from './connection/server.js';
import { loadFramed } from './framed/load-framed.js';
import { tags } from './lazy/beside.js';
import { originOf, place, TAG_NAME } from './script-tag.js';

const origin = originOf(tags);
if (origin !== undefined) setDefaultServer(origin);

// Two copies of the script on a page are no error: the first one defines the element.
if (customElements.get(TAG_NAME) === undefined) {
  // A template of Lit is HTML, and an XML document would read it as XML.
  if (isLitForbidden || document.contentType.endsWith('xml')) {
    // What is on the page by then becomes one.
    void loadFramed(origin, isLitForbidden);
  } else {
    customElements.define(TAG_NAME, ChatStreamElement);
  }
}

for (const tag of tags) place(tag);
