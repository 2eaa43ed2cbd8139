import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** One request as a {@link LlamaStackServer} got it. */
export interface StackRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, unknown>;
  /** Resolves when the connection is closed, by whichever side. */
  readonly closed: Promise<void>;
}

/** One turn that a client asked for, or resumed: the test writes what the server says, byte for byte. */
export class StackTurn {
  readonly turnId: string;
  readonly sessionId: string;
  private step = 0;

  constructor(
    readonly request: StackRequest,
    private readonly response: ServerResponse,
  ) {
    const ids = /\/session\/([^/]+)\/turn(?:\/([^/]+)\/resume)?$/.exec(request.path);
    this.sessionId = ids?.[1] ?? '';
    this.turnId = ids?.[2] ?? randomUUID();
  }

  /** The text of the last message of the question. */
  get asked(): string {
    const messages = this.request.body['messages'] as { content: string }[];
    return messages.at(-1)?.content ?? '';
  }

  /** Begins the response, as the real server does. */
  begin(contentType = 'text/event-stream; charset=utf-8'): this {
    if (!this.response.headersSent) {
      this.response.writeHead(200, { ...CORS, 'content-type': contentType });
      this.response.flushHeaders();
    }
    return this;
  }

  /** Writes bytes as they are. */
  write(bytes: string | Uint8Array): this {
    this.begin().response.write(bytes);
    return this;
  }

  /** Writes one event. */
  data(value: unknown): this {
    return this.write(dataOf(value));
  }

  /** Writes one event of a turn. */
  event(payload: Record<string, unknown>): this {
    return this.data({ event: { payload } });
  }

  /** A step begins. @returns its id. */
  start(step_type = 'inference', metadata: object = {}): string {
    const step_id = `${this.turnId}-step-${(this.step += 1)}`;
    this.event({ event_type: 'step_start', step_type, step_id, metadata });
    return step_id;
  }

  /** A text of a step grows. */
  text(step_id: string, text: string): this {
    return this.event({ event_type: 'step_progress', step_type: 'inference', step_id, delta: { type: 'text', text } });
  }

  /** A step is over. */
  complete(step_id: string, details: Record<string, unknown>, step_type = 'inference'): Record<string, unknown> {
    const step_details = { turn_id: this.turnId, step_id, step_type, started_at: AT, completed_at: AT, ...details };
    this.event({ event_type: 'step_complete', step_type, step_id, step_details });
    return step_details;
  }

  /** The turn as `turn_complete` and `turn_awaiting_input` have it. */
  turn(output_message: Record<string, unknown>, steps: readonly unknown[] = [], more: object = {}) {
    return {
      turn_id: this.turnId,
      session_id: this.sessionId,
      input_messages: this.request.body['messages'] ?? [],
      steps,
      output_message,
      output_attachments: [],
      started_at: AT,
      completed_at: AT,
      ...more,
    };
  }

  /** Writes a whole answer of one step, in these pieces, and ends. */
  answer(...pieces: readonly string[]): void {
    const id = this.start();
    for (const piece of pieces) this.text(id, piece);
    const said = says(pieces.join(''));
    this.finish(said, [this.complete(id, { model_response: said })]);
  }

  /** The turn is over, and the response as well. */
  finish(output_message: Record<string, unknown>, steps: readonly unknown[] = []): void {
    this.event({ event_type: 'turn_complete', turn: this.turn(output_message, steps) }).end();
  }

  /** The client has to run these tools; the response is over. */
  await(calls: readonly Record<string, unknown>[], steps: readonly unknown[] = []): void {
    const output = { ...says('', calls), stop_reason: 'end_of_message' };
    this.event({ event_type: 'turn_awaiting_input', turn: this.turn(output, steps) }).end();
  }

  /** Ends the response properly. */
  end(): void {
    this.begin().response.end();
  }

  /** Tears the connection. */
  reset(): void {
    this.response.socket?.resetAndDestroy();
  }

  /** Answers with an error instead of a stream. */
  refuse(status: number, body: unknown): void {
    this.response.writeHead(status, { ...CORS, 'content-type': 'application/json' }).end(JSON.stringify(body));
  }
}

/** What an assistant message holds. */
export function says(content: unknown, tool_calls: readonly unknown[] = []): Record<string, unknown> {
  return { role: 'assistant', content, stop_reason: 'end_of_turn', tool_calls };
}

/** One event as it stands on the wire. */
export function dataOf(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

const AT = '2025-04-03T20:36:22.814496Z';
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': '*',
  'access-control-allow-methods': '*',
};

/** What a {@link LlamaStackServer} is like. */
export interface StackOptions {
  /** Where its agents are; `none`: it has no agents (0.4 and later); default `/v1`. */
  readonly agents?: '/v1' | '/v1alpha' | 'none';
  /** Whether agents can be listed (since 0.1.7); default true. */
  readonly lists?: boolean;
  /** Further routes: gets the request, and returns whether it took it. */
  readonly route?: (request: StackRequest, response: ServerResponse) => boolean;
}

