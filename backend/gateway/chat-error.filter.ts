import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { WebSocket } from 'ws';
import { ChatError } from '../chat-error.js';
import { connectionOf } from './ws-adapter.js';

/** Turns what a frame's handler throws into an `error` frame. What we did not mean to throw stays in the log. */
@Catch()
export class ChatErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('ChatStream');

  catch(error: unknown, host: ArgumentsHost): void {
    const connection = connectionOf(host.switchToWs().getClient<WebSocket>());
    if (error instanceof ChatError) return connection?.refuse(error);
    this.logger.error(error);
    const { id } = host.switchToWs().getData<{ id?: string }>() ?? {};
    connection?.refuse(
      new ChatError('internal', 'Internal server error', { retryable: true, ...(id === undefined ? {} : { ref: id }) }),
    );
  }
}
