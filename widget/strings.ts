import { LAUNCHER_STRINGS } from './launcher-strings.js';
import type { DiagramStrings } from './diagram/strings.js';
import type { PartStrings } from './parts/strings.js';

/** The words that the element says from the beginning, in English; others come with what is loaded later. */
export const DEFAULT_STRINGS = {
  ...LAUNCHER_STRINGS,
  /** The send button. */
  send: 'Send',
  /** The button that ends a running answer. */
  stop: 'Stop',
  /** The launcher while the panel is open, and the button in the panel's header. */
  close: 'Close chat',
  /** The composer while it is empty, and its name for screen readers. */
  placeholder: 'Write a message',
  /** The button that copies an answer. */
  copy: 'Copy',
  /** The button that copies a table, as text with tabs. */
  copyTable: 'Copy table',
  /** Said after copying. */
  copied: 'Copied',
  /** The button above the first message, while the server has older ones. */
  older: 'Earlier messages',
  /** The button that leads to the newest message. */
  jump: 'Jump to latest',
  /** The same button, when something new is there. */
  unread: 'New below',
  /** The button that puts a notice away. */
  dismiss: 'Dismiss',
  /** Before the first connection. */
  connecting: 'Connecting…',
  /** The connection is lost, and comes back by itself. */
  reconnecting: 'Reconnecting…',
  /** The browser says that there is no network. */
  offline: 'You are offline. What you write is sent when you are back.',
  /** The connection is closed for good. */
  closed: 'Not connected.',
  /** The title where neither the page nor the server gives one. */
  heading: 'Chat',
  /** The line in an empty conversation. */
  empty: 'How can I help?',
  /** The button that begins a new conversation. */
  newSession: 'New conversation',
  /** The name of the list of messages for screen readers. */
  conversation: 'Conversation',
  /** The name of the suggestions for screen readers. */
  suggestions: 'Suggestions',
  /** Before the visitor's messages, for screen readers. */
  you: 'You',
  /** Before answers, for screen readers, where the agent has no name. */
  assistant: 'Assistant',
  /** While an answer is awaited, for screen readers. */
  working: 'Working on an answer',
  /** Under a message that is not sent yet, while there is no connection. */
  waiting: 'Waiting for the connection',
  /** Under a message that was not delivered. */
  notSent: 'Not sent.',
  /** Under an answer that the visitor stopped. */
  stopped: 'Stopped',
  /** Under an answer that a failure of the service cut off. */
  interrupted: 'The answer was cut off.',
  /** Under an answer that ended with an error. */
  failed: 'The answer failed.',
  /** The link to the chat where a page allows neither the element nor a frame. */
  openTab: 'Open the chat in a new tab',
  /** Under an answer that ended without saying anything. */
  noContent: 'The answer was empty.',
} as const;

/** The words of the element, by key. Those of what is loaded later are there where the page gave them. */
export type ChatStreamStrings = Readonly<Record<keyof typeof DEFAULT_STRINGS, string>> &
  Partial<PartStrings & DiagramStrings>;

/** The page's words over our own; what is no string is left out, so that nothing reads `undefined`. */
export function withStrings(own: unknown): ChatStreamStrings {
  if (typeof own !== 'object' || own === null) return DEFAULT_STRINGS;
  const given = Object.entries(own).filter(([, value]) => typeof value === 'string');
  return { ...DEFAULT_STRINGS, ...Object.fromEntries(given) };
}
