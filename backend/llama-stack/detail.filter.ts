import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import { llamaStack, ProtocolError } from '@chat-stream/protocol';
import type { Response } from 'express';
import { ChatError } from '../chat-error.js';
import { STATUS_OF, UnsupportedMediaType } from '../http/http-error.filter.js';
import { Refusal } from './refusal.js';

/** What a client is told of an error: the status and the body of a Llama Stack server. */
export interface Told {
  readonly status: number;
  readonly body: unknown;
  /** The one sentence in it. */
  readonly message: string;
  /** Whether this is news to us, and to be logged. */
  readonly isOurs: boolean;
}

/** Puts an error into the words of a Llama Stack server. What we did not mean to throw stays in the log. */
export function tell(error: unknown): Told {
  if (error instanceof llamaStack.InvalidBody) return unreadable(error.errors);
  if (error instanceof ProtocolError && error.code === 'bad_json') {
    return unreadable([{ loc: [], msg: 'JSON decode error', type: 'json_invalid' }]);
  }
  if (error instanceof Refusal) return detailed(error.status, error.message);
  if (error instanceof ChatError || error instanceof ProtocolError)
    return detailed(STATUS_OF[error.code], error.message);
  if (error instanceof UnsupportedMediaType) return detailed(415, error.message);
  if (error instanceof HttpException && error.getStatus() < 500) return detailed(error.getStatus(), error.message);
  return { ...detailed(500, 'Internal server error: An unexpected error occurred.'), isOurs: true };
}

function detailed(status: number, message: string): Told {
  return { status, body: { detail: message }, message, isOurs: false };
}

function unreadable(errors: llamaStack.InvalidBody['errors']): Told {
  const placed = errors.map(({ loc, msg, type }) => ({ loc: ['body', ...loc], msg, type }));
  return { status: 400, body: { error: { detail: { errors: placed } } }, message: 'Invalid body', isOurs: false };
}

/** Answers a failed request as a Llama Stack server does. */
@Catch()
export class DetailFilter implements ExceptionFilter {
  private readonly logger = new Logger('ChatStream');

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const { status, body, isOurs } = tell(error);
    if (isOurs) this.logger.error(error);
    if (response.headersSent) return void response.destroy();
    response.status(status).json(body);
  }
}
