import type { Message } from '@chat-stream/protocol';
import type { ConnectionState } from '../connection/transport.js';
import type { ChatStatus } from '../conversation/progress.js';
import type { BeforeSendDetail, ChatStreamEventDetails, ChatStreamEventName, ErrorDetail } from '../events.js';
import { ATTRIBUTES } from '../script-tag.js';

/**
 * What an element and the page of its server in its frame say to each other. The frame greets its parent, which says
 * nothing about anybody; the element answers that origin only, with a port, and all else goes over the port. Only pages
 * that the server allows can frame its page (`frame-ancestors`), and each of those could have the element itself.
 */
export const HELLO = 'chat-stream:hello';
/** The element's answer to {@link HELLO}; a port comes with it. */
export const ATTACH = 'chat-stream:attach';

/** Marks, in the fragment of the address, a frame that an element made: its page waits for {@link ATTACH}. */
export const RELAY = 'relay';

/** The events that are the frame's; the element has a panel, and an event for it, of its own. */
export type RelayedName = Exclude<ChatStreamEventName, 'chat-stream-toggle' | 'chat-stream-before-send'>;

/** What a page may do with the chat in the frame. */
export const METHODS = ['sendMessage', 'stop', 'regenerate', 'selectSession', 'clear', 'focusComposer'] as const;
/** One of {@link METHODS}. */
export type Method = (typeof METHODS)[number];

/** The properties that the page gave, as far as they are no functions. */
export interface FrameSettings {
  readonly suggestions: readonly string[];
  readonly strings: Readonly<Record<string, string>>;
  /** Whether the page gives tokens: the frame asks for each. */
  readonly hasToken: boolean;
  /** The names of the page's tools: the frame asks for each call. */
  readonly tools: readonly string[];
  /** The kinds of blocks that stay plain text. */
  readonly plain: readonly string[];
}

/** What the frame wants to know of the page. */
export type Question =
  /** May this message be sent? */
  | { readonly about: 'send'; readonly detail: BeforeSendDetail }
  | { readonly about: 'token' }
  | { readonly about: 'tool'; readonly name: string; readonly arguments: unknown };

/** What came of a call or a question. */
export interface Outcome {
  readonly id: number;
  readonly value?: unknown;
  /** Instead of a value. */
  readonly error?: ErrorDetail | undefined;
}

/** From the element to the frame. */
export type ToFrame =
  | ({ readonly type: 'settings' } & FrameSettings)
  | { readonly type: 'call'; readonly id: number; readonly method: Method; readonly args: readonly unknown[] }
  | ({ readonly type: 'answer' } & Outcome);

/** How the conversation stands: what changed since the last time. */
export interface FrameState {
  readonly connectionState: ConnectionState;
  readonly status: ChatStatus;
  readonly sessionId?: string | undefined;
  /** How many messages there are. */
  readonly count: number;
  /** Those that changed, by their place. */
  readonly changed: readonly { readonly at: number; readonly message: Message }[];
}

/** From the frame to the element. */
export type FromFrame =
  /** The chat is there. */
  | { readonly type: 'ready' }
  /** The visitor pressed Escape. */
  | { readonly type: 'close' }
  | ({ readonly type: 'state' } & FrameState)
  | {
      [Name in RelayedName]: {
        readonly type: 'event';
        readonly name: Name;
        readonly detail: ChatStreamEventDetails[Name];
      };
    }[RelayedName]
  | ({ readonly type: 'result' } & Outcome)
  | { readonly type: 'ask'; readonly id: number; readonly question: Question };

/** The attributes that the frame's element gets, in the fragment of its address: a fragment is sent to no server. */
export const CARRIED_ATTRIBUTES = ATTRIBUTES.filter((name) => name !== 'server' && name !== 'open');

/** The address of the chat as a page of its own. @param server Without a slash at the end. */
export function frameAddress(server: string, element: Element): string {
  const settings = new URLSearchParams({ [RELAY]: '' });
  for (const name of CARRIED_ATTRIBUTES) {
    const value = element.getAttribute(name);
    if (value !== null) settings.set(name, value);
  }
  // The panel of a launcher is the element's; what is in it fills it, with a header.
  if (settings.get('mode') === 'launcher') settings.set('mode', 'fullscreen');
  return `${server}/chat-stream/frame#${settings.toString()}`;
}
