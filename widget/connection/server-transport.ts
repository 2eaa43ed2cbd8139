import type { Cursor } from '@chat-stream/protocol';
import type { TransportName } from '../settings.js';
import { AutoTransport } from './auto.js';
import { LazySse, loadSse } from './lazy-sse.js';
import { serverAddress } from './server.js';
import type { Transport } from './transport.js';
import { WebSocketTransport } from './web-socket.js';

/**
 * The transport for one attempt to reach a server.
 *
 * @param server The attribute `server`.
 * @param cursor The last frame that was seen, at any moment.
 * @throws {ChatStreamError} as {@link serverAddress}.
 */
export function serverTransport(
  name: TransportName,
  server: string | undefined,
  cursor: () => Cursor | undefined,
): Transport {
  const { key, socketUrl } = serverAddress(server);
  const socket = (): Transport => new WebSocketTransport(socketUrl);
  const events = (): Transport => new LazySse(key, cursor);
  if (name === 'auto') return new AutoTransport({ server: key, socket, events, prepare: () => loadSse(key) });
  return name === 'sse' ? events() : socket();
}
