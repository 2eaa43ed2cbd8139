import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { ClientFrame } from '@chat-stream/protocol';
import type { WebSocket } from 'ws';
import { ChatError } from '../chat-error.js';
import { connectionOf } from './ws-adapter.js';

/** Turns what a frame's handler throws into an `error` frame that names it. What we did not mean to throw stays in the log. */
@Catch()
export class ChatErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('ChatStream');

  catch(error: unknown, host: ArgumentsHost): void {
    const connection = connectionOf(host.switchToWs().getClient<WebSocket>());
    const frame = host.switchToWs().getData<ClientFrame>();
    const ref = 'id' in frame ? (frame.id ?? undefined) : undefined;
    if (error instanceof ChatError) {
      const { code, message, retryable, retryAfterMs } = error;
      return connection?.refuse(
        error.ref === undefined ? new ChatError(code, message, { ref, retryable, retryAfterMs }) : error,
      );
    }
    this.logger.error(error);
    connection?.refuse(new ChatError('internal', 'Internal server error', { retryable: true, ref }));
  }
}
