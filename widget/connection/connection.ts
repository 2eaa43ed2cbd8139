import { afterClose, type Cursor, type ProtocolError, type ServerFrame } from '@chat-stream/protocol';
import type { ClientFrameInput, ServerFrameOf } from '@chat-stream/protocol';
import { ChatStreamError, reasonOf } from '../errors.js';
import { backoffDelay } from './backoff.js';
import { Liveness } from './liveness.js';
import type { Sight } from './sight.js';
import type { ConnectionState, Transport } from './transport.js';
import { isOffline, watchWake } from './wake.js';

/** How long a server may take from the first byte to `session`, in milliseconds. */
const HANDSHAKE_MS = 10_000;
/** How long an answer to our `ping` may take after the page woke up, in milliseconds. */
const PROBE_MS = 4_000;
/** A connection that lasted this long, in milliseconds, was a good one: waiting begins from the start again. */
const STABLE_MS = 5_000;

/** Which rules a server goes by. `original`: no `hello`, no echo, so nothing is ever sent twice. */
export type ServerKind = 'session' | 'original';

/** What the connection asks of, and tells, the conversation it serves. */
export interface ConnectionDelegate {
  /** A transport for one attempt. @throws {ChatStreamError} when there can be none; the connection gives up. */
  transport(): Transport;
  /** The token of this attempt: asked for afresh every time. */
  token(): string | undefined | Promise<string | undefined>;
  /** The frame that opens the session. */
  hello(token: string | undefined): ClientFrameInput;
  /** The last frame that was seen. */
  cursor(): Cursor | undefined;
  /** One valid frame. */
  frame(frame: ServerFrame): void;
  /** Messages may be sent. `fresh`: for the first time on this connection. */
  ready(kind: ServerKind, fresh: boolean): void;
  /** The server refused `hello`, or the credentials: come back, or give up? */
  refused(error: ChatStreamError): 'retry' | 'give-up';
  /** The connection ended with this code; `undefined` where the wire has none. */
  lost(closeCode: number | undefined): void;
  /** The state may have changed. */
  changed(): void;
  /** Something failed that a page should know of. The connection goes on by itself. */
  problem(error: ChatStreamError): void;
  /** For debugging: everything that comes and goes, before anything is done about it. */
  see(...sight: Sight): void;
}

/** One attempt is one object: what an older one still reports is recognised, and ignored. */
interface Attempt {
  transport?: Transport;
  /** Over a link: what the page says of it. */
  linkState?: ConnectionState;
}

type Phase =
  | { readonly name: 'idle' | 'stopped' }
  | { readonly name: 'authorizing' | 'opening' | 'greeting'; readonly attempt: Attempt }
  | { readonly name: 'ready'; readonly attempt: Attempt; readonly kind: ServerKind; readonly since: number }
  | { readonly name: 'waiting' }
  | { readonly name: 'gave-up'; readonly error: ChatStreamError };

/**
 * Keeps one connection to a server up: opens it, says hello, notices when it is gone, and comes back with the cursor.
 * At any moment there is at most one attempt, and {@link stop} leaves no timer, listener or socket behind.
 */
export class Connection {
  readonly #delegate: ConnectionDelegate;
  #phase: Phase = { name: 'idle' };
  #failures = 0;
  #everTried = false;
  /** Not before this moment of `performance.now()`: a server asked for patience. */
  #earliest = 0;
  #heartbeatMs: number | undefined;
  /** The server said that it goes: how long it will be away, in milliseconds. */
  #awayMs: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #liveness = new Liveness(() => this.#lose(undefined));
  #listening: AbortController | undefined;

  /** Does nothing until {@link start}. */
  constructor(delegate: ConnectionDelegate) {
    this.#delegate = delegate;
  }

