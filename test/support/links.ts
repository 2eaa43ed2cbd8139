import { type IncomingMessage, request as httpRequest } from 'node:http';
import { type Cursor, decodeServerFrame, encodeFrame, type ServerFrame } from '@chat-stream/protocol';
import { createParser } from 'eventsource-parser';
import { WebSocket } from 'ws';

/**
 * The two ways a client and a server are joined (PROTOCOL.md parts 1 and 2), without any memory: what to do about a lost
 * link is the business of whoever opened it.
 */

/** Where a link goes, and what its client has. */
export interface LinkTarget {
  /** `http://host:port` */
  readonly server: string;
  readonly sessionId: string;
  readonly cursor: Cursor | undefined;
  readonly token: string | undefined;
  /** A request that is not answered for so long is given up and sent again. */
  readonly patienceMs: number;
}

/** What a link tells its client. After `lost` it says nothing more. */
export interface LinkHandlers {
  /** Bytes came, of whatever kind: the other side lives. */
  heard(): void;
  /** Something was said that is no frame: the heartbeat of an event stream. */
  comment(): void;
  /** `eventId`: the `id` of the event that brought it, on an event stream. */
  frame(frame: ServerFrame, eventId: string | undefined): void;
  /** A message is safe, by another word than its echo. */
  taken(messageId: string, seq: number): void;
  /** A message is refused for good. */
  refused(messageId: string, code: string): void;
  /** The link is over; `opened`: it had got as far as a connection that was accepted. */
  lost(reason: string, opened: boolean): void;
}

/** One connection, or what plays its part. */
export interface Link {
  readonly kind: 'websocket' | 'sse';
  sendMessage(id: string, content: string): void;
  stopAnswer(id: string): void;
  /** Lets go of it, without a goodbye. */
  destroy(): void;
}

/** Opens a WebSocket and says hello once the server has introduced itself. */
export function openWebSocketLink(target: LinkTarget, handlers: LinkHandlers): Link {
  const { server, sessionId, cursor, token } = target;
  const socket = new WebSocket(`${server.replace(/^http/, 'ws')}/ws/chat`);
  let opened = false;
  let isOver = false;
  const lose = (reason: string): void => {
    if (isOver) return;
    isOver = true;
    socket.terminate();
    handlers.lost(reason, opened);
  };
  let response: IncomingMessage | undefined;
  socket.on('upgrade', (upgraded) => (response = upgraded));
  socket.on('open', () => {
    opened = true;
    // A frame that trickles in is a sign of life long before it is there.
    response?.socket.on('data', () => isOver || handlers.heard());
  });
  socket.on('message', (data: Buffer) => {
    if (isOver) return;
    const frame = decodeServerFrame(data.toString());
    if (frame.type === 'connected') {
      const hello = { type: 'hello', protocol: 1, client_id: 'resuming-client', session_id: sessionId } as const;
      socket.send(encodeFrame({ ...hello, ...(cursor && { cursor }), ...(token && { token }) }));
    }
    handlers.frame(frame, undefined);
  });
  socket.on('ping', () => isOver || handlers.heard());
  socket.on('unexpected-response', (_request, response) => lose(`HTTP ${response.statusCode}`));
  socket.on('close', (code: number) => lose(`closed with ${code}`));
  socket.on('error', (error: Error & { code?: string }) => lose(error.code ?? error.message));
  const send = (text: string) => socket.readyState === WebSocket.OPEN && socket.send(text);
  return {
    kind: 'websocket',
    sendMessage: (id, content) => void send(encodeFrame({ type: 'message', id, content, metadata: {} })),
    stopAnswer: (id) => void send(encodeFrame({ type: 'stop', id })),
    destroy: () => {
      isOver = true;
      socket.terminate();
    },
  };
}

/** Opens a stream of events; what the client says goes by requests of their own, one after another. */
export function openEventStreamLink(target: LinkTarget, handlers: LinkHandlers): Link {
  const link = new EventStreamLink(target, handlers);
  link.open();
  return link;
}

