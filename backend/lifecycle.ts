import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { FRAME_LOG, type FrameLog } from './frame-log/frame-log.js';
import { HISTORY, type History } from './history/history.js';
import { AGENT_DEFINITIONS, type AgentDefinitions } from './llama-stack/agent-definitions.js';
import { CHAT_STREAM_OPTIONS, type ResolvedOptions } from './options.js';
import { Sessions } from './session/sessions.js';

/**
 * How the chat comes up and goes down. Up: what a server that died left unfinished is ended before the first client is
 * served. Down: answers finish, or get their ends, while sockets still listen; then Nest closes the sockets; stores close last.
 */
@Injectable()
export class Lifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    @Inject(CHAT_STREAM_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(FRAME_LOG) private readonly log: FrameLog,
    @Inject(HISTORY) private readonly history: History,
    @Inject(AGENT_DEFINITIONS) private readonly definitions: AgentDefinitions,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.sessions.recover();
  }

  /** Before Nest closes the sockets. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.sessions.drain(this.options.shutdownGraceMs);
  }

  /** After it did. */
  async onApplicationShutdown(): Promise<void> {
    await this.sessions.close();
    await this.log.close();
    await this.history.close();
    await this.definitions.close();
  }
}
