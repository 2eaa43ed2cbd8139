import { type ClientFrameOf, CloseCode, type Cursor } from '@chat-stream/protocol';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Identity } from '../auth/authenticator.js';
import { ChatError } from '../chat-error.js';
import { FRAME_LOG, type FrameLog } from '../frame-log/frame-log.js';
import { CHAT_STREAM_OPTIONS, type ResolvedOptions } from '../options.js';
import { Delivery } from '../session/delivery.js';
import { Openings } from '../session/openings.js';
import type { Session } from '../session/session.js';
import { Sessions } from '../session/sessions.js';
import { type Connection, type ConnectionState, timestamp } from './connection.js';
import { OriginalClientSink } from './original-client.js';

type Attached = Extract<ConnectionState, { kind: 'attached' }>;

/** Joins sockets to sessions, and parts them. */
@Injectable()
export class Attachments {
  private readonly logger = new Logger('ChatStream');

  constructor(
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(FRAME_LOG) private readonly log: FrameLog,
    @Inject(Openings) private readonly openings: Openings,
    @Inject(CHAT_STREAM_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** Answers a `hello`: `session`, then what the client missed, or a snapshot; then live frames. */
  async byHello(connection: Connection, hello: ClientFrameOf<'hello'>, identity: Identity): Promise<void> {
    const session = await this.sessions.acquire(hello.session_id ?? connection.id, identity.subject);
    try {
      const opening = await this.openings.open(session, hello.cursor, identity.token);
      connection.expiresAt = identity.expiresAt;
      for (const frame of opening.frames) connection.send(frame);
      this.attach(connection, session, opening.cursor, { by: 'hello', subject: identity.subject });
    } catch (error) {
      this.sessions.release(session);
      throw error;
    }
  }

  /**
   * Where a message goes: to the session of the `hello`, or, from a client of the original kind where no tokens are
   * used, to the session that the message names. Such a client moves from session to session as it likes.
   */
  async forMessage(connection: Connection, sessionId: string | undefined, ref: string | undefined): Promise<Attached> {
    const { state } = connection;
    if (state.kind === 'attached') {
      if (sessionId === undefined || sessionId === state.delivery.session.id) return state;
      if (state.by === 'hello') {
        throw new ChatError('bad_message', 'This socket is in another session: open a socket for each.', { ref });
      }
    } else if (state.kind === 'greeted' || this.options.auth.mode !== 'open') {
      throw new ChatError('unauthorized', 'Say hello first: this socket has no session yet.', { ref });
    }
    const session = await this.sessions.acquire(sessionId ?? connection.id, null);
    this.detach(connection);
    return this.attach(connection, session, session.cursor, { by: 'first-message', subject: null });
  }

  /** Parts a socket from its session. What runs in the session goes on. */
  detach(connection: Connection): void {
    if (connection.state.kind !== 'attached') return;
    const { delivery } = connection.state;
    connection.state = { kind: 'greeted' };
    delivery.stop();
    this.sessions.release(delivery.session);
  }

  private attach(
    connection: Connection,
    session: Session,
    cursor: Cursor,
    as: { readonly by: Attached['by']; readonly subject: string | null },
  ): Attached {
    const sink = as.by === 'hello' ? connection : new OriginalClientSink(connection);
    const delivery = new Delivery(sink, session, this.log, cursor);
    const attached: Attached = { kind: 'attached', ...as, delivery };
    connection.state = attached;
    void this.deliver(connection, attached);
    // The socket may have closed while the session was being opened: its `close` found nothing to part then.
    if (!connection.isOpen) this.detach(connection);
    return attached;
  }

  /** Delivers until the socket is parted from its session. Never rejects. */
  private async deliver(connection: Connection, attached: Attached): Promise<void> {
    try {
      const outcome = await attached.delivery.run();
      if (outcome === 'lost') await this.startOver(connection, attached);
    } catch (error) {
      this.logger.error(error);
      connection.close(CloseCode.internalError, 'the log could not be read');
    }
  }

  /** The log no longer has what this socket would read next: it reads too slowly, or its session began anew. */
  private async startOver(connection: Connection, lost: Attached): Promise<void> {
    if (connection.state !== lost) return;
    const { session } = lost.delivery;
    if (lost.by === 'first-message' && session.isForgotten) return this.begin(connection, lost);
    if (lost.by === 'first-message' || session.hasFailed) {
      // First what this turn still has to say: the message that could not be stored is refused by name.
      await new Promise(setImmediate);
      return connection.close(CloseCode.restart, 'reconnect to go on');
    }
    const opening = await this.openings.open(session, undefined);
    if (connection.state !== lost) return;
    for (const frame of opening.frames) connection.send(frame);
    this.attach(connection, session, opening.cursor, lost);
  }

  /**
   * The session of a client that knows no `hello` was cleared or deleted, mostly by itself. Its socket stays, and is as new:
   * it would come back a second or more after a close, and lose what is written until then. The end of an answer that ran
   * went with the log.
   */
  private begin(connection: Connection, { delivery: { session } }: Attached): void {
    this.detach(connection);
    connection.state = { kind: 'fresh' };
    const about = { session_id: session.id, timestamp: timestamp() };
    connection.send({ type: 'stream_stopped', message: 'The conversation was cleared.', ...about });
    connection.send({ type: 'typing', is_typing: false, ...about });
  }
}