class EventStreamLink implements Link {
  readonly kind = 'sse';
  private readonly base: string;
  private readonly requests = new Set<{ destroy(): unknown }>();
  private posts: Promise<void> = Promise.resolve();
  private opened = false;
  private isOver = false;
  private patienceMs: number;

  constructor(
    private readonly target: LinkTarget,
    private readonly handlers: LinkHandlers,
  ) {
    this.patienceMs = target.patienceMs;
    this.base = `${target.server}/api/chat/sessions/${target.sessionId}`;
  }

  open(): void {
    const { cursor } = this.target;
    const query = cursor === undefined ? '' : `?cursor=${cursor.epoch}-${cursor.seq}`;
    const request = httpRequest(`${this.base}/stream${query}`, {
      agent: false,
      headers: { accept: 'text/event-stream', ...this.authorization() },
    });
    this.requests.add(request);
    request.on('error', (error: Error & { code?: string }) => this.lose(error.code ?? error.message));
    request.on('response', (response) => {
      if (response.statusCode !== 200) return this.lose(`HTTP ${response.statusCode}`);
      this.opened = true;
      const parser = createParser({
        onEvent: ({ id, data }) => this.isOver || this.handlers.frame(decodeServerFrame(data), id),
        onComment: () => this.isOver || this.handlers.comment(),
      });
      response.setEncoding('utf8').on('data', (text: string) => {
        if (this.isOver) return;
        this.handlers.heard();
        parser.feed(text);
      });
      response.on('error', (error: Error & { code?: string }) => this.lose(error.code ?? error.message));
      response.on('close', () => this.lose('the stream ended'));
    });
    request.end();
  }

  sendMessage(id: string, content: string): void {
    this.post(async () => {
      const { status, body } = await this.request('messages', { id, content });
      if (this.isOver || status === 503) return status === 503 ? 'again' : 'done';
      const { seq, error } = body as { seq?: number; error?: { code: string } };
      if (status === 202) this.handlers.taken(id, seq ?? 0);
      else this.handlers.refused(id, error?.code ?? `HTTP ${status}`);
      return 'done';
    });
  }

  stopAnswer(id: string): void {
    this.post(async () => {
      await this.request('stop', { id });
      return 'done';
    });
  }

  destroy(): void {
    this.isOver = true;
    for (const request of this.requests) request.destroy();
  }

  private lose(reason: string): void {
    if (this.isOver) return;
    this.destroy();
    this.handlers.lost(reason, this.opened);
  }

  /** Requests go one after another, so that messages keep their order; one that fails is sent again while the link lives. */
  private post(work: () => Promise<'done' | 'again'>): void {
    const attempt = async (): Promise<void> => {
      for (let pause = 5; !this.isOver; pause = Math.min(2 * pause, 100)) {
        const outcome = await work().catch(() => 'again' as const);
        if (outcome === 'done') return;
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    };
    this.posts = this.posts.then(attempt);
  }

  private request(path: string, body: unknown): Promise<{ status: number; body: unknown }> {
    return new Promise((resolve, reject) => {
      const text = JSON.stringify(body);
      const request = httpRequest(`${this.base}/${path}`, {
        method: 'POST',
        agent: false,
        timeout: this.patienceMs,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
          ...this.authorization(),
        },
      });
      this.requests.add(request);
      request.on('timeout', () => {
        // A server that is only slow must not get more and more of the same to do.
        this.patienceMs = Math.min(2 * this.patienceMs, 16 * this.target.patienceMs);
        request.destroy(new Error('not answered'));
      });
      request.on('error', reject);
      request.on('close', () => {
        this.requests.delete(request);
        reject(new Error('cut off'));
      });
      request.on('response', (response) => {
        let answer = '';
        response.setEncoding('utf8').on('data', (part: string) => (answer += part));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: parse(answer) }));
      });
      request.end(text);
    });
  }

  private authorization(): Record<string, string> {
    const { token } = this.target;
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return {};
  }
}
