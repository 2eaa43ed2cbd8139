import { expect } from 'chai';
import { box, cleanUp, mount, mountLinked, need, painted, part, record, texts, until } from './support/element.js';
import type { FakeServer } from './support/fake-server.js';
import { useFakeServer } from './support/use-fake-server.js';

describe('The element on the page', () => {
  afterEach(cleanUp);

  it('keeps its one connection when it is moved', async () => {
    const { element, link } = await mountLinked();
    link.answer('a', 'still here');
    const other = box();
    other.append(element);
    await painted(element);
    expect(link.connects).to.have.length(1);
    expect(link.closes).to.equal(0);
    expect(texts(element)).to.deep.equal(['still here']);
  });

  it('has one connection when it is mounted twice at once, as React does in StrictMode', async () => {
    const { element, link } = await mountLinked();
    const parent = element.parentElement;
    for (let times = 0; times < 3; times++) {
      element.remove();
      parent?.append(element);
    }
    await painted(element);
    expect(link.connects).to.have.length(1);
  });

  it('disconnects when it is removed, and goes on with its cursor when it is put back', async () => {
    const { element, link } = await mountLinked();
    link.start('a');
    link.chunk('a', 'one ');
    const parent = element.parentElement;
    element.remove();
    await Promise.resolve();
    expect(link.closes).to.equal(1);
    expect(element.connectionState).to.equal('closed');
    link.chunk('a', 'not heard');
    parent?.append(element);
    await painted(element);
    expect(link.connects).to.have.length(2);
    expect(link.connects[1]?.cursor).to.deep.equal({ epoch: 'e1', seq: 2 });
    link.frame({ type: 'message_stream', id: 'a', stream_chunk: true, chunk: 'two', seq: 3 });
    await painted(element);
    expect(texts(element)).to.deep.equal(['one two']);
  });

  it('leaves no timer, no frame request and no listener behind', async () => {
    const running = new Set<number>();
    const listening = new Set<unknown>();
    const original = { setTimeout, clearTimeout, add: window.addEventListener };
    window.setTimeout = ((work: () => void, ms?: number) => {
      const id: number = original.setTimeout.call(
        window,
        () => {
          running.delete(id);
          work();
        },
        ms,
      );
      running.add(id);
      return id;
    }) as typeof setTimeout;
    window.clearTimeout = ((id: number) => {
      running.delete(id);
      original.clearTimeout.call(window, id);
    }) as typeof clearTimeout;
    window.addEventListener = function (
      this: Window,
      type: string,
      listener: unknown,
      options?: AddEventListenerOptions,
    ) {
      listening.add(listener);
      options?.signal?.addEventListener('abort', () => listening.delete(listener));
      original.add.call(this, type, listener as EventListener, options);
    } as typeof window.addEventListener;
    try {
      const { element, link } = await mountLinked();
      link.frame({ type: 'connected', session_id: 's', protocol: 1, heartbeat_ms: 60_000 });
      await element.sendMessage('Hello');
      link.start('a');
      link.chunk('a', 'A sentence that is announced. And ');
      expect(running.size).to.be.greaterThan(0);
      expect(listening.size).to.be.greaterThan(0);
      link.state('closed');
      element.remove();
      await Promise.resolve();
      expect(running.size).to.equal(0);
      expect(listening.size).to.equal(0);
    } finally {
      window.setTimeout = original.setTimeout;
      window.clearTimeout = original.clearTimeout;
      window.addEventListener = original.add;
    }
  });

  it('keeps what the page sends while it is not on the page, and connects for nothing', async () => {
    const { element, link } = await mountLinked();
    const parent = element.parentElement;
    element.remove();
    await Promise.resolve();
    await element.sendMessage('Later');
    expect(link.connects).to.have.length(1);
    parent?.append(element);
    await painted(element);
    expect(link.connects).to.have.length(2);
    expect(link.sentOf('message').map(({ content }) => content)).to.deep.equal(['Later']);
  });

  it('can be there before it is set up, and connects once', async () => {
    const errors = record(document, 'chat-stream-error');
    const { link } = await mountLinked();
    const parent = box();
    const element = document.createElement('chat-stream');
    parent.append(element);
    element.link = link;
    await painted(element);
    expect(link.connects).to.have.length(2);
    expect(errors).to.have.length(0);
  });

  it('empties its view on clear, and goes on in the same session', async () => {
    const { element, link } = await mountLinked();
    link.answer('a', 'old');
    await painted(element);
    element.clear();
    await painted(element);
    expect(texts(element)).to.deep.equal([]);
    link.answer('b', 'new');
    await painted(element);
    expect(texts(element)).to.deep.equal(['new']);
    expect(link.connects).to.have.length(1);
  });

  it('says the page’s words, and offers the page’s suggestions', async () => {
    const { element, link } = await mountLinked({
      strings: { send: 'Los', empty: 'Was darf es sein?' },
      suggestions: ['Eins', 'Zwei'],
    });
    expect(need(element, 'send').getAttribute('aria-label')).to.equal('Los');
    expect(need(element, 'empty').textContent).to.contain('Was darf es sein?');
    need<HTMLButtonElement>(element, 'suggestion').click();
    await painted(element);
    expect(link.sentOf('message').map(({ content }) => content)).to.deep.equal(['Eins']);
    expect(part(element, 'empty')).to.equal(null);
  });
});

