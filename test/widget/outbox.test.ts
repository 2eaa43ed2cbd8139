import { expect } from 'chai';
import type { ChatStreamElement } from '@chat-stream/widget';
import { cleanUp, mount, painted, texts, until } from './support/element.js';
import { FakeServer, type Visitor } from './support/fake-server.js';

describe('What was written and has not arrived', () => {
  let server: FakeServer;
  const { random } = Math;

  beforeEach(async () => {
    server = await FakeServer.open();
    // Nobody sits the waits out: `online` ends them. Without any, a browser would hold back sockets that fail so often.
    Math.random = () => 0.9;
  });

  afterEach(async () => {
    await cleanUp();
    server.close();
    Math.random = random;
  });

  const visit = (attributes = {}): Promise<ChatStreamElement> =>
    mount({ attributes: { server: server.url, ...attributes } });
  /** An element with an open session, whose server goes away then. */
  const offline = async (attributes = {}): Promise<ChatStreamElement> => {
    const element = await visit(attributes);
    const visitor = await server.connection();
    await visitor.greet({ token: 'a-token' });
    await until(() => element.connectionState === 'open');
    server.refuse();
    await server.settled();
    visitor.cut();
    await until(() => element.connectionState === 'reconnecting');
    return element;
  };
  /** As a reload does: another element, of which nothing is left but what is stored. */
  const reload = async (element: ChatStreamElement, attributes = {}): Promise<ChatStreamElement> => {
    element.remove();
    await server.settled();
    return visit(attributes);
  };
  /** The server is back, and whoever is on the page has said hello to it. */
  const back = async (): ReturnType<FakeServer['arrival']> => {
    server.refuse(false);
    await server.settled();
    window.dispatchEvent(new Event('online'));
    return server.arrival();
  };
  const online = async (): Promise<Visitor> => {
    const { visitor, hello } = await back();
    visitor.openSession(hello);
    return visitor;
  };
  const key = (): string => Object.keys(localStorage).find((name) => name.endsWith(':outbox')) ?? '';
  type Kept = { readonly id: string; readonly content: string; readonly session_id?: string };
  const kept = (): Kept[] =>
    (JSON.parse(localStorage.getItem(key()) ?? '{"messages":[]}') as { messages: Kept[] }).messages;
  const echo = (visitor: Visitor, id: string | undefined, content: string, seq: number): void =>
    visitor.send({ type: 'message', id, content, sender: 'user', seq });

  it('is there after a reload, and is sent once, in order, under the ids it had', async () => {
    const element = await offline();
    const ids = [
      await element.sendMessage('one'),
      await element.sendMessage('two'),
      await element.sendMessage('three'),
    ];
    const again = await reload(element);
    await painted(again);
    expect(texts(again)).to.deep.equal(['one', 'two', 'three']);
    expect(again.messages.map(({ metadata }) => metadata['delivery'])).to.deep.equal(['pending', 'pending', 'pending']);
    expect(again.status).to.equal('submitted');
    const visitor = await online();
    const sent = [await visitor.frame('message'), await visitor.frame('message'), await visitor.frame('message')];
    expect(sent.map(({ id }) => id)).to.deep.equal(ids);
    expect(sent.map(({ content }) => content)).to.deep.equal(['one', 'two', 'three']);
    for (const [index, { id, content }] of sent.entries()) echo(visitor, id, content, index + 1);
    await until(() => again.messages.every(({ metadata }) => metadata['delivery'] === undefined));
    expect(texts(again)).to.deep.equal(['one', 'two', 'three']);
    expect(key()).to.equal('');
    await server.settled();
    expect(visitor.pending('message')).to.equal(0);
  });

  it('keeps its agent', async () => {
    const element = await offline();
    await element.sendMessage('Hello', { agent: 'helper' });
    await reload(element);
    expect((await (await online()).frame('message')).metadata?.agentType).to.equal('helper');
  });

  it('is not sent again where the server has it already', async () => {
    const element = await offline();
    const id = await element.sendMessage('Hello');
    const again = await reload(element);
    const { visitor } = await back();
    visitor.send({ type: 'session', session_id: 'session-of-the-server', epoch: 'e1', seq: 3, resumed: false });
    const history = [
      { id, content: 'Hello', sender: 'user' },
      { id: 'a', content: 'Hi', sender: 'ai' },
    ];
    visitor.send({ type: 'history', messages: history, has_more: false, seq: 3 });
    await until(() => again.status === 'ready');
    await painted(again);
    expect(texts(again)).to.deep.equal(['Hello', 'Hi']);
    expect(key()).to.equal('');
  });

  it('is kept for its own session: another one does not get it', async () => {
    const other = await offline({ 'session-id': 'first-session-of-the-page' });
    await other.sendMessage('for the first');
    other.setAttribute('session-id', 'second-session-of-the-page');
    await until(() => other.messages.length === 0);
    const visitor = await online();
    await until(() => other.connectionState === 'open');
    await server.settled();
    expect(visitor.pending('message')).to.equal(0);
    // The page goes back to the first one.
    other.setAttribute('session-id', 'first-session-of-the-page');
    const first = await server.connection();
    expect((await first.greet()).session_id).to.equal('first-session-of-the-page');
    expect((await first.frame('message')).content).to.equal('for the first');
  });

  it('goes to the session that comes, where there was none yet', async () => {
    server.refuse();
    const element = await visit();
    await element.sendMessage('first words');
    await reload(element);
    const visitor = await online();
    const message = await visitor.frame('message');
    expect(message.content).to.equal('first words');
    expect(message.metadata?.session_id).to.equal('session-of-the-server');
    expect(kept()[0]?.session_id).to.equal('session-of-the-server');
  });

  it('goes to the session that another tab got meanwhile, where this one had none', async () => {
    server.refuse();
    const element = await visit();
    await element.sendMessage('first words');
    const identity = { clientId: 'of-both', sessionId: 'session-of-the-other-tab', token: 'a-token' };
    localStorage.setItem(key().replace(':outbox', ''), JSON.stringify(identity));
    await reload(element);
    const message = await (await online()).frame('message');
    expect(message.content).to.equal('first words');
    expect(message.metadata?.session_id).to.equal('session-of-the-other-tab');
  });

  it('outlives a reload also where its session is gone and there is no other yet', async () => {
    const again = await reload(await offline().then(async (element) => (await element.sendMessage('Hello'), element)));
    const { visitor } = await back();
    server.refuse();
    visitor.send({ type: 'error', code: 'not_found', message: 'There is no such session.', retryable: false });
    await until(() => again.sessionId === undefined);
    await reload(again);
    expect((await (await online()).frame('message')).content).to.equal('Hello');
  });

  it('is not sent by a second tab to a session of its own', async () => {
    server.refuse();
    const element = await visit();
    await element.sendMessage('first words');
    // Another tab had it as well, got its session first, and names it.
    const text = localStorage.getItem(key()) ?? '';
    localStorage.setItem(key(), text.replace(/\}\]\}$/, ',"session_id":"session-of-the-other-tab"}]}'));
    const visitor = await online();
    await until(() => element.connectionState === 'open');
    await until(() => element.messages.length === 0);
    await server.settled();
    expect(visitor.pending('message')).to.equal(0);
  });

  it('of two tabs is kept side by side', async () => {
    const element = await offline();
    await element.sendMessage('mine');
    const own = kept();
    // What a second tab writes under the same key.
    const text = localStorage.getItem(key()) ?? '';
    const theirs = { ...own[0], id: 'theirs', content: 'theirs' };
    localStorage.setItem(key(), text.replace('"messages":[', `"messages":[${JSON.stringify(theirs)},`));
    await element.sendMessage('mine, too');
    expect(kept().map(({ content }) => content)).to.deep.equal(['theirs', 'mine', 'mine, too']);
    const visitor = await online();
    for (const seq of [1, 2]) {
      const { id, content } = await visitor.frame('message');
      echo(visitor, id, content, seq);
    }
    await until(() => element.messages.every(({ metadata }) => metadata['delivery'] === undefined));
    expect(kept().map(({ content }) => content)).to.deep.equal(['theirs']);
  });

  it('is forgotten when it is taken back, refused, or left', async () => {
    const element = await offline();
    await element.sendMessage('taken back');
    element.stop();
    expect(kept()).to.deep.equal([]);
    await element.sendMessage('refused');
    expect(kept()).to.have.length(1);
    const visitor = await online();
    const { id } = await visitor.frame('message');
    visitor.send({ type: 'error', code: 'bad_message', message: 'No.', ref: id, retryable: false });
    await until(() => kept().length === 0);
    server.refuse();
    await server.settled();
    visitor.cut();
    await until(() => element.connectionState === 'reconnecting');
    await element.sendMessage('left');
    expect(kept()).to.have.length(1);
    element.newSession();
    expect(kept()).to.deep.equal([]);
  });

  it('is bounded: fifty messages, and a quarter of a megabyte', async () => {
    const element = await offline();
    for (let count = 0; count < 60; count++) await element.sendMessage(`message ${count}`);
    expect(kept()).to.have.length(50);
    expect(kept().at(-1)?.content).to.equal('message 59');
    for (let count = 0; count < 5; count++) await element.sendMessage('x'.repeat(100_000));
    expect((localStorage.getItem(key()) ?? '').length).to.be.lessThan(256 * 1024 + 1);
    // This page still has them all.
    expect(element.messages).to.have.length(65);
  });

  it('does not mind what other scripts write in its place', async () => {
    const element = await offline();
    await element.sendMessage('Hello');
    const name = key();
    for (const rubbish of ['', 'rubbish', '[]', '{"type":"pong"}', '{"type":"history","messages":[{"id":1}]}']) {
      localStorage.setItem(name, rubbish);
      const id = await element.sendMessage('after rubbish');
      expect(kept().map((message) => message.id)).to.deep.equal([id]);
    }
    localStorage.setItem(name, '{"type":"history","messages":[{"id":"x","content":"not mine","sender":"ai"}]}');
    const again = await reload(element);
    expect(again.messages).to.deep.equal([]);
  });

  it('is sent by this page where storage is forbidden', async () => {
    const descriptor = Object.getOwnPropertyDescriptor(window, 'localStorage');
    Object.defineProperty(window, 'localStorage', {
      configurable: true,
      get: () => {
        throw new DOMException('Storage is blocked.', 'SecurityError');
      },
    });
    try {
      const element = await offline();
      await element.sendMessage('Hello');
      expect((await (await online()).frame('message')).content).to.equal('Hello');
    } finally {
      if (descriptor !== undefined) Object.defineProperty(window, 'localStorage', descriptor);
    }
  });
});
