import { cleanUp, withoutWaiting } from './element.js';
import { FakeServer } from './fake-server.js';

/**
 * Opens a server before each test of the suite that calls it, and closes it after: elements go first, and no attempt to
 * connect waits for long.
 *
 * @param use Takes the server.
 * @param serves Whether it serves requests from the start.
 */
export function useFakeServer(use: (server: FakeServer) => void, serves = false): void {
  let server: FakeServer | undefined;
  let restore = (): void => {};
  beforeEach(async () => {
    server = await FakeServer.open();
    if (serves) server.serve();
    restore = withoutWaiting();
    use(server);
  });
  afterEach(async () => {
    await cleanUp();
    server?.close();
    restore();
  });
}
