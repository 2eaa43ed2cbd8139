import type { AnswerStatus, Attachment, Message } from '@chat-stream/protocol';
import type { ConnectionState } from './connection/transport.js';
import type { ChatStreamErrorCode } from './errors.js';

/** `chat-stream-ready`: a session is open. Not again when a lost connection to it comes back. */
export interface ReadyDetail {
  /** The session; `undefined` on a link that names none. */
  readonly sessionId: string | undefined;
}

/** `chat-stream-before-send`: a message is about to be sent; `preventDefault()` keeps it in the composer. */
export interface BeforeSendDetail {
  /** What the visitor wrote. */
  readonly text: string;
  /** What goes with it. */
  readonly attachments: readonly Attachment[];
  /** The agent it is for, by name; `undefined`: the server's default. */
  readonly agent: string | undefined;
}

/** `chat-stream-message`: a message joined the conversation: the visitor's when sent, an answer when complete. */
export interface MessageDetail {
  /** The message. */
  readonly message: Message;
}

/** `chat-stream-stream-start`: an answer begins. */
export interface StreamStartDetail {
  /** The answer's id. */
  readonly id: string;
  /** The answer so far. */
  readonly message: Message;
}

/** `chat-stream-stream-end`: an answer ended. */
export interface StreamEndDetail extends StreamStartDetail {
  /** How. */
  readonly status: AnswerStatus;
}

/** `chat-stream-connection`: the connection's state changed. */
export interface ConnectionDetail {
  /** The state now. */
  readonly state: ConnectionState;
  /** The state before. */
  readonly previous: ConnectionState;
}

/** `chat-stream-error`: something failed. Nothing is thrown into the page. */
export interface ErrorDetail {
  /** Why, for programs. */
  readonly code: ChatStreamErrorCode;
  /** Why, as a sentence. */
  readonly message: string;
  /** Whether the same may work when tried again. */
  readonly retryable: boolean;
  /** The id of the message that the failure is about. */
  readonly ref: string | undefined;
}

/** `chat-stream-tool-call`: an agent calls a tool of the page; the one in `tools` runs now. */
export interface ToolCallDetail {
  /** The answer that waits for it. */
  readonly messageId: string;
  /** The call. */
  readonly callId: string;
  /** The tool's name. */
  readonly name: string;
  /** What the tool gets. */
  readonly arguments: unknown;
}

/** `chat-stream-toggle`: the panel of a launcher opened or closed. */
export interface ToggleDetail {
  /** Whether it is open now. */
  readonly open: boolean;
}

/** What frames really travel over. `link`: the page's own. */
export type TransportInUse = 'websocket' | 'sse' | 'llama-stack' | 'link';

/** `chat-stream-frame`: a frame came or went. Only with the attribute `debug`. */
export interface FrameDetail {
  /** `in`: from the server; `out`: to it. */
  readonly direction: 'in' | 'out';
  /**
   * A copy of the frame as it is after validation. Tokens, passwords and keys in it are masked. What was no frame has the
   * type `invalid`, and says why in `code` and `message`.
   */
  readonly frame: Readonly<Record<string, unknown>> & { readonly type: string };
  /** When, in milliseconds of `performance.now()`. */
  readonly at: number;
  /** Since the present attempt to connect began, in milliseconds. */
  readonly sinceConnect: number;
  /** Since the frame before, in either direction, in milliseconds; 0 for the first. */
  readonly sincePrevious: number;
  /** The size of the frame as JSON in UTF-8; what a transport adds or leaves out is not counted. */
  readonly bytes: number;
  /** What it travelled over; `undefined` while `auto` has not decided. */
  readonly transport: TransportInUse | undefined;
}

/** The detail of each event of the element, by the event's name. All of them bubble and cross shadow roots. */
export interface ChatStreamEventDetails {
  'chat-stream-ready': ReadyDetail;
  'chat-stream-before-send': BeforeSendDetail;
  'chat-stream-message': MessageDetail;
  'chat-stream-stream-start': StreamStartDetail;
  'chat-stream-stream-end': StreamEndDetail;
  'chat-stream-connection': ConnectionDetail;
  'chat-stream-error': ErrorDetail;
  'chat-stream-toggle': ToggleDetail;
  'chat-stream-tool-call': ToolCallDetail;
  'chat-stream-frame': FrameDetail;
}

/** The name of an event of the element. */
export type ChatStreamEventName = keyof ChatStreamEventDetails;

/** The events of the element, by name. */
export type ChatStreamEventMap = {
  [Name in ChatStreamEventName]: CustomEvent<ChatStreamEventDetails[Name]>;
};

/** Fires an event of the element. @returns false when a listener cancelled it. */
export type Emit = <Name extends ChatStreamEventName>(name: Name, detail: ChatStreamEventDetails[Name]) => boolean;

/** Makes an {@link Emit} that fires at `target`. Only `chat-stream-before-send` can be cancelled. */
export function emitterOf(target: EventTarget): Emit {
  return (name, detail) =>
    target.dispatchEvent(
      new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: name === 'chat-stream-before-send' }),
    );
}

declare global {
  interface HTMLElementEventMap extends ChatStreamEventMap {}
}
