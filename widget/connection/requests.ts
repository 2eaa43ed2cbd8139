import { backoffDelay } from './backoff.js';
import { Refusal, refusalOf } from './http-refusal.js';
import type { Wire } from './wire.js';

/** How long a request other than a stream may take, in milliseconds. */
const REQUEST_MS = 20_000;

/** Requests to one server with one token, until they are ended: then none goes on, and none begins. */
export class Requests {
  readonly #base: string;
  readonly #wire: Wire;
  readonly #ending = new AbortController();
  /** Goes with every request from now on. */
  token: string | undefined;

  /** @param base What all paths begin with. */
  constructor(base: string, wire: Wire) {
    this.#base = base;
    this.#wire = wire;
  }

  /** Whether {@link end} was called. */
  get isEnded(): boolean {
    return this.#ending.signal.aborted;
  }

  /** Ends everything that is under way. */
  end(): void {
    this.#ending.abort();
  }

  /**
   * Sends one request: a POST where it has a body.
   *
   * @throws {Refusal} where the server answers with a failure; whatever `fetch` throws where it does not answer.
   */
  async send(path: string, body: object | undefined, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = {};
    if (this.token !== undefined) headers['authorization'] = `Bearer ${this.token}`;
    const init: RequestInit = { headers, cache: 'no-store', signal: AbortSignal.any([this.#ending.signal, signal]) };
    if (body !== undefined) {
      headers['content-type'] = 'application/json';
      init.method = 'POST';
      init.body = this.#wire.toJson(body);
    }
    const response = await fetch(this.#base + path, init);
    if (!response.ok) throw await refusalOf(response, this.#wire);
    return response;
  }

  /** As {@link send}, for an answer that is JSON, and comes soon. */
  async json(path: string, body?: object): Promise<unknown> {
    return (await this.send(path, body, AbortSignal.timeout(REQUEST_MS))).json();
  }

  /** As {@link json}, again and again while the server says: not now. */
  async insist(path: string, body: object): Promise<unknown> {
    for (let failures = 0; ; failures++) {
      try {
        return await this.json(path, body);
      } catch (error) {
        if (!(error instanceof Refusal) || !error.isForNow) throw error;
        await this.#wait((error.frame.retry_after_ms ?? 0) + backoffDelay(failures));
      }
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#ending.signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
    });
  }
}