/** A Llama Stack server that says exactly what a test says, on 127.0.0.1 and a free port. */
export class LlamaStackServer implements AsyncDisposable {
  readonly requests: StackRequest[] = [];
  /** The agents that it has; one is there from the beginning. */
  readonly agents = new Map<string, unknown>([['agent-1', { model: 'llama', instructions: '' }]]);
  /** Its sessions, each with its turns. */
  readonly sessions = new Map<string, unknown[]>();
  private readonly turns: StackTurn[] = [];
  private taken = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly closings = new WeakMap<object, Promise<void>>();

  private readonly server = createServer((incoming, response) => {
    let text = '';
    incoming.setEncoding('utf8').on('data', (part: string) => (text += part));
    incoming.on('end', () => this.take(incoming, response, text));
  });

  private constructor(private readonly options: StackOptions) {
    this.server.on('connection', (socket: Socket) => {
      this.closings.set(socket, new Promise((resolve) => void socket.once('close', () => resolve())));
    });
  }

  static async start(options: StackOptions = {}): Promise<LlamaStackServer> {
    const stack = new LlamaStackServer(options);
    stack.server.listen(0, '127.0.0.1');
    await once(stack.server, 'listening');
    return stack;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The next turn, or resumed turn, that a client asks for. */
  async nextTurn(): Promise<StackTurn> {
    while (this.taken >= this.turns.length) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return this.turns[this.taken++]!;
  }

  /** How many turns were asked for. */
  get turnCount(): number {
    return this.turns.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private take(incoming: IncomingMessage, response: ServerResponse, text: string): void {
    const { method = '', url = '', headers, socket } = incoming;
    const request: StackRequest = {
      method,
      path: new URL(url, 'http://x').pathname,
      headers,
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
      closed: this.closings.get(socket)!,
    };
    if (method === 'OPTIONS') return void response.writeHead(204, CORS).end();
    this.requests.push(request);
    if (this.options.route?.(request, response)) return;
    this.route(request, response);
  }

  private route(request: StackRequest, response: ServerResponse): void {
    const { method, path, body } = request;
    const reply = (status: number, value: unknown) =>
      void response.writeHead(status, { ...CORS, 'content-type': 'application/json' }).end(JSON.stringify(value));
    const { agents = '/v1', lists = true } = this.options;
    if (method === 'GET' && path === '/v1/models') {
      return reply(200, {
        data: [
          { identifier: 'embedder', model_type: 'embedding' },
          { identifier: 'llama', model_type: 'llm' },
        ],
      });
    }
    const rest = agents !== 'none' && path.startsWith(`${agents}/agents`) ? path.slice(agents.length + 7) : undefined;
    if (rest === undefined) return reply(404, { detail: 'Not Found' });
    if (rest === '' && method === 'GET') {
      if (!lists) return reply(405, { detail: 'Method Not Allowed' });
      const data = [...this.agents].map(([agent_id, agent_config]) => ({ agent_id, agent_config, created_at: AT }));
      return reply(200, { data, has_more: false, url: path });
    }
    if (rest === '' && method === 'POST') {
      const agent_id = randomUUID();
      this.agents.set(agent_id, body['agent_config']);
      return reply(200, { agent_id });
    }
    const [, agentId = '', kind, sessionId = '', turn] = rest.split('/');
    if (!this.agents.has(agentId) && turn === undefined) return reply(404, { detail: `Agent '${agentId}' not found` });
    if (kind === 'session' && method === 'POST' && sessionId === '') {
      const session_id = randomUUID();
      this.sessions.set(session_id, []);
      return reply(200, { session_id });
    }
    if (kind === 'session' && method === 'GET') {
      const turns = this.sessions.get(sessionId);
      if (turns === undefined) return reply(404, { detail: `Session '${sessionId}' not found` });
      return reply(200, { session_id: sessionId, session_name: 'a chat', started_at: AT, turns });
    }
    if (kind === 'session' && turn === 'turn' && method === 'POST') return this.takeTurn(request, response);
    reply(404, { detail: 'Not Found' });
  }

  private takeTurn(request: StackRequest, response: ServerResponse): void {
    const turn = new StackTurn(request, response);
    const [, agentId = ''] = /\/agents\/([^/]+)\//.exec(request.path) ?? [];
    // As the real server: the stream has begun before anybody looks whether they exist.
    if (!this.agents.has(agentId)) {
      return turn.data({ error: { message: `400: Invalid value: Could not find agent info for ${agentId}` } }).end();
    }
    if (!this.sessions.has(turn.sessionId)) {
      const message = `400: Invalid value: Session '${turn.sessionId}' not found or access denied.`;
      return turn.data({ error: { message } }).end();
    }
    this.turns.push(turn);
    for (const wake of this.waiting.splice(0)) wake();
  }
}
