import type { IncomingMessage } from 'node:http';
import {
  type BeforeApplicationShutdown,
  Inject,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  UseFilters,
} from '@nestjs/common';
import {
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
} from '@nestjs/websockets';
import { type ClientFrameOf, CloseCode, PROTOCOL_VERSION } from '@chat-stream/protocol';
import type { WebSocket } from 'ws';
import { AgentRegistry } from '../agent/agent-registry.js';
import { AUTHENTICATOR, type Authenticator } from '../auth/authenticator.js';
import { chatConfig, statusOf } from '../chat-config.js';
import { ChatError } from '../chat-error.js';
import { CHAT_STREAM_OPTIONS, type ResolvedOptions } from '../options.js';
import { toDecision, toSubmission } from '../session/submission.js';
import { Attachments } from './attachments.js';
import { ChatErrorFilter } from './chat-error.filter.js';
import { type Connection, timestamp } from './connection.js';
import { Heartbeat } from './heartbeat.js';
import { CHAT_PATH, ChatStreamWsAdapter, connectionOf } from './ws-adapter.js';

/** What a client should wait before it comes back after a planned stop: about what a restart takes. */
const GOAWAY_RETRY_MS = 1_000;

/** The chat socket. Every method here is one frame of the protocol; none of them waits for an answer to be written. */
@WebSocketGateway({ path: CHAT_PATH })
@UseFilters(ChatErrorFilter)
export class ChatGateway
  implements
    OnGatewayConnection<WebSocket>,
    OnGatewayDisconnect<WebSocket>,
    OnApplicationBootstrap,
    BeforeApplicationShutdown,
    OnApplicationShutdown
{
  @WebSocketServer()
  private readonly server: unknown;

  private readonly logger = new Logger('ChatStream');
  private readonly heartbeat: Heartbeat;

  constructor(
    @Inject(CHAT_STREAM_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(AUTHENTICATOR) private readonly authenticator: Authenticator,
    @Inject(AgentRegistry) private readonly agents: AgentRegistry,
    @Inject(Attachments) private readonly attachments: Attachments,
  ) {
    this.heartbeat = new Heartbeat(options.heartbeatMs);
  }

  onApplicationBootstrap(): void {
    if (ChatStreamWsAdapter.isUsedBy(this.server)) return;
    throw new Error('chat-stream needs its adapter: app.useWebSocketAdapter(new ChatStreamWsAdapter(app)).');
  }

  /** Running answers go on for a while, so clients stay; they come back when the socket closes with 1012. */
  beforeApplicationShutdown(): void {
    this.heartbeat.broadcast({ type: 'goaway', retry_after_ms: GOAWAY_RETRY_MS });
  }

  onApplicationShutdown(): void {
    this.heartbeat.stop();
  }

  /** Must not throw and not wait: Nest handles messages before a promise resolves, and a rejection ends the process. */
  handleConnection(socket: WebSocket, _request?: IncomingMessage): void {
    const connection = connectionOf(socket);
    if (connection === undefined) return;
    const { heartbeatMs, helloTimeoutMs } = this.options;
    const { mode } = this.authenticator;
    connection.send({ type: 'agent_status', agent: statusOf(this.agents.default), timestamp: timestamp() });
    connection.send({
      type: 'connected',
      session_id: connection.id,
      timestamp: timestamp(),
      protocol: PROTOCOL_VERSION,
      heartbeat_ms: heartbeatMs,
      auth: mode,
    });
    this.heartbeat.add(connection);
    if (mode === 'open') return;
    connection.helloTimer = setTimeout(() => {
      if (connection.state.kind === 'fresh') connection.close(CloseCode.helloTimeout, 'no hello');
    }, helloTimeoutMs);
  }

  handleDisconnect(socket: WebSocket): void {
    const connection = connectionOf(socket);
    if (connection === undefined) return;
    connection.greeted();
    this.heartbeat.remove(connection);
    this.attachments.detach(connection);
  }

  @SubscribeMessage('hello')
  async hello(socket: WebSocket, frame: ClientFrameOf<'hello'>): Promise<void> {
    const connection = open(socket);
    if (connection.state.kind !== 'fresh') return connection.close(CloseCode.tooMany, 'a second hello');
    connection.state = { kind: 'greeted' };
    connection.greeted();
    const identity = await this.identify(connection, frame.token);
    if (identity === undefined) return;
    try {
      await this.attachments.byHello(connection, frame, identity);
    } catch (error) {
      if (!(error instanceof ChatError) || error.code !== 'unavailable') throw error;
      // Not now, but soon: the client comes back by itself.
      connection.refuse(error);
      connection.close(CloseCode.restart, 'not now');
    }
  }

  @SubscribeMessage('message')
  async message(socket: WebSocket, frame: ClientFrameOf<'message'>): Promise<void> {
    const connection = open(socket);
    const submission = toSubmission(frame);
    const sessionId = frame.metadata.session_id ?? undefined;
    const { delivery, by } = await this.attachments.forMessage(connection, sessionId, frame.id);
    // A client of the original kind would be asked what it can not show.
    const { repeated } = await delivery.session.submit({ ...submission, canApprove: by === 'hello' });
    // Sent at its place in the order: this socket may still be reading what came before it.
    if (repeated !== undefined) delivery.repeat(repeated);
  }

  @SubscribeMessage('stop')
  async stop(socket: WebSocket, frame: ClientFrameOf<'stop'>): Promise<void> {
    const connection = open(socket);
    const { state } = connection;
    if (state.kind !== 'attached') {
      return connection.send({
        type: 'stop_response',
        success: false,
        error: 'no_session_for_connection',
        timestamp: timestamp(),
      });
    }
    const { session } = state.delivery;
    // In a client of the original kind, `id` is the number of its frame: every frame of today's UI has one.
    const id = await session.stop(state.by === 'hello' ? (frame.id ?? undefined) : undefined);
    state.delivery.notify({
      after: session.cursor.seq,
      frame: {
        type: 'stop_response',
        success: true,
        session_id: session.id,
        ...(id === undefined ? {} : { id }),
        timestamp: timestamp(),
      },
    });
  }

  @SubscribeMessage('history')
  async history(socket: WebSocket, frame: ClientFrameOf<'history'>): Promise<void> {
    const connection = open(socket);
    const { state } = connection;
    if (state.kind !== 'attached') throw needsHello();
    const { before, limit } = frame;
    connection.send(await state.delivery.session.page({ ...(before === undefined ? {} : { before }), limit }));
  }

  @SubscribeMessage('tool_result')
  toolResult(socket: WebSocket, frame: ClientFrameOf<'tool_result'>): void {
    const { state } = open(socket);
    if (state.kind !== 'attached') throw needsHello();
    const { call_id: callId, content, is_error: isError = false } = frame;
    if (!state.delivery.session.answerTool(callId, { content, isError })) throw notAwaited(callId);
  }

  @SubscribeMessage('approval')
  approval(socket: WebSocket, frame: ClientFrameOf<'approval'>): void {
    const { state } = open(socket);
    if (state.kind !== 'attached') throw needsHello();
    state.delivery.session.decide(toDecision(frame));
  }

  @SubscribeMessage('token')
  async token(socket: WebSocket, frame: ClientFrameOf<'token'>): Promise<void> {
    const connection = open(socket);
    const { state } = connection;
    if (state.kind !== 'attached') throw needsHello();
    const identity = await this.identify(connection, frame.token);
    if (identity === undefined) return;
    if (identity.subject !== state.subject) return connection.close(CloseCode.forbidden, "someone else's token");
    connection.expiresAt = identity.expiresAt;
    connection.toldExpiring = false;
  }

  @SubscribeMessage('ping')
  ping(socket: WebSocket): void {
    open(socket).send({ type: 'pong', timestamp: timestamp() });
  }

  @SubscribeMessage('get_status')
  status(socket: WebSocket): void {
    open(socket).send({ type: 'status', agent: statusOf(this.agents.default), timestamp: timestamp() });
  }

  @SubscribeMessage('get_config')
  config(socket: WebSocket): void {
    const config = chatConfig(this.agents.default, this.options);
    open(socket).send({ type: 'config', config, timestamp: timestamp() });
  }

  /** Who this is; `undefined` when the socket was closed because its token is no good. */
  private async identify(connection: Connection, token: string | undefined) {
    try {
      return await this.authenticator.identify(token);
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      this.logger.debug(error.message);
      connection.refuse(error);
      connection.close(CloseCode.unauthorized, error.code);
      return undefined;
    }
  }
}

function open(socket: WebSocket): Connection {
  const connection = connectionOf(socket);
  if (connection === undefined) throw new Error('This socket is not one of the chat gateway.');
  return connection;
}

function notAwaited(callId: string): ChatError {
  return new ChatError('not_found', 'No answer waits for this tool.', { ref: callId });
}

function needsHello(): ChatError {
  return new ChatError('unauthorized', 'Say hello first: this socket has no session yet.');
}