describe('Twice on one page', () => {
  let server: FakeServer;
  useFakeServer((opened) => (server = opened));

  const visit = async (sessionId: string) => {
    const element = await mount({ attributes: { server: server.url } });
    const visitor = await server.connection();
    const hello = await visitor.greet({ session_id: sessionId, token: `token-of-${sessionId}` });
    await until(() => element.sessionId === sessionId);
    return { element, visitor, hello };
  };

  it('there are two sessions, and each comes back to its own after a reload', async () => {
    const first = await visit('first-session');
    const second = await visit('second-session');
    expect(second.hello.session_id).to.equal(undefined);
    first.element.remove();
    second.element.remove();
    await Promise.all([first.visitor.closed(), second.visitor.closed()]);
    expect((await visit('first-session')).hello).to.include({
      session_id: 'first-session',
      token: 'token-of-first-session',
    });
    expect((await visit('second-session')).hello).to.include({ session_id: 'second-session' });
  });

  it('an element that is put back keeps its session, whoever came meanwhile', async () => {
    const first = await visit('first-session');
    const parent = first.element.parentElement;
    first.element.remove();
    await first.visitor.closed();
    await visit('first-session');
    parent?.append(first.element);
    const again = await server.connection();
    expect((await again.greet()).session_id).to.equal('first-session');
  });

  it('works with storage blocked', async () => {
    const getter = Object.getOwnPropertyDescriptor(window, 'localStorage');
    Object.defineProperty(window, 'localStorage', {
      configurable: true,
      get: () => {
        throw new DOMException('Blocked', 'SecurityError');
      },
    });
    try {
      const { element, visitor, hello } = await visit('a-session');
      expect(hello.client_id).to.match(/^[0-9a-f-]{36}$/);
      visitor.cut();
      const again = await (await server.connection()).greet();
      expect(again).to.include({ session_id: 'a-session', token: 'token-of-a-session', client_id: hello.client_id });
      expect(element.connectionState).not.to.equal('closed');
    } finally {
      if (getter) Object.defineProperty(window, 'localStorage', getter);
    }
  });

  it('is not misled by what other scripts put into storage', async () => {
    const { element, visitor } = await visit('a-session');
    element.remove();
    await visitor.closed();
    for (const key of Object.keys(localStorage)) localStorage.setItem(key, '{"clientId":7,"sessionId":["x"]}');
    expect((await visit('another')).hello).not.to.have.any.keys('session_id', 'token');
  });
});
