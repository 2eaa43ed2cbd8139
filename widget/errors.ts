import { ERROR_CODES } from '@chat-stream/protocol';

/**
 * Every code of a {@link ChatStreamError}: those that a server's `error` frame carries, and these of the element itself.
 *
 * - `bad_setting`: an attribute or property has a value that is not allowed; the message names it and what is.
 * - `no_server`: nobody said which server to talk to.
 * - `connection_failed`: the server turned this page away for good (see the message), or cannot be reached at all.
 * - `token_failed`: `getToken` threw, rejected, or did not give a string.
 * - `link_failed`: the page's own `link` threw.
 * - `renderer_failed`: one of `renderers` threw; the block that it was for is plain text.
 * - `drawing_failed`: the element could not be drawn, as when a property of the page's throws while it is read; what stands
 *   there stays, and the next change draws again.
 * - `not_sent`: a message was taken back before the server had it.
 */
export const CHAT_STREAM_ERROR_CODES = [
  ...ERROR_CODES,
  'bad_setting',
  'no_server',
  'connection_failed',
  'token_failed',
  'link_failed',
  'renderer_failed',
  'drawing_failed',
  'not_sent',
] as const;

/** One of {@link CHAT_STREAM_ERROR_CODES}. */
export type ChatStreamErrorCode = (typeof CHAT_STREAM_ERROR_CODES)[number];

/** What else is known of a failure. */
export interface ChatStreamErrorOptions {
  /** Whether the same may work when tried again; default false. */
  readonly retryable?: boolean | undefined;
  /** The id of the message that the failure is about. */
  readonly ref?: string | undefined;
  /** How long to wait before the next try, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** What caused it. */
  readonly cause?: unknown;
}

/**
 * The one error that the element reports, as `chat-stream-error` or as the rejection of a method. `message` is a
 * sentence for people; `code` is for programs.
 */
export class ChatStreamError extends Error {
  override readonly name = 'ChatStreamError';
  /** Whether the same may work when tried again. */
  readonly retryable: boolean;
  /** The id of the message that the failure is about. */
  readonly ref: string | undefined;
  /** How long to wait before the next try, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    /** Why, for programs. */
    readonly code: ChatStreamErrorCode,
    message: string,
    options: ChatStreamErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.retryable = options.retryable ?? false;
    this.ref = options.ref;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The message of anything that was thrown. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