  /** The state that a page is told. */
  get state(): ConnectionState {
    const phase = this.#phase;
    if (phase.name === 'idle') return 'idle';
    if (phase.name === 'stopped' || phase.name === 'gave-up') return 'closed';
    if (phase.name === 'ready') return phase.attempt.linkState ?? 'open';
    if (!this.#everTried) return 'connecting';
    return isOffline() ? 'offline' : 'reconnecting';
  }

  /** Why nothing is tried any more, if so. */
  get failure(): ChatStreamError | undefined {
    return this.#phase.name === 'gave-up' ? this.#phase.error : undefined;
  }

  /** Whether the server said that it goes: what it turns down now it takes when it is back. */
  get isLeaving(): boolean {
    return this.#awayMs !== undefined;
  }

  /** Begins, unless it has begun already, or gave up: that takes a {@link retry}. */
  start(): void {
    if (this.#phase.name !== 'idle' && this.#phase.name !== 'stopped') return;
    this.#failures = 0;
    if (this.#listening === undefined) {
      this.#listening = new AbortController();
      watchWake({ wake: () => this.#wake(), offline: () => this.#probe() }, this.#listening.signal);
    }
    this.#attempt();
  }

  /** Begins again after giving up. */
  retry(): void {
    if (this.#phase.name !== 'gave-up') return;
    this.#failures = 0;
    this.#attempt();
  }

  /** Ends everything. */
  stop(): void {
    if (this.#phase.name === 'idle' || this.#phase.name === 'stopped') return;
    this.#release();
    this.#listening?.abort();
    this.#listening = undefined;
    this.#everTried = false;
    this.#enter({ name: 'stopped' });
  }

  /** Lets the present connection go, and opens another at once: frames are missing, or the session changed. */
  restart(): void {
    if (this.#phase.name === 'idle' || this.#phase.name === 'stopped') return;
    this.#release();
    this.#attempt();
  }

  /** Sends a frame if there is a session to send it in. @returns whether it was handed to the transport. */
  send(frame: ClientFrameInput): boolean {
    const phase = this.#phase;
    if (phase.name !== 'ready' || (phase.attempt.linkState ?? 'open') !== 'open') return false;
    return this.#hand(phase.attempt, frame);
  }

  // ------------------------------------------------------------------------------------------------- opening

  #attempt(): void {
    const attempt: Attempt = {};
    clearTimeout(this.#timer);
    this.#enter({ name: 'authorizing', attempt });
    let token: string | undefined | Promise<string | undefined>;
    try {
      token = this.#delegate.token();
    } catch (thrown) {
      return this.#tokenFailed(thrown);
    }
    if (!(token instanceof Promise)) return this.#open(attempt, token);
    token.then(
      (value) => this.#isCurrent(attempt) && this.#open(attempt, value),
      (thrown: unknown) => this.#isCurrent(attempt) && this.#tokenFailed(thrown),
    );
  }

  #tokenFailed(thrown: unknown): void {
    this.#delegate.problem(tokenFailure(thrown));
    this.#lose(undefined);
  }

  #open(attempt: Attempt, token: string | undefined): void {
    this.#heartbeatMs = undefined;
    this.#awayMs = undefined;
    try {
      const transport = this.#delegate.transport();
      attempt.transport = transport;
      if (transport.opensWith === 'server') this.#limitHandshake();
      this.#enter({ name: 'opening', attempt });
      this.#delegate.see('open', transport);
      transport.connect(
        {
          frame: (frame) => this.#isCurrent(attempt) && this.#receive(attempt, frame, token),
          invalid: (error) => this.#isCurrent(attempt) && this.#invalid(error),
          heard: () => this.#isCurrent(attempt) && this.#liveness.heard(),
          state: (state, code) => this.#isCurrent(attempt) && this.#transportState(attempt, state, code),
        },
        this.#delegate.cursor(),
      );
      if (transport.opensWith === 'client') this.#greetOverLink(attempt, token);
    } catch (thrown) {
      this.#openFailed(thrown);
    }
  }

  /** A link may have pushed its `session` inside `connect` already; `hello` goes out all the same. */
  #greetOverLink(attempt: Attempt, token: string | undefined): void {
    if (!this.#isCurrent(attempt)) return;
    const pushed = this.#phase.name === 'ready';
    if (!pushed) this.#enter({ name: 'greeting', attempt });
    this.#give(attempt, this.#delegate.hello(token));
    if (!this.#isCurrent(attempt)) return;
    if (pushed) this.#delegate.ready('session', true);
    else if (this.#phase.name === 'greeting' && attempt.linkState === 'open') this.#becomeReady(attempt, 'session');
  }

  #openFailed(thrown: unknown): void {
    if (thrown instanceof ChatStreamError) {
      if (!thrown.retryable) return this.#giveUp(thrown);
      this.#delegate.problem(thrown);
      return this.#lose(undefined);
    }
    const message = `This page may not connect to the server: ${reasonOf(thrown)}`;
    this.#giveUp(new ChatStreamError('connection_failed', message, { cause: thrown }));
  }

  // ----------------------------------------------------------------------------------------------- receiving

  #receive(attempt: Attempt, frame: ServerFrame, token: string | undefined): void {
    this.#liveness.heard();
    this.#delegate.see('in', frame);
    switch (frame.type) {
      case 'connected':
        this.#heartbeatMs = frame.heartbeat_ms;
        this.#watch();
        if (frame.protocol === undefined) this.#delegate.frame(frame);
        // In `greeting`, too: a transport that tries a second way says `connected` once more, and needs `hello` there.
        if (attempt.transport?.opensWith === 'server' && this.#phase.name !== 'ready') {
          if (frame.protocol === undefined) return this.#becomeReady(attempt, 'original');
          this.#limitHandshake();
          this.#enter({ name: 'greeting', attempt });
          this.#hand(attempt, this.#delegate.hello(token));
        }
        return;
      case 'session':
        if (typeof frame.config['heartbeat_ms'] === 'number') this.#heartbeatMs = frame.config['heartbeat_ms'];
        this.#watch();
        this.#delegate.frame(frame);
        // While `connect` of a link still runs, `hello` is yet to be sent; #greetOverLink goes on from here.
        if (this.#isCurrent(attempt)) this.#becomeReady(attempt, 'session', this.#phase.name !== 'opening');
        return;
      case 'goaway':
        // Running answers may still finish: the server says when it is over, by closing.
        this.#awayMs = frame.retry_after_ms;
        return;
      case 'token_expiring':
        return this.#renewToken(attempt);
      case 'error':
        return this.#serverError(frame);
      case 'pong':
        return this.#watch();
      default:
        this.#delegate.frame(frame);
        // A link that tells of messages, and never of a session, is open as well.
        if (this.#isGreetingLink(attempt) && isAboutMessages(frame)) this.#becomeReady(attempt, 'session');
    }
  }

  /** Where the page gives tokens, it is asked for another; a server's own come with the next `session`. */
  #renewToken(attempt: Attempt): void {
    void (async () => this.#delegate.token())().then(
      (token) => token !== undefined && this.#isCurrent(attempt) && this.send({ type: 'token', token }),
      (thrown: unknown) => this.#isCurrent(attempt) && this.#delegate.problem(tokenFailure(thrown)),
    );
  }

  #isGreetingLink(attempt: Attempt): boolean {
    const greets = attempt.transport?.opensWith === 'client' && (attempt.linkState ?? 'open') === 'open';
    return greets && this.#isCurrent(attempt) && this.#phase.name === 'greeting';
  }

  #serverError(frame: ServerFrameOf<'error'>): void {
    if (frame.ref === undefined && frame.retry_after_ms !== undefined) this.#delay(frame.retry_after_ms);
    if (this.#phase.name !== 'greeting' || frame.ref !== undefined) return this.#delegate.frame(frame);
    const error = new ChatStreamError(frame.code, frame.message, {
      retryable: frame.retryable,
      retryAfterMs: frame.retry_after_ms,
    });
    this.#refuse(error);
  }

  #refuse(error: ChatStreamError): void {
    if (this.#delegate.refused(error) === 'retry') this.#lose(undefined);
    else this.#giveUp(error);
  }

  #invalid(error: ProtocolError): void {
    this.#liveness.heard();
    this.#delegate.see('in', error);
    // A frame of a newer server is no failure.
    if (error.code === 'unknown_type') return;
    this.#delegate.problem(new ChatStreamError(error.code, `A frame was ignored. ${error.message}`, { cause: error }));
  }

  #transportState(attempt: Attempt, state: ConnectionState, code: number | undefined): void {
    if (state === 'closed') return this.#closed(code);
    const before = attempt.linkState ?? 'open';
    attempt.linkState = state;
    if (this.#phase.name === 'greeting' && state === 'open') return this.#becomeReady(attempt, 'session');
    this.#delegate.changed();
    // The link came back by itself: what it had not acknowledged may be lost.
    if (this.#phase.name === 'ready' && state === 'open' && before !== 'open') this.#delegate.ready('session', true);
  }

  #becomeReady(attempt: Attempt, kind: ServerKind, tell = true): void {
    const fresh = this.#phase.name !== 'ready';
    clearTimeout(this.#timer);
    if (fresh) this.#enter({ name: 'ready', attempt, kind, since: performance.now() });
    this.#everTried = true;
    if (tell) this.#delegate.ready(kind, fresh);
  }

  // -------------------------------------------------------------------------------------- losing, coming back

  #closed(code: number | undefined): void {
    const next = code === undefined ? 'reconnect' : afterClose(code);
    if (next === 'reconnect') return this.#lose(code);
    if (next === 'reauthenticate')
      return this.#refuse(new ChatStreamError('unauthorized', 'The server asks for a valid token.'));
    this.#delegate.lost(code);
    this.#giveUp(new ChatStreamError('connection_failed', `The server closed the connection (code ${code}).`));
  }

  #lose(code: number | undefined): void {
    const phase = this.#phase;
    if (phase.name === 'ready' && performance.now() - phase.since >= STABLE_MS) this.#failures = 0;
    this.#release();
    this.#everTried = true;
    // All of a server's visitors were told the same: they must not come back in the same instant.
    if (this.#awayMs !== undefined) this.#delay(this.#awayMs * (1 + Math.random()));
    this.#awayMs = undefined;
    const patience = Math.max(0, this.#earliest - performance.now());
    this.#timer = setTimeout(() => this.#attempt(), patience + backoffDelay(this.#failures++));
    this.#enter({ name: 'waiting' });
    this.#delegate.lost(code);
  }

  #giveUp(error: ChatStreamError): void {
    this.#release();
    this.#enter({ name: 'gave-up', error });
    this.#delegate.problem(error);
  }

  #wake(): void {
    if (this.#phase.name === 'waiting' && performance.now() >= this.#earliest) this.#attempt();
    else this.#probe();
  }

  /** Asks whether the other side is still there, where a heartbeat would say so much later. */
  #probe(): void {
    const phase = this.#phase;
    this.#delegate.changed();
    if (phase.name !== 'ready' || this.#heartbeatMs === undefined) return;
    if (this.#hand(phase.attempt, { type: 'ping' })) this.#liveness.watch(PROBE_MS);
  }

  // ------------------------------------------------------------------------------------------------- details

  #limitHandshake(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#lose(undefined), HANDSHAKE_MS);
  }

  #watch(): void {
    if (this.#heartbeatMs !== undefined) this.#liveness.watch(2 * this.#heartbeatMs);
  }

  #hand(attempt: Attempt, frame: ClientFrameInput): boolean {
    try {
      this.#give(attempt, frame);
      return true;
    } catch (thrown) {
      if (!this.#isCurrent(attempt)) return false;
      this.#openFailed(thrown);
      return false;
    }
  }

  #give({ transport }: Attempt, frame: ClientFrameInput): void {
    // Seen first: over a link the answer may come before `send` returns.
    this.#delegate.see('out', frame);
    transport?.send(frame);
  }

  #delay(ms: number): void {
    this.#earliest = performance.now() + ms;
  }

  #isCurrent(attempt: Attempt): boolean {
    return 'attempt' in this.#phase && this.#phase.attempt === attempt;
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#delegate.changed();
  }

  /** Lets the transport and all timers go. What the transport still reports finds no current attempt. */
  #release(): void {
    clearTimeout(this.#timer);
    this.#liveness.stop();
    const phase = this.#phase;
    if (!('attempt' in phase)) return;
    this.#phase = { name: 'waiting' };
    try {
      phase.attempt.transport?.close();
    } catch (thrown) {
      if (thrown instanceof ChatStreamError) this.#delegate.problem(thrown);
    }
  }
}

function tokenFailure(thrown: unknown): ChatStreamError {
  return new ChatStreamError('token_failed', `getToken failed: ${reasonOf(thrown)}`, {
    retryable: true,
    cause: thrown,
  });
}

function isAboutMessages(frame: ServerFrame): boolean {
  return frame.type === 'message' || frame.type === 'message_stream' || frame.type === 'history';
}
