import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationShutdown } from '@nestjs/common';
import { FRAME_LOG, type FrameLog } from './frame-log/frame-log.js';
import { HISTORY, type History } from './history/history.js';
import { Sessions } from './session/sessions.js';

/** The order in which the chat goes down: answers get their ends while sockets still listen, stores close last. */
@Injectable()
export class Lifecycle implements BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(FRAME_LOG) private readonly log: FrameLog,
    @Inject(HISTORY) private readonly history: History,
  ) {}

  /** Before Nest closes the sockets. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.sessions.close();
  }

  /** After it did. */
  async onApplicationShutdown(): Promise<void> {
    await this.log.close();
    await this.history.close();
  }
}
