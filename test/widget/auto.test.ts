import { expect } from 'chai';
import type { ChatStreamElement } from '@chat-stream/widget';
import { cleanUp, mount, record, texts, until, withoutWaiting } from './support/element.js';
import { FakeServer } from './support/fake-server.js';

/** Sockets that open once the test says so: no network is that slow on demand. */
function slowSockets(): { connect(): void; restore(): void } {
  const { WebSocket } = window;
  let connect: () => void = () => {};
  window.WebSocket = class extends EventTarget {
    static readonly OPEN = 1;
    #slow: WebSocket | undefined;
    constructor(url: string, protocol: string) {
      super();
      connect = () => {
        this.#slow = new WebSocket(url, protocol);
        this.#slow.addEventListener('message', ({ data }) => this.dispatchEvent(new MessageEvent('message', { data })));
      };
    }
    get readyState(): number {
      return this.#slow?.readyState ?? 0;
    }
    send(data: string): void {
      this.#slow?.send(data);
    }
    close(): void {
      this.#slow?.close();
    }
  } as unknown as typeof WebSocket;
  return {
    connect: () => connect(),
    restore: () => void (window.WebSocket = WebSocket),
  };
}

describe('Which way to the server', () => {
  let server: FakeServer;
  let restore: () => void;

  beforeEach(async () => {
    server = await FakeServer.open();
    server.serve();
    restore = withoutWaiting();
  });

  const { WebSocket } = window;
  afterEach(async () => {
    window.WebSocket = WebSocket;
    await cleanUp();
    server.close();
    restore();
  });

  const visit = (attributes = {}): Promise<ChatStreamElement> =>
    mount({ attributes: { server: server.url, ...attributes } });
  const isOpen = (element: ChatStreamElement): Promise<void> => until(() => element.connectionState === 'open');
  const leave = async (element: ChatStreamElement): Promise<void> => {
    element.remove();
    await server.settled();
  };
  const refusals = (): number => server.pending((event) => event.refused === true).length;
  const remembered = (): string[] => Object.keys(localStorage).filter((key) => key.includes('blocked'));
  /** Opens over events, and takes the refusal of the second try that makes sure. */
  const openBlocked = async (): Promise<ChatStreamElement> => {
    server.refuse();
    const element = await visit();
    await server.next((event) => event.refused === true);
    await server.openEvents();
    await server.next((event) => event.refused === true);
    await until(() => remembered().length === 1);
    return element;
  };

  it('is a WebSocket, and no request is made while it works', async () => {
    const element = await visit();
    const visitor = await server.connection();
    await visitor.greet();
    await isOpen(element);
    visitor.cut();
    await (await server.connection()).greet();
    await isOpen(element);
    expect(server.pendingRequests()).to.equal(0);
    expect(remembered()).to.deep.equal([]);
  });

  it('is events where the WebSocket is refused, and from then on at once', async () => {
    const element = await openBlocked();
    await isOpen(element);
    await leave(element);
    const again = await visit();
    await server.openEvents();
    await isOpen(again);
    expect(refusals()).to.equal(0);
  });

  it('is events where the WebSocket is swallowed, within three seconds', async () => {
    server.swallow();
    const began = performance.now();
    const element = await visit();
    await server.next((event) => event.swallowed === true);
    await server.openEvents();
    await isOpen(element);
    // The promise is a bound; what it takes is half of it.
    expect(performance.now() - began).to.be.lessThan(3_000);
    expect(remembered()).to.have.length(1);
  });

  it('is the WebSocket, where both are slow and it comes first', async () => {
    const sockets = slowSockets();
    const states: string[] = [];
    const element = await visit();
    element.addEventListener('chat-stream-connection', ({ detail }) => states.push(detail.state));
    const request = await server.request('POST ');
    sockets.connect();
    const visitor = await server.connection();
    await visitor.greet();
    await isOpen(element);
    await request.gone();
    await element.sendMessage('Hello');
    expect((await visitor.frame('message')).content).to.equal('Hello');
    expect(visitor.pending('hello')).to.equal(0);
    expect(states).to.deep.equal(['open']);
    expect(remembered()).to.deep.equal([]);
  });

  it('is the WebSocket, however slow, where something else than the server answers requests', async () => {
    const sockets = slowSockets();
    const states: string[] = [];
    const element = await visit();
    element.addEventListener('chat-stream-connection', ({ detail }) => states.push(detail.state));
    const request = await server.request('POST ');
    request.foreign(403);
    await request.gone();
    sockets.connect();
    await (await server.connection()).greet();
    await isOpen(element);
    expect(states).to.deep.equal(['open']);
    expect(remembered()).to.deep.equal([]);
  });

  it('becomes the WebSocket again where that was only slow', async () => {
    const sockets = slowSockets();
    const element = await visit();
    const stream = await server.openEvents({ session_id: 'a-session-of-the-test' });
    await isOpen(element);
    expect(remembered()).to.have.length(1);
    sockets.connect();
    (await server.connection()).connected();
    sockets.restore();
    await stream.gone();
    const hello = await (await server.connection()).greet();
    expect(hello).to.deep.include({ session_id: 'a-session-of-the-test', cursor: { epoch: 'e1', seq: 0 } });
    await isOpen(element);
    expect(remembered()).to.deep.equal([]);
  });

  it('stays the WebSocket where the server was only down', async () => {
    const descriptor = Object.getOwnPropertyDescriptor(Storage.prototype, 'setItem') ?? {};
    const setItem = localStorage.setItem.bind(localStorage);
    const written: string[] = [];
    Storage.prototype.setItem = (key, value) => {
      written.push(key);
      setItem(key, value);
    };
    try {
      server.refuse();
      server.serve(false);
      const element = await visit();
      for (let times = 0; times < 3; times++) await server.next((event) => event.refused === true);
      server.refuse(false);
      await (await server.connection()).greet();
      await isOpen(element);
    } finally {
      Object.defineProperty(Storage.prototype, 'setItem', descriptor);
    }
    expect(written.filter((key) => key.includes('blocked'))).to.deep.equal([]);
  });

  it('becomes the WebSocket again where the server came up between the two', async () => {
    server.refuse();
    const element = await visit();
    await server.next((event) => event.refused === true);
    const created = await server.request('POST ');
    server.refuse(false);
    created.json(200, { success: true, data: { token: 'given' } });
    await server.openEvents({ session_id: 'a-session-of-the-test' });
    // The one that makes sure; then the one that is used.
    const check = await server.connection();
    check.connected();
    const visitor = await server.connection();
    expect(await visitor.greet()).to.include({ token: 'given', session_id: 'a-session-of-the-test' });
    await isOpen(element);
    expect(remembered()).to.deep.equal([]);
  });

  it('is the WebSocket again after an hour, or when what is stored can not be', async () => {
    const element = await openBlocked();
    await leave(element);
    const [key = ''] = remembered();
    server.refuse(false);
    const { now } = Date;
    Date.now = () => now() + 3_600_001;
    try {
      const later = await visit();
      await (await server.connection()).greet();
      await isOpen(later);
      await leave(later);
      for (const rubbish of ['rubbish', String(now() + 1e12), '-1']) {
        localStorage.setItem(key, rubbish);
        const visitor = await visit();
        await (await server.connection()).greet();
        await isOpen(visitor);
        await leave(visitor);
      }
    } finally {
      Date.now = now;
    }
  });

  it('is looked for anew when the remembered one fails', async () => {
    const element = await openBlocked();
    await leave(element);
    server.refuse(false);
    server.serve(false);
    const again = await visit();
    await (await server.connection()).greet();
    await isOpen(again);
    expect(remembered()).to.deep.equal([]);
  });

  it('changes in mid-answer without a word lost or twice', async () => {
    const element = await visit();
    const visitor = await server.connection();
    await visitor.greet({ token: 'given' });
    visitor.send({ type: 'message_stream', id: 'a', stream_start: true, seq: 1 });
    visitor.send({ type: 'message_stream', id: 'a', stream_chunk: true, chunk: 'one ', seq: 2 });
    await until(() => element.messages[0]?.content === 'one ');
    server.refuse();
    await server.settled();
    visitor.cut();
    const stream = await server.request('GET ');
    expect(stream.query.get('cursor')).to.equal('e1-2');
    expect(stream.authorization).to.equal('Bearer given');
    expect(stream.path).to.equal('/api/chat/sessions/session-of-the-server/stream');
    stream.events();
    stream.send({ type: 'session', session_id: 'session-of-the-server', epoch: 'e1', seq: 3, resumed: true });
    stream.send({ type: 'message_stream', id: 'a', stream_chunk: true, chunk: 'two', seq: 3 });
    stream.send({ type: 'message_stream', id: 'a', stream_end: true, metadata: { status: 'complete' }, seq: 4 });
    await until(() => element.status === 'ready');
    expect(texts(element)).to.deep.equal(['one two']);
  });

  it('is the one that the page forces', async () => {
    server.refuse();
    const forced = await visit({ transport: 'websocket' });
    for (let times = 0; times < 3; times++) await server.next((event) => event.refused === true);
    expect(server.pendingRequests()).to.equal(0);
    await leave(forced);
    server.refuse(false);
    const element = await visit({ transport: 'sse' });
    await server.openEvents();
    await isOpen(element);
    expect(server.pending((event) => event.opened === true)).to.have.length(0);
    expect(remembered()).to.deep.equal([]);
  });

  it('may be changed by the page, and the conversation goes on', async () => {
    const element = await visit({ transport: 'sse' });
    const stream = await server.openEvents();
    stream.send({ type: 'message', id: 'a', content: 'still here', sender: 'ai', seq: 1 });
    await until(() => element.messages.length === 1);
    const { sessionId } = element;
    element.transport = 'websocket';
    const hello = await (await server.connection()).greet();
    expect(hello).to.deep.include({ session_id: sessionId, cursor: { epoch: 'e1', seq: 1 } });
    await stream.gone();
    await isOpen(element);
    expect(texts(element)).to.deep.equal(['still here']);
  });

  it('is refused by name where it is none that there is', async () => {
    const errors = record(document, 'chat-stream-error');
    const element = await visit({ transport: 'carrier-pigeon' });
    await until(() => errors.length > 0);
    expect(errors[0]?.code).to.equal('bad_setting');
    expect(errors[0]?.message).to.contain('auto, websocket, sse');
    expect(element.connectionState).to.equal('closed');
  });
});
