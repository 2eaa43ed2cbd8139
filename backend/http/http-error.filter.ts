import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import { type ErrorCode, ProtocolError } from '@chat-stream/protocol';
import type { Response } from 'express';
import { ChatError } from '../chat-error.js';

/** The status of an HTTP answer that says this error. */
export const STATUS_OF: Readonly<Record<ErrorCode, number>> = {
  bad_json: 400,
  bad_message: 400,
  unknown_type: 400,
  unauthorized: 401,
  token_expired: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  busy: 409,
  too_large: 413,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
};

/** A body that is not what the address takes. */
export class UnsupportedMediaType extends Error {
  override readonly name = 'UnsupportedMediaType';
}

/** When to come back where nothing else is known: a restart, a full disk and a store that is gone take a moment. */
const UNAVAILABLE_MS = 1_000;

/**
 * Answers a failed request with `{"error":{code,message,retryable}}`, and with `Retry-After` where waiting helps. What we
 * did not mean to throw stays in the log.
 */
@Catch()
export class HttpErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('ChatStream');

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    if (response.headersSent) return void response.destroy();
    const { status, code, message, retryable } = this.describe(error);
    const waitMs = waitFor(error);
    // Whole seconds, rounded up: whoever comes sooner comes in vain.
    if (waitMs !== undefined) response.setHeader('Retry-After', Math.max(1, Math.ceil(waitMs / 1_000)));
    // `detail` is where clients of the original system look.
    response.status(status).json({ error: { code, message, retryable }, detail: message });
  }

  private describe(error: unknown): { status: number; code: ErrorCode; message: string; retryable: boolean } {
    if (error instanceof ChatError || error instanceof ProtocolError) {
      const { code, message } = error;
      return { status: STATUS_OF[code], code, message, retryable: error instanceof ChatError && error.retryable };
    }
    if (error instanceof UnsupportedMediaType) {
      return { status: 415, code: 'bad_message', message: error.message, retryable: false };
    }
    if (error instanceof HttpException && error.getStatus() < 500) {
      return { status: error.getStatus(), code: 'bad_message', message: error.message, retryable: false };
    }
    this.logger.error(error);
    return { status: 500, code: 'internal', message: 'Internal server error', retryable: true };
  }
}

/** How long the client of a request that failed should wait, in milliseconds; `undefined`: waiting is of no use, or not known. */
function waitFor(error: unknown): number | undefined {
  if (!(error instanceof ChatError)) return undefined;
  return error.retryAfterMs ?? (error.code === 'unavailable' && error.retryable ? UNAVAILABLE_MS : undefined);
}
