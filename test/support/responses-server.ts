import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { dataOf, LlamaStackServer, type StackRequest } from './llama-stack-server.js';

/** One response that a client asked for: the test writes what the server says. */
export class StackResponse {
  private sequence = 0;

  constructor(
    readonly request: StackRequest,
    private readonly response: ServerResponse,
  ) {}

  /** Writes one event, numbered as the real server does. */
  event(type: string, fields: object = {}): this {
    return this.write(dataOf({ type, sequence_number: this.sequence++, ...fields }));
  }

  /** Writes bytes as they are. */
  write(bytes: string): this {
    if (!this.response.headersSent) this.response.writeHead(200, { 'content-type': 'text/event-stream' });
    this.response.write(bytes);
    return this;
  }

  /** A text grows. */
  text(delta: string, item_id = 'msg-1'): this {
    return this.event('response.output_text.delta', { item_id, output_index: 0, content_index: 0, delta });
  }

  /** The response is complete, and so is the stream. */
  complete(output: readonly object[], more: object = {}): void {
    this.event('response.completed', { response: { id: 'resp', status: 'completed', output, ...more } }).end();
  }

  /** Writes a whole answer in these pieces. */
  answer(...pieces: readonly string[]): void {
    for (const piece of pieces) this.text(piece);
    this.complete([message('msg-1', pieces.join(''))]);
  }

  end(): void {
    this.response.end();
  }

  /** Tears the connection once `moment` has come. */
  resetOnce(moment: Promise<unknown>): void {
    void moment.then(() => this.response.socket?.resetAndDestroy());
  }

  refuse(status: number, body: unknown): void {
    this.response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }
}

/** What a model wrote, as an item of a response. */
export function message(id: string, text: string): object {
  return {
    type: 'message',
    id,
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text, annotations: [] }],
  };
}

/** A Llama Stack server since 0.4: responses and conversations, and no agents. */
export async function startResponsesServer() {
  const conversations = new Map<string, unknown>();
  const arrived: StackResponse[] = [];
  const waiting: (() => void)[] = [];
  const stack = await LlamaStackServer.start({
    agents: 'none',
    route: (request, response) => {
      if (request.method !== 'POST') return false;
      const reply = (status: number, body: unknown) =>
        void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      if (request.path === '/v1/conversations') {
        const id = `conv_${randomUUID()}`;
        conversations.set(id, request.body['items'] ?? []);
        reply(200, { id, object: 'conversation', created_at: 1, metadata: {} });
        return true;
      }
      if (request.path !== '/v1/responses') return false;
      if (!conversations.has(String(request.body['conversation']))) {
        reply(404, { detail: 'Conversation not found' });
        return true;
      }
      arrived.push(new StackResponse(request, response));
      for (const wake of waiting.splice(0)) wake();
      return true;
    },
  });
  let taken = 0;
  return {
    stack,
    conversations,
    count: () => arrived.length,
    next: async (): Promise<StackResponse> => {
      while (taken >= arrived.length) await new Promise<void>((resolve) => waiting.push(resolve));
      return arrived[taken++]!;
    },
  };
}
