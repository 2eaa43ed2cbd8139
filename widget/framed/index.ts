// The file `chat-stream-framed.js`: loaded where a page forbids the element itself.
import { setDefaultServer } from '../connection/server.js';
import { TAG_NAME } from '../script-tag.js';
import { FramedChatElement } from './framed-chat.js';

/**
 * Defines the element that has the chat in a frame, unless one is defined; says why in the console.
 *
 * @param server Where no element names one.
 * @param isPolicyForbidden Whether it is the page's policy that forbids the element itself; else, it is that the page is XML.
 */
export function defineFramed(server: string | undefined, isPolicyForbidden: boolean): void {
  const reason = isPolicyForbidden
    ? 'its Content Security Policy forbids the Trusted Types policy "lit-html". To have the chat in the page itself, ' +
      'allow the policy: trusted-types lit-html'
    : 'it is an XML document.';
  console.warn(`chat-stream: the chat is in a frame of its server, because of this page: ${reason}`);
  if (server !== undefined) setDefaultServer(server);
  if (customElements.get(TAG_NAME) === undefined) customElements.define(TAG_NAME, FramedChatElement);
}
