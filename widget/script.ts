import { isLitForbidden } from './trusted-types.js';
import { ChatStreamElement } from './chat-stream.js';
import { setDefaultServer } from './connection/server.js';
import { FramedChatElement } from './framed/framed-chat.js';
import { findTags, originOf, place, TAG_NAME } from './script-tag.js';

// Two copies of the script on a page are no error: the first one defines the element.
if (customElements.get(TAG_NAME) === undefined) {
  customElements.define(TAG_NAME, isLitForbidden ? FramedChatElement : ChatStreamElement);
  if (isLitForbidden) {
    console.warn(
      'chat-stream: the Content Security Policy of this page forbids the Trusted Types policy "lit-html", so the chat ' +
        'opens in a frame of its server. To have it in the page itself, allow the policy: trusted-types lit-html',
    );
  }
}

const tags = findTags();
const origin = originOf(tags);
if (origin !== undefined) setDefaultServer(origin);
for (const tag of tags) place(tag);
