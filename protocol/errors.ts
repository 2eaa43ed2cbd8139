/** Codes of the `error` frame and of HTTP error bodies. `bad_json` … `too_large` are made by the codec itself. */
export const ERROR_CODES = [
  'bad_json',
  'bad_message',
  'unknown_type',
  'too_large',
  'unauthorized',
  'token_expired',
  'forbidden',
  'not_found',
  'conflict',
  'rate_limited',
  'busy',
  'unavailable',
  'internal',
] as const;

/** One of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Codes that the codec gives to input it refuses. */
export type CodecErrorCode = Extract<ErrorCode, 'bad_json' | 'bad_message' | 'unknown_type' | 'too_large'>;

/**
 * The only error that the codec throws. `message` is a sentence that says which field is wrong and what is expected;
 * of what the sender wrote it repeats a plain `type` at most, so it can be sent back and logged.
 */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';

  constructor(
    /** Why the input was refused. */
    readonly code: CodecErrorCode,
    message: string,
    /** The `id` of the refused frame where one could be read: goes into `error.ref`. */
    readonly ref?: string,
    /** The `type` of the refused frame where it is a type that nobody knows. */
    readonly frameType?: string,
  ) {
    super(message);
  }
}
