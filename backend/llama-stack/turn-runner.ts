import { type Cursor, llamaStack } from '@chat-stream/protocol';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Response } from 'express';
import { FRAME_LOG, type FrameLog } from '../frame-log/frame-log.js';
import { EventStream } from '../http/event-stream.js';
import { CHAT_STREAM_OPTIONS, type ResolvedOptions } from '../options.js';
import { Delivery } from '../session/delivery.js';
import type { Session } from '../session/session.js';
import { tell } from './detail.filter.js';
import { Refusal } from './refusal.js';
import { TurnDelivery, type TurnEvents } from './turn-delivery.js';
import type { TurnFold, TurnState } from './turn-fold.js';

/** A turn that has begun, or goes on: from `cursor` on, its session's log tells the rest. */
export interface BegunTurn {
  readonly turnId: string;
  readonly session: Session;
  readonly cursor: Cursor;
  /** Gives the session back. */
  readonly release: () => void;
  /** The answer that goes on, and what is known of it. The events that it makes go to `relay`. */
  readonly resumed?: { readonly answerId: string; readonly fold: TurnFold; readonly relay: Relay };
}

/** Where the events of a fold go that was there before anybody listened. */
export class Relay {
  target: ((payload: llamaStack.Payload) => void) | undefined;
  readonly emit = (payload: llamaStack.Payload): void => this.target?.(payload);
}

const FAULT = '500: Internal server error: An unexpected error occurred.';

/** Brings a turn to the client that asked for it: as events, or as a whole. */
@Injectable()
export class TurnRunner {
  private readonly logger = new Logger('ChatStream');

  constructor(
    @Inject(FRAME_LOG) private readonly log: FrameLog,
    @Inject(CHAT_STREAM_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * Answers with a stream of events. What `begin` throws is the one event of the stream, as on the real server, which says
   * 200 before it looks. Resolves when the client has all, or has left.
   */
  async stream(response: Response, begin: () => Promise<BegunTurn>): Promise<void> {
    // No events have ids here: nothing can be resumed by one.
    const stream = new EventStream(response, () => '', this.options.heartbeatMs);
    response.flushHeaders();
    const send = (event: llamaStack.StreamEvent) => stream.sendJson(JSON.stringify(event));
    const events: TurnEvents = {
      send: (payload) => send({ event: { payload } }),
      drained: () => stream.drained(),
    };
    try {
      const turn = await begin();
      const state = await this.follow(turn, events, response);
      if (state?.kind === 'failed') send({ error: { message: failure(state) } });
      else if (state === undefined) send({ error: { message: FAULT } });
    } catch (error) {
      send({ error: { message: this.worded(error) } });
    } finally {
      stream.end();
    }
  }

  /**
   * Answers with the whole turn, once it is over or waits for the client's tools. Clients give up on headers that do not
   * come, and send the turn again: there would be two. So where it takes long the headers go out, and then a blank from time
   * to time, which JSON allows; what fails after that is told as in a stream.
   *
   * @throws {Refusal} 400 where it failed before that. Never a status that makes clients send it again.
   */
  async whole(response: Response, begin: () => Promise<BegunTurn>): Promise<void> {
    const heartbeat = setInterval(() => {
      if (response.destroyed) return;
      if (!response.headersSent) response.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8' });
      response.write(' ');
    }, this.options.heartbeatMs);
    try {
      const turn = await this.settled(response, begin);
      if (response.headersSent) response.end(JSON.stringify(turn));
      else if (!response.destroyed) response.status(200).json(turn);
    } catch (error) {
      if (!response.headersSent) throw error;
      response.end(JSON.stringify({ error: { message: this.worded(error) } }));
    } finally {
      clearInterval(heartbeat);
    }
  }

  private async settled(response: Response, begin: () => Promise<BegunTurn>): Promise<llamaStack.Turn> {
    const turn = await begin();
    let last: TurnFold | undefined;
    const events: TurnEvents = { send: () => undefined, drained: () => undefined };
    const state = await this.follow(turn, events, response, (fold) => (last = fold));
    if (last === undefined || state === undefined) throw new Refusal(400, FAULT);
    if (state.kind === 'failed') throw new Refusal(400, failure(state));
    return last.turn();
  }

  private worded(error: unknown): string {
    const { status, message, isOurs } = tell(error);
    if (isOurs) this.logger.error(error);
    return `${status}: ${message}`;
  }

  /** Resolves with how far the turn has come; with `undefined` when its session is of no use any more. */
  private async follow(
    { turnId, session, cursor, resumed, release }: BegunTurn,
    events: TurnEvents,
    response: Response,
    settled: (fold: TurnFold) => void = () => undefined,
  ): Promise<TurnState | undefined> {
    let state: TurnState | undefined;
    const reader = new TurnDelivery(turnId, events, (fold) => {
      state = fold.state;
      settled(fold);
      delivery.stop();
    });
    if (resumed !== undefined) {
      resumed.relay.target = (payload) => events.send(payload);
      reader.resume(resumed.answerId, resumed.fold);
    }
    const delivery = new Delivery(reader, session, this.log, cursor);
    const leave = () => delivery.stop();
    response.once('close', leave);
    if (response.destroyed) leave();
    try {
      await delivery.run();
      if (state === undefined && response.destroyed) await abandon(session, turnId);
      return state;
    } finally {
      response.off('close', leave);
      release();
    }
  }
}

/**
 * The client has left before the end. On the real server that is the only way to stop a turn; here others may be watching
 * the session, and a lost connection must not take their answer away.
 */
async function abandon(session: Session, turnId: string): Promise<void> {
  const { unfinished } = session;
  if (session.isWatched || unfinished?.metadata.reply_to !== turnId) return;
  await session.stop(unfinished.id);
}

const FAILURE_STATUS: Readonly<Record<string, number>> = {
  timeout: 504,
  rate_limited: 429,
  unavailable: 503,
  too_long: 400,
  content_filter: 400,
};

function failure({ status, error }: Extract<TurnState, { kind: 'failed' }>): string {
  if (status === 'stopped') return '400: The turn was stopped.';
  if (status === 'interrupted') return '503: The turn was interrupted: the server went down.';
  return error === undefined ? FAULT : `${FAILURE_STATUS[error.code] ?? 500}: ${error.message}`;
}
