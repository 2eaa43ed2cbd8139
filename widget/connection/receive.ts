import { ProtocolError, type ServerFrame } from '@chat-stream/protocol';
import type { TransportHandlers } from './transport.js';

/** Hands over what `decode` reads; what is no frame is reported instead. */
export function receive(decode: () => ServerFrame, handlers: Pick<TransportHandlers, 'frame' | 'invalid'>): void {
  let frame: ServerFrame;
  try {
    frame = decode();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    handlers.invalid(error);
    return;
  }
  handlers.frame(frame);
}
