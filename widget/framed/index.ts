// The file `chat-stream-framed.js`: loaded where a page forbids the element itself.
import { setDefaultServer } from '../connection/server.js';
import { TAG_NAME } from '../script-tag.js';
import { FramedChatElement } from './framed-chat.js';

/** Defines the element that has the chat in a frame, unless one is defined. @param server Where no element names one. */
export function defineFramed(server: string | undefined): void {
  if (server !== undefined) setDefaultServer(server);
  if (customElements.get(TAG_NAME) === undefined) customElements.define(TAG_NAME, FramedChatElement);
}
