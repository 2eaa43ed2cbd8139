import type { Cursor } from '@chat-stream/protocol';
import type { TransportName } from '../settings.js';
import { AutoTransport } from './auto.js';
import { LazySse, loadSse } from './lazy-sse.js';
import { LinkTransport } from './link.js';
import { llamaStackLink } from './llama-stack.js';
import { serverAddress } from './server.js';
import type { Transport } from './transport.js';
import { WebSocketTransport } from './web-socket.js';

/**
 * The transport for one attempt to reach a server.
 *
 * @param server The attribute `server`.
 * @param cursor The last frame that was seen, at any moment.
 * @param agent The attribute `agent`.
 * @throws {ChatStreamError} as {@link serverAddress}.
 */
export function serverTransport(
  name: TransportName,
  server: string | undefined,
  cursor: () => Cursor | undefined,
  agent: string | undefined,
): Transport {
  const { key, socketUrl } = serverAddress(server);
  if (name === 'llama-stack') return new LinkTransport(llamaStackLink(key, agent));
  const socket = (): Transport => new WebSocketTransport(socketUrl);
  const events = (): Transport => new LazySse(key, cursor);
  if (name === 'auto') return new AutoTransport({ server: key, socket, events, prepare: () => loadSse(key) });
  return name === 'sse' ? events() : socket();
}
