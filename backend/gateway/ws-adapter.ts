import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type INestApplication, Logger } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import type { MessageMappingProperties } from '@nestjs/websockets';
import { CloseCode, decodeClientFrame, ProtocolError, SUBPROTOCOL } from '@chat-stream/protocol';
import type { Observable } from 'rxjs';
import { WebSocket, WebSocketServer } from 'ws';
import { CHAT_STREAM_OPTIONS, type ResolvedOptions } from '../options.js';
import { Connection } from './connection.js';
import { OriginPolicy } from '../auth/origin-policy.js';

/** Where the chat socket is. Clients of the original system have it built in. */
export const CHAT_PATH = '/ws/chat';

/** How long a client has to answer our close before its socket is cut. */
const CLOSE_GRACE_MS = 1_000;

const connections = new WeakMap<WebSocket, Connection>();

/** The connection that belongs to a socket of the chat gateway. */
export function connectionOf(socket: WebSocket): Connection | undefined {
  return connections.get(socket);
}

/**
 * The WebSocket adapter of an application that has the chat gateway. It is Nest's own for every other gateway, and owns
 * what must not be left to chance at {@link CHAT_PATH}: the upgrade (path and Origin are checked before 101), the size of
 * a frame, the reading of messages (by our codec, in order), errors and close codes.
 *
 * @example app.useWebSocketAdapter(new ChatStreamWsAdapter(app));
 */
export class ChatStreamWsAdapter extends WsAdapter {
  protected override readonly logger = new Logger('ChatStream');
  private readonly upgrades = new Map<Server, (request: IncomingMessage, socket: Duplex, head: Buffer) => void>();
  private chatServer: WebSocketServer | undefined;

  constructor(private readonly app: INestApplication) {
    super(app);
  }

  override create(port: number, options: Record<string, unknown> & { path?: string } = {}): WebSocketServer {
    if (options.path !== CHAT_PATH) return super.create(port, options) as WebSocketServer;
    const { limits } = this.options();
    this.ensureHttpServerExists(port, this.httpServer as Server | undefined);
    const server = new WebSocketServer({
      noServer: true,
      clientTracking: true,
      maxPayload: limits.messageBytes,
      // 54–75 µs for each small frame, for hardly fewer bytes.
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    });
    server.on('error', (error) => this.logger.error(error));
    server.on('connection', (socket: WebSocket) => {
      // Broken framing and oversize arrive here; `ws` closes the socket with the right code by itself.
      socket.on('error', () => undefined);
      connections.set(socket, new Connection(socket));
    });
    this.chatServer = server;
    this.addWsServerToRegistry(Object.assign(server, { path: CHAT_PATH }), port, CHAT_PATH);
    return server;
  }

  override bindMessageHandlers(
    socket: WebSocket,
    handlers: MessageMappingProperties[],
    transform: (data: unknown) => Observable<unknown>,
  ): void {
    const connection = connections.get(socket);
    if (connection === undefined) return super.bindMessageHandlers(socket, handlers, transform);
    const { limits } = this.options();
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      connection.lastHeard = performance.now();
      if (isBinary) return connection.close(CloseCode.unsupportedData, 'frames are text');
      try {
        const frame = decodeClientFrame(data.toString(), { maxDepth: limits.depth });
        // Not a map: there are few, and each socket would keep one.
        const handler = handlers.find(({ message }) => message === frame.type);
        if (handler === undefined) throw new ProtocolError('unknown_type', `"${frame.type}" is not served here.`);
        // One after another: a message must not overtake the hello before it.
        connection.enqueue(() => handler.callback(frame) as Promise<unknown>);
      } catch (error) {
        this.refuse(connection, error);
      }
    });
    socket.on('pong', () => (connection.lastHeard = performance.now()));
  }

  override async close(server: WebSocketServer): Promise<void> {
    if (server !== this.chatServer) return super.close(server);
    const sockets = [...server.clients];
    const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of sockets) socket.close(CloseCode.restart, 'the server restarts');
    const timer = setTimeout(() => sockets.forEach((socket) => socket.terminate()), CLOSE_GRACE_MS);
    await Promise.all(closed);
    clearTimeout(timer);
    await new Promise((resolve) => server.close(resolve));
  }

  override async dispose(): Promise<void> {
    for (const [server, listener] of this.upgrades) server.off('upgrade', listener);
    this.upgrades.clear();
    await super.dispose();
  }

  /** Whether the application uses this adapter: the gateway says what to do when it does not. */
  static isUsedBy(server: unknown): boolean {
    return (
      server instanceof WebSocketServer && server.options.maxPayload !== undefined && server.options.noServer === true
    );
  }

  protected override ensureHttpServerExists(port: number, httpServer?: Server): Server | undefined {
    if (port !== 0) return super.ensureHttpServerExists(port, httpServer);
    if (this.httpServersRegistry.has(port) || httpServer === undefined) return undefined;
    this.httpServersRegistry.set(port, httpServer);
    const listener = (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.upgrade(port, request, socket, head);
    httpServer.on('upgrade', listener);
    this.upgrades.set(httpServer, listener);
    return httpServer;
  }

  private upgrade(port: number, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A client that goes away during the upgrade must not end the process. No function made here: it would live as long
    // as the socket, and keep the request with it.
    socket.on('error', destroy);
    const url = request.url ?? '/';
    const path = URL.canParse(url, 'ws://host') ? new URL(url, 'ws://host').pathname : undefined;
    const servers = (this.wsServersRegistry.get(port) ?? []) as (WebSocketServer & { path: string })[];
    const server = servers.find((candidate) => candidate.path === path);
    if (server === undefined) return refuseUpgrade(socket, 404);
    if (server === this.chatServer && !new OriginPolicy(this.options().allowedOrigins).allows(request)) {
      return refuseUpgrade(socket, 403);
    }
    server.handleUpgrade(request, socket, head, (client) => void server.emit('connection', client, request));
  }

  private refuse(connection: Connection, error: unknown): void {
    if (error instanceof ProtocolError) {
      if (!isOriginalQuirk(connection, error)) connection.refuse(error);
      return;
    }
    this.logger.error(error);
    connection.refuse(new ProtocolError('bad_message', 'The frame could not be read.'));
  }

  private options(): ResolvedOptions {
    return this.app.get<ResolvedOptions>(CHAT_STREAM_OPTIONS, { strict: false });
  }
}

/** Frames that clients of the original system send and its server ignored; its UI would show an error as an answer. */
const ORIGINAL_QUIRKS = new Set(['get_agents', 'create_agent', 'execute_task', 'update_config']);

function isOriginalQuirk({ state }: Connection, { frameType }: ProtocolError): boolean {
  const saidHello = state.kind === 'greeted' || (state.kind === 'attached' && state.by === 'hello');
  return !saidHello && frameType !== undefined && ORIGINAL_QUIRKS.has(frameType);
}

function refuseUpgrade(socket: Duplex, status: 403 | 404): void {
  const text = STATUS_CODES[status] ?? '';
  socket.end(
    `HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
  );
}

function destroy(this: Duplex): void {
  this.destroy();
}
