import type { Server } from 'node:http';
import { type Fixture, type JournalEntry, LLMock } from '@copilotkit/aimock';

/** A running mock of a model server that nobody here wrote: `@copilotkit/aimock`, on a port of its own. */
export interface Aimock {
  /** What an OpenAI client takes as its base URL: `http://127.0.0.1:<port>/v1`. */
  readonly baseURL: string;
  /**
   * aimock itself, to add fixtures and faults. A string matches a part of the newest user message.
   *
   * @example
   * aimock.mock.onMessage('hello', { content: 'Hi there!' });
   * aimock.mock.onMessage('cut', { content: 'a long answer' }, { latency: 5, chunkSize: 4, truncateAfterChunks: 2 });
   * aimock.mock.nextRequestError(500, { message: 'oops' });
   * aimock.mock.setChaos({ malformedRate: 1 });
   */
  readonly mock: LLMock;
  /** Every request so far, the oldest first. */
  requests(): readonly JournalEntry[];
  /** Forgets fixtures, faults and requests: for `beforeEach`. */
  reset(): void;
  /** Ends it, answers that are still being written included. */
  stop(): Promise<void>;
}

/** What a mock begins with. */
export interface AimockOptions {
  readonly fixtures?: readonly Fixture[];
  /** Milliseconds between chunks; default: none. */
  readonly latency?: number;
  /** Characters per chunk; default: aimock's own, 20. */
  readonly chunkSize?: number;
}

/**
 * Starts a mock on `127.0.0.1`, port 0. A message without a fixture gets a 404, so that a typo in a test shows.
 *
 * @example
 * const aimock = await startAimock({ latency: 2, chunkSize: 5 });
 * afterAll(() => aimock.stop());
 */
export async function startAimock({ fixtures = [], ...options }: AimockOptions = {}): Promise<Aimock> {
  const mock = new LLMock({ host: '127.0.0.1', port: 0, logLevel: 'silent', ...options });
  mock.addFixtures([...fixtures]);
  await mock.start();
  return {
    baseURL: `${mock.url}/v1`,
    mock,
    requests: () => mock.getRequests(),
    reset: () => void mock.reset(),
    stop: async () => {
      // aimock waits for its clients; one that hangs is what some tests are about. It has no public way to cut them off.
      const instance = Reflect.get(mock, 'serverInstance') as { readonly server: Server } | null;
      const stopped = mock.stop();
      instance?.server.closeAllConnections();
      await stopped;
    },
  };
}
