import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Test } from '@nestjs/testing';
import type { ChatStreamOptions } from '@chat-stream/backend';
import { fencedStore, type Store, type StoreWitness } from './stores.js';

/** The product, or a copy of it with a planted bug. */
export type Backend = typeof import('@chat-stream/backend');

/** A heartbeat that makes black holes a matter of half a second. */
export const HEARTBEAT_MS = 250;

/** A running service whose store is watched. */
export interface FaultService {
  readonly url: string;
  readonly witness: StoreWitness;
  close(): Promise<void>;
}

/** Starts the module of `backend` on a store, in this process. */
export async function startService(
  backend: Backend,
  store: Store,
  options: Omit<ChatStreamOptions, 'frameLog' | 'history' | 'auth'>,
  /** Called after everything that was stored. */
  moved?: () => void,
): Promise<FaultService> {
  const { frameLog, history, witness } = fencedStore(store, moved);
  const testing = await Test.createTestingModule({
    imports: [
      backend.ChatStreamModule.forRoot({
        heartbeatMs: HEARTBEAT_MS,
        shutdownGraceMs: 0,
        ...options,
        auth: { mode: 'open' },
        frameLog,
        history,
      }),
    ],
  }).compile();
  const app = testing.createNestApplication({ logger: false, bodyParser: false });
  app.useWebSocketAdapter(new backend.ChatStreamWsAdapter(app));
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, witness, close: () => app.close() };
}
