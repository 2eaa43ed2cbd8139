import { type Identity, type IdentityStore, memoryIdentity, storedIdentity } from '../connection/identity.js';
import { type Slot, takeSlot } from '../connection/slots.js';

/**
 * Where a session id came from. `storage`: an earlier visit; it may be given up when the server does not know it.
 * `page`: the page asked for this very one. `server`, `new`: this visit.
 */
export type SessionSource = 'none' | 'storage' | 'page' | 'server' | 'new';

/** Who this element is to its server: client, session, token; kept over reloads, told apart from its neighbours. */
export class Visitor {
  #store: IdentityStore = memoryIdentity();
  #identity: Identity | undefined;
  #source: SessionSource = 'none';
  #slot: Slot | undefined;
  #lastSlot: number | undefined;
  #key: string | undefined;

  /**
   * Begins to keep what is known. What is already known (the element was put back) is kept on.
   *
   * @param place What the identity belongs to: server and agent. `undefined`: nothing is kept over a reload.
   * @param sessionId The session that the page asks for, instead of the stored one.
   */
  attach(place: string | undefined, sessionId: string | undefined): void {
    if (this.#slot !== undefined) return;
    if (place !== undefined) {
      this.#slot = takeSlot(place, this.#lastSlot);
      this.#lastSlot = this.#slot.index;
      this.#key = `chat-stream:${place}:${this.#slot.index}`;
      this.#store = storedIdentity(this.#key);
    }
    if (this.#identity !== undefined) return this.#store.save(this.#identity);
    this.#identity = this.#store.load();
    if (sessionId !== undefined) this.useSession(sessionId, 'page');
    else if (this.#identity.sessionId !== undefined) this.#source = 'storage';
  }

  /** Lets the place among the neighbours go. */
  detach(): void {
    this.#slot?.release();
    this.#slot = undefined;
  }

  /** Forgets who we are, for another server or agent. What is stored stays. */
  reset(): void {
    this.detach();
    this.#store = memoryIdentity();
    this.#key = undefined;
    this.#identity = undefined;
    this.#source = 'none';
    this.#lastSlot = undefined;
  }

  /** Where things of this element outlive a reload; `undefined`: nowhere. */
  get key(): string | undefined {
    return this.#key;
  }

  /** This browser. */
  get clientId(): string {
    return this.#known.clientId;
  }

  /** The session to open; `undefined` lets the server choose. */
  get sessionId(): string | undefined {
    return this.#identity?.sessionId;
  }

  /** The token that the server gave. */
  get token(): string | undefined {
    return this.#identity?.token;
  }

  /** Where {@link sessionId} came from. */
  get source(): SessionSource {
    return this.#source;
  }

  /** Goes on with this session. */
  useSession(sessionId: string, source: SessionSource): void {
    this.#source = this.#known.sessionId === sessionId && source === 'server' ? this.#source : source;
    this.#save({ sessionId });
  }

  /** Keeps the token that the server gave. */
  useToken(token: string): void {
    this.#save({ token });
  }

  /** Drops the session, so that the server chooses a new one. */
  forgetSession(): void {
    this.#source = 'none';
    this.#save({ sessionId: undefined });
  }

  /** Drops the token, so that the server gives a new one. */
  forgetToken(): void {
    this.#save({ token: undefined });
  }

  get #known(): Identity {
    return (this.#identity ??= this.#store.load());
  }

  #save(change: Partial<Identity>): void {
    const before = this.#known;
    const now = { ...before, ...change };
    if (now.sessionId === before.sessionId && now.token === before.token) return;
    this.#identity = now;
    this.#store.save(now);
  }
}
