import type { ClientFrameInput, Cursor } from '@chat-stream/protocol';
import { importSse, type SseModule } from './sse-module.js';
import type { Transport, TransportHandlers } from './transport.js';
import { wire } from './wire.js';

/** How long a file may take before it is asked for anew, in milliseconds: a network that went away may never say so. */
const STUCK_MS = 8_000;

/** Once per page, however many elements ask. */
let module: SseModule | undefined;
let loading: { readonly promise: Promise<SseModule>; readonly since: number } | undefined;
let attempts = 0;

/** Loads what speaks over server-sent events, unless it is there or on its way. After a failure the next call tries again. */
export async function loadSse(server: string): Promise<SseModule> {
  if (loading === undefined || (module === undefined && performance.now() - loading.since > STUCK_MS)) {
    loading = { promise: importSse(server, attempts++), since: performance.now() };
  }
  const { promise } = loading;
  try {
    return (module = await promise);
  } catch (error) {
    if (loading.promise === promise) loading = undefined;
    throw error;
  }
}

/** Server-sent events, by a part that loads with the first attempt. Where it does not come, the attempt has failed. */
export class LazySse implements Transport {
  readonly name = 'sse';
  readonly opensWith = 'server';
  readonly #server: string;
  readonly #cursor: () => Cursor | undefined;
  #transport: Transport | undefined;
  #isClosed = false;

  /** As `SseTransport`. */
  constructor(server: string, cursor: () => Cursor | undefined) {
    this.#server = server;
    this.#cursor = cursor;
  }

  connect(handlers: TransportHandlers): void {
    loadSse(this.#server).then(
      ({ SseTransport }) => {
        if (this.#isClosed) return;
        const transport = (this.#transport = new SseTransport(this.#server, this.#cursor, wire));
        transport.connect(handlers);
      },
      () => this.#isClosed || handlers.state('closed'),
    );
  }

  send(frame: ClientFrameInput): void {
    this.#transport?.send(frame);
  }

  close(): void {
    this.#isClosed = true;
    this.#transport?.close();
  }
}
