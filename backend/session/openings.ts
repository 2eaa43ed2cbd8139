import type { Cursor, ServerFrameInput } from '@chat-stream/protocol';
import { Inject, Injectable } from '@nestjs/common';
import { AgentRegistry } from '../agent/agent-registry.js';
import { FRAME_LOG, type FrameLog } from '../frame-log/frame-log.js';
import { CHAT_STREAM_OPTIONS, type ResolvedOptions } from '../options.js';
import type { Session } from './session.js';

/** What a client is sent first, and the cursor that its delivery goes on from. */
export interface Opening {
  readonly frames: readonly ServerFrameInput[];
  readonly cursor: Cursor;
}

/** How a client enters a session, over whatever it came: `session`, then a snapshot where it can't resume. */
@Injectable()
export class Openings {
  constructor(
    @Inject(FRAME_LOG) private readonly log: FrameLog,
    @Inject(AgentRegistry) private readonly agents: AgentRegistry,
    @Inject(CHAT_STREAM_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** `cursor`: what the client has; `token`: one it should keep from now on. */
  async open(session: Session, cursor: Cursor | undefined, token?: string): Promise<Opening> {
    const resumed = cursor !== undefined && (await this.canResume(session, cursor));
    const described = { ...this.describe(session), resumed, ...(token === undefined ? {} : { token }) };
    if (resumed) return { frames: [described], cursor };
    const snapshot = await session.snapshot();
    return { frames: [described, ...snapshot.frames], cursor: snapshot.cursor };
  }

  private async canResume(session: Session, cursor: Cursor): Promise<boolean> {
    if (cursor.epoch !== session.cursor.epoch || cursor.seq > session.cursor.seq) return false;
    return (await this.log.read(session.id, cursor, 1)).kind === 'frames';
  }

  private describe(session: Session) {
    const { epoch, seq } = session.cursor;
    return {
      type: 'session' as const,
      session_id: session.id,
      epoch,
      seq,
      agents: this.agents.list(),
      config: {
        default_agent: this.agents.default.info.name,
        message_bytes: this.options.limits.messageBytes,
        idle_timeout_ms: this.options.idleTimeoutMs,
        concurrent_turns: this.options.concurrentTurns,
        heartbeat_ms: this.options.heartbeatMs,
      },
    };
  }
}
