import { llamaStack } from '@chat-stream/protocol';

/** A server's answer that is not what was asked for. */
export class StackRefusal extends Error {
  override readonly name = 'StackRefusal';

  constructor(readonly status: number) {
    super(`The server answered with HTTP ${status}.`);
  }
}

/** Nothing was heard for as long as anything may take. */
export class Silence extends Error {
  override readonly name = 'Silence';
}

/** Requests to one Llama Stack server. None is ever sent twice: a turn that was asked for again would be answered twice. */
export class StackRequests {
  /** Goes with every request, where there is one. */
  token: string | undefined;

  /** @param base Where the server is, without a slash at the end. */
  constructor(
    readonly base: string,
    readonly idleMs: number,
  ) {}

  /**
   * A request whose answer is JSON.
   *
   * @throws {StackRefusal} when the server refuses it; whatever `fetch` throws when it can't be reached.
   */
  async json(path: string, body: object | undefined, signal: AbortSignal): Promise<llamaStack.Fields> {
    const limit = AbortSignal.timeout(this.idleMs);
    const response = await this.send(path, body, AbortSignal.any([signal, limit]));
    return llamaStack.asFields(await response.json());
  }

  /** A request: a POST where it has a body. Throws as {@link json}. */
  async send(path: string, body: object | undefined, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = {};
    if (this.token !== undefined) headers['authorization'] = `Bearer ${this.token}`;
    const init: RequestInit = { headers, cache: 'no-store', signal };
    if (body !== undefined) {
      headers['content-type'] = 'application/json';
      headers['accept'] = 'text/event-stream, application/json';
      init.method = 'POST';
      init.body = JSON.stringify(body);
    }
    const response = await fetch(this.base + path, init);
    if (!response.ok) throw new StackRefusal(response.status);
    return response;
  }
}
