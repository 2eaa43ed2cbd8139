import { type Cursor, CursorSchema, decodeClientFrame } from '@chat-stream/protocol';
import {
  type BeforeApplicationShutdown,
  Controller,
  Get,
  HttpCode,
  Inject,
  Logger,
  Param,
  Post,
  Req,
  Res,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import * as v from 'valibot';
import { ChatError } from '../chat-error.js';
import { FRAME_LOG, type FrameLog } from '../frame-log/frame-log.js';
import { CHAT_STREAM_OPTIONS, type ResolvedOptions } from '../options.js';
import { Delivery } from '../session/delivery.js';
import { Openings } from '../session/openings.js';
import type { Session } from '../session/session.js';
import { Sessions } from '../session/sessions.js';
import { toDecision, toSubmission } from '../session/submission.js';
import { AccessGuard, type IdentifiedRequest } from './access.guard.js';
import { EventStream } from './event-stream.js';
import { HttpErrorFilter } from './http-error.filter.js';
import { frameBody, textBody } from './request-body.js';

/** The same frames as the socket carries, for networks that block it: events down, requests up. */
@Controller('api/chat/sessions/:id')
@UseGuards(AccessGuard)
@UseFilters(HttpErrorFilter)
export class ChatStreamController implements BeforeApplicationShutdown {
  private readonly logger = new Logger('ChatStream');
  private readonly streams = new Set<EventStream>();

  constructor(
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(Openings) private readonly openings: Openings,
    @Inject(FRAME_LOG) private readonly log: FrameLog,
    @Inject(CHAT_STREAM_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** Running answers go on for a while; streams end with the server. */
  beforeApplicationShutdown(): void {
    for (const stream of this.streams) stream.send({ type: 'goaway', retry_after_ms: 1_000 });
  }

  @Get('stream')
  async stream(@Param('id') id: string, @Req() request: IdentifiedRequest, @Res() response: Response): Promise<void> {
    const cursor = cursorOf(request);
    const session = await this.sessions.acquire(id, request.identity.subject);
    try {
      const { cursor: from, frames } = await this.openings.open(session, cursor, request.identity.token);
      const events = new EventStream(response, () => from.epoch, this.options.heartbeatMs);
      for (const frame of frames) events.send(frame);
      await this.deliver(events, session, from, response);
    } finally {
      this.sessions.release(session);
    }
  }

  @Post('messages')
  @HttpCode(202)
  async message(@Param('id') id: string, @Req() request: IdentifiedRequest): Promise<{ id: string; seq: number }> {
    const frame = await frameBody('message', request, this.options.limits);
    const submission = toSubmission(frame);
    return this.within(id, request, async (session) => {
      const submitted = await session.submit({ ...submission, canApprove: true });
      return { id: submitted.id, seq: submitted.seq };
    });
  }

  @Post('stop')
  @HttpCode(200)
  async stop(@Param('id') id: string, @Req() request: IdentifiedRequest): Promise<{ success: true; id?: string }> {
    const frame = await frameBody('stop', request, this.options.limits);
    return this.within(id, request, async (session) => {
      const stopped = await session.stop(frame.id ?? undefined);
      return { success: true, ...(stopped === undefined ? {} : { id: stopped }) };
    });
  }

  /** Any other client frame. */
  @Post('actions')
  @HttpCode(202)
  async action(@Param('id') id: string, @Req() request: IdentifiedRequest): Promise<{ success: true }> {
    const { messageBytes: maxBytes, depth: maxDepth } = this.options.limits;
    const frame = decodeClientFrame(await textBody(request, this.options.limits), { maxBytes, maxDepth });
    if (frame.type === 'approval') {
      await this.within(id, request, async (session) => session.decide(toDecision(frame)));
      return { success: true };
    }
    if (frame.type !== 'tool_result') throw new ChatError('bad_message', 'There is no such action in this version.');
    const { call_id: callId, content, is_error: isError = false } = frame;
    const isTaken = await this.within(id, request, async (session) => session.answerTool(callId, { content, isError }));
    if (!isTaken) throw new ChatError('not_found', 'No answer waits for this tool.', { ref: callId });
    return { success: true };
  }

  private async within<T>(id: string, request: IdentifiedRequest, work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.sessions.acquire(id, request.identity.subject);
    try {
      return await work(session);
    } finally {
      this.sessions.release(session);
    }
  }

  /** Resolves when the client has gone, or needs to come back. */
  private async deliver(events: EventStream, session: Session, from: Cursor, response: Response): Promise<void> {
    const delivery = new Delivery(events, session, this.log, from);
    const stop = () => delivery.stop();
    response.once('close', stop);
    if (response.destroyed) stop();
    this.streams.add(events);
    try {
      await delivery.run();
    } catch (error) {
      this.logger.error(error);
    } finally {
      response.off('close', stop);
      this.streams.delete(events);
      // Where its place is lost the client comes back, and gets a snapshot.
      events.end();
    }
  }
}

/** `Last-Event-ID`, which a browser sends by itself, or `?cursor=`: `<epoch>-<seq>`. One that can't be read is none. */
function cursorOf(request: Request): Cursor | undefined {
  const { cursor } = request.query;
  const text = request.get('last-event-id') ?? (typeof cursor === 'string' ? cursor : '');
  const place = text.lastIndexOf('-');
  if (place < 1 || !/^\d{1,15}$/.test(text.slice(place + 1))) return undefined;
  const result = v.safeParse(CursorSchema, { epoch: text.slice(0, place), seq: Number(text.slice(place + 1)) });
  return result.success ? result.output : undefined;
}
