import type { ErrorCode } from '@chat-stream/protocol';

/**
 * A request that can't be served, as the client is told. Over a socket it becomes an `error` frame, over HTTP an error
 * body. `message` is a sentence for whoever reads the client's log.
 */
export class ChatError extends Error {
  override readonly name = 'ChatError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: {
      /** The id of the frame that is refused. */
      readonly ref?: string | undefined;
      /** Whether the same request may work later. */
      readonly retryable?: boolean;
      /** When the same request may work, in milliseconds from now, where that is known. */
      readonly retryAfterMs?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.ref = options.ref;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }

  readonly ref: string | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
}
