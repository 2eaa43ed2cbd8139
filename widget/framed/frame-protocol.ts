import { ATTRIBUTES } from '../script-tag.js';

/**
 * What an element and the page of its server in its frame say to each other, by `postMessage`. Nothing of a
 * conversation is in it. Each side listens to the other's window only.
 */
export type FrameMessage =
  /** The frame: the chat is there. */
  | 'chat-stream:ready'
  /** The frame: the visitor pressed Escape. */
  | 'chat-stream:close'
  /** The element: put the caret into the composer. */
  | 'chat-stream:focus';

/** The attributes that the frame's element gets, in the fragment of its address: a fragment is sent to no server. */
export const CARRIED_ATTRIBUTES = ATTRIBUTES.filter((name) => name !== 'server' && name !== 'open');

/** The address of the chat as a page of its own. @param server Without a slash at the end. */
export function frameAddress(server: string, element: Element): string {
  const settings = new URLSearchParams();
  for (const name of CARRIED_ATTRIBUTES) {
    const value = element.getAttribute(name);
    if (value !== null) settings.set(name, value);
  }
  // The panel of a launcher is the element's; what is in it fills it, with a header.
  if (settings.get('mode') === 'launcher') settings.set('mode', 'fullscreen');
  return `${server}/chat-stream/frame#${settings.toString()}`;
}
