import type { ClientFrameOf } from '@chat-stream/protocol';

/** Sends a stop. @returns whether it went out. */
export type SendStop = (frame: ClientFrameOf<'stop'>) => boolean;

/** The wish to stop an answer, until the server has answered it: over a lost connection, and before the answer begins. */
export class Stops {
  /** A stop that could not be sent yet, or was not answered. */
  #pending: ClientFrameOf<'stop'> | undefined;
  /** The message whose answer was to be stopped before it began. One that was written since still waits for its own. */
  #waitingFor: string | undefined;
  readonly #send: SendStop;

  constructor(send: SendStop) {
    this.#send = send;
  }

  /**
   * Asks for the end of an answer.
   *
   * @param running The answer that runs; `undefined`: it has not begun.
   * @param waitingFor The message whose answer is awaited.
   * @param isKept Whether the server answers a stop, so that it is worth keeping until it does.
   */
  ask(
    sessionId: string | undefined,
    running: string | undefined,
    waitingFor: string | undefined,
    isKept: boolean,
  ): void {
    this.#waitingFor = running === undefined ? waitingFor : undefined;
    const session = sessionId === undefined ? {} : { session_id: sessionId };
    const answer = running === undefined ? {} : { id: running };
    this.#sendOrKeep({ type: 'stop', ...session, ...answer }, isKept);
  }

  /** The connection is back. @param running The answer that runs now: one that ended meanwhile needs no stop. */
  again(running: string | undefined): void {
    const stop = this.#pending;
    this.#pending = undefined;
    if (stop !== undefined && (stop.id === undefined || stop.id === running)) this.#sendOrKeep(stop, true);
  }

  /** The server has answered. @returns the message that waits no longer for its answer. */
  answered(): string | undefined {
    this.#pending = undefined;
    return this.#waitingFor;
  }

  /** Forgets what was asked for. */
  reset(): void {
    this.#pending = undefined;
  }

  /** One that names its answer is kept until it is answered: lost with its connection it is sent again, and ends no other. */
  #sendOrKeep(frame: ClientFrameOf<'stop'>, isKept: boolean): void {
    const isSent = this.#send(frame) && frame.id === undefined;
    this.#pending = isSent || !isKept ? undefined : frame;
  }
}
