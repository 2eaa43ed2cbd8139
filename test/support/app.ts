import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ChatStreamModule, type ChatStreamOptions, ChatStreamWsAdapter } from '@chat-stream/backend';

/** A running service, on a port of its own. */
export interface TestApp extends AsyncDisposable {
  readonly app: INestApplication;
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** `ws://127.0.0.1:<port>/ws/chat` */
  readonly chatUrl: string;
  close(): Promise<void>;
}

/**
 * Starts a real Nest application with the module, on 127.0.0.1 and a free port. Dispose of it when done: answers that still
 * run are not waited for, unless the test says so.
 */
export async function startApp(options: ChatStreamOptions): Promise<TestApp> {
  const testing = await Test.createTestingModule({
    imports: [ChatStreamModule.forRoot({ shutdownGraceMs: 0, ...options })],
  }).compile();
  const app = testing.createNestApplication({ logger: false, bodyParser: false });
  app.useWebSocketAdapter(new ChatStreamWsAdapter(app));
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  const close = () => app.close();
  return {
    app,
    port,
    url: `http://127.0.0.1:${port}`,
    chatUrl: `ws://127.0.0.1:${port}/ws/chat`,
    close,
    [Symbol.asyncDispose]: close,
  };
}
