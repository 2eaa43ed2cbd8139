import type { ChatStreamElement, ChatStreamEventName } from '@chat-stream/widget';
import { expect } from 'chai';
import { next, record, until, withoutWaiting } from './support/element.js';
import { FakeServer, type Visitor } from './support/fake-server.js';

const EVENTS: readonly ChatStreamEventName[] = [
  'chat-stream-ready',
  'chat-stream-before-send',
  'chat-stream-message',
  'chat-stream-stream-start',
  'chat-stream-stream-end',
  'chat-stream-connection',
  'chat-stream-error',
];

/** A page that has the element as pages have it that forbid Lit: the chat itself is in a frame of the server. */
async function framedPage(): Promise<HTMLIFrameElement> {
  const page = document.createElement('iframe');
  page.srcdoc = `<!doctype html><body><script type="module">
    import { defineFramed } from '/widget/dist/script/chat-stream-framed.js';
    defineFramed(undefined, false);
  </script></body>`;
  page.width = '500';
  page.height = '600';
  const loaded = new Promise((resolve) => page.addEventListener('load', resolve));
  document.body.append(page);
  await loaded;
  await until(() => page.contentWindow?.customElements.get('chat-stream'));
  return page;
}

/** What is left of the details that two conversations can have in common. */
function alike(value: unknown): unknown {
  const text = JSON.stringify(value, (key, field: unknown) =>
    key === 'timestamp' || (key === 'id' && /^[0-9a-f-]{36}$/.test(String(field))) ? '…' : field,
  );
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}

describe('Where the chat is in a frame of its server', () => {
  let server: FakeServer;
  let restore: () => void;
  let page: HTMLIFrameElement;

  beforeEach(async () => {
    server = await FakeServer.open();
    restore = withoutWaiting();
    page = await framedPage();
  });
  afterEach(() => {
    page.remove();
    server.close();
    restore();
    localStorage.clear();
  });

  type Given = Partial<
    Pick<ChatStreamElement, 'getToken' | 'tools' | 'suggestions' | 'strings' | 'link' | 'renderers'>
  >;
  const make = (given: Given = {}, attributes: Record<string, string> = {}, into = page.contentDocument!) => {
    const element = into.createElement('chat-stream');
    Object.assign(element, given);
    for (const [name, value] of Object.entries({ server: server.url, ...attributes })) {
      element.setAttribute(name, value);
    }
    return element;
  };
  const open = async (given: Given = {}): Promise<{ element: ChatStreamElement; visitor: Visitor }> => {
    const element = make(given);
    page.contentDocument?.body.append(element);
    const { visitor, hello } = await server.arrival();
    visitor.openSession(hello);
    await until(() => element.connectionState === 'open');
    return { element, visitor };
  };
  const begin = (visitor: Visitor, id: string, text: string, seq: number) => {
    visitor.send({ type: 'message_stream', id, stream_start: true, metadata: { streaming: true }, seq });
    visitor.send({ type: 'message_stream', id, stream_chunk: true, chunk: text, seq: seq + 1 });
  };
  const end = (visitor: Visitor, id: string, seq: number) =>
    visitor.send({
      type: 'message_stream',
      id,
      stream_end: true,
      metadata: { streaming: false, status: 'complete' },
      seq,
    });

  /** One conversation, as a page hears it. */
  async function hear(element: ChatStreamElement): Promise<unknown> {
    const heard: [string, unknown][] = [];
    for (const name of EVENTS) {
      element.addEventListener(name, (event) => {
        const { detail, bubbles, composed, cancelable } = event as CustomEvent<unknown>;
        heard.push([`${name} ${bubbles} ${composed} ${cancelable}`, alike(detail)]);
      });
    }
    (element.ownerDocument ?? document).body.append(element);
    const { visitor, hello } = await server.arrival();
    visitor.openSession(hello);
    await until(() => heard.some(([name]) => name.startsWith('chat-stream-ready')));
    await element.sendMessage('Hello', { attachments: [{ id: 'file' }] });
    const { id, content, metadata } = await visitor.frame('message');
    visitor.send({ type: 'message', id, content, attachments: metadata?.attachments, sender: 'user', seq: 1 });
    begin(visitor, 'a', 'Good ', 2);
    visitor.send({ type: 'message_stream', id: 'a', stream_chunk: true, chunk: 'day.', seq: 4 });
    end(visitor, 'a', 5);
    visitor.send({ type: 'error', code: 'busy', message: 'It is busy.', retryable: true });
    await until(() => heard.some(([name]) => name.startsWith('chat-stream-error')));
    await until(() => element.status === 'error');
    const messages = alike(element.messages);
    element.remove();
    await until(() => element.connectionState === 'closed');
    return { heard, messages };
  }

  it('a page hears the same events, with the same details, as from the element itself', async () => {
    const framed = await hear(make());
    localStorage.clear();
    const plain = await hear(make({}, {}, document));
    expect(plain).to.have.nested.property('heard.length').above(7);
    expect(framed).to.deep.equal(plain);
  });

  it('a page reads the conversation, while an answer is written, too', async () => {
    const { element, visitor } = await open();
    begin(visitor, 'a', 'As far as ', 1);
    await until(() => element.messages[0]?.content === 'As far as ');
    expect([element.status, element.sessionId]).to.deep.equal(['streaming', 'session-of-the-server']);
    visitor.send({ type: 'message_stream', id: 'a', stream_chunk: true, chunk: 'this.', seq: 3 });
    await until(() => element.messages[0]?.content === 'As far as this.');
    end(visitor, 'a', 4);
    await until(() => element.status === 'ready');
    expect(element.messages.map(({ metadata }) => metadata.status)).to.deep.equal(['complete']);
  });

  it('a listener that cancels a message of the page is obeyed at once', async () => {
    const { element, visitor } = await open();
    element.addEventListener('chat-stream-before-send', (event) => event.preventDefault(), { once: true });
    expect(await element.sendMessage('No')).to.equal(undefined);
    const id = await element.sendMessage('Yes');
    const sent = await visitor.frame('message');
    expect([sent.id, sent.content]).to.deep.equal([id, 'Yes']);
    expect(visitor.pending('message')).to.equal(0);
  });

  it('every method works, and what cannot be done is reported', async () => {
    const { element, visitor } = await open();
    const failed = next(element, 'chat-stream-error');
    element.regenerate();
    expect((await failed).code).to.equal('not_found');
    begin(visitor, 'a', 'Much ', 1);
    await until(() => element.messages.length === 1);
    element.stop();
    expect((await visitor.frame('stop')).id).to.equal('a');
    end(visitor, 'a', 3);
    await until(() => element.status === 'ready');
    element.clear();
    await until(() => element.messages.length === 0);
    const id = element.newSession();
    const { visitor: other, hello } = await server.arrival();
    expect(hello.session_id).to.equal(id);
    other.openSession(hello);
    await until(() => element.sessionId === id);
    element.selectSession('another');
    expect((await server.arrival()).hello.session_id).to.equal('another');
    expect(() => element.selectSession('not one'))
      .to.throw()
      .with.property('code', 'bad_setting');
    const thrown = await element.sendMessage(' ').catch((error: unknown) => error);
    expect(thrown).to.have.property('code', 'bad_message');
  });

  it('what a page asks for before there is a frame is done when there is one, a closed launcher included', async () => {
    const element = make({}, { mode: 'launcher' });
    const sent = element.sendMessage('Early');
    page.contentDocument?.body.append(element);
    const { visitor, hello } = await server.arrival();
    visitor.openSession(hello);
    expect((await visitor.frame('message')).content).to.equal('Early');
    expect(await sent).to.be.a('string');
    expect(element.open).to.equal(false);
  });

  it('tokens are asked of the page for each connection, and none goes out without one', async () => {
    let count = 0;
    const { element, visitor } = await open({ getToken: async () => `token ${++count}` });
    expect(count).to.equal(1);
    visitor.cut();
    expect((await server.arrival()).hello.token).to.equal('token 2');
    element.remove();
    const failing = make({
      getToken: () => {
        throw new Error('no token today');
      },
    });
    const failed = next(failing, 'chat-stream-error');
    page.contentDocument?.body.append(failing);
    expect(await failed).to.include({ code: 'token_failed' });
    expect((await failed).message).to.contain('no token today');
  });

  it('tools run in the page, and their results go to the agent', async () => {
    const given: unknown[] = [];
    const execute = async (args: unknown) => (given.push(args), { city: 'Wien' });
    const { element, visitor } = await open({
      tools: [
        { name: 'locate', execute },
        { name: 'odd', execute: () => () => {} },
      ],
    });
    const calls = record(element, 'chat-stream-tool-call');
    begin(visitor, 'a', '', 1);
    const call = (call_id: string, tool_name: string, seq: number) => {
      const delta = {
        type: 'tool_call',
        call_id,
        tool_name,
        arguments: '{"precise":true}',
        parse_status: 'succeeded',
        target: 'page',
      };
      visitor.send({ type: 'message_stream', id: 'a', stream_chunk: true, chunk: '', delta, seq });
    };
    call('c1', 'locate', 3);
    expect(await visitor.frame('tool_result')).to.deep.equal({
      type: 'tool_result',
      call_id: 'c1',
      content: { city: 'Wien' },
    });
    expect(given).to.deep.equal([{ precise: true }]);
    expect(calls).to.deep.equal([{ messageId: 'a', callId: 'c1', name: 'locate', arguments: { precise: true } }]);
    call('c2', 'odd', 4);
    expect(await visitor.frame('tool_result')).to.include({ call_id: 'c2', is_error: true });
    call('c3', 'unknown', 5);
    const { content } = await visitor.frame('tool_result');
    expect(content).to.equal('This page has no tool "unknown".');
  });

  it('what no frame can be given is reported, and the rest works', async () => {
    const element = make({
      link: {} as never,
      renderers: { math: false, chart: () => undefined },
      suggestions: ['One?'],
    });
    const errors = record(element, 'chat-stream-error');
    page.contentDocument?.body.append(element);
    const { visitor, hello } = await server.arrival();
    visitor.openSession(hello);
    await until(() => element.connectionState === 'open');
    expect(errors.map(({ code }) => code)).to.deep.equal(['unavailable', 'unavailable']);
    expect(element.suggestions).to.deep.equal(['One?']);
  });
});

describe('What comes from the frame', () => {
  it('is read before it is believed', async () => {
    const file: string = '/widget/dist/framed/frame-messages.js';
    const { readFromFrame, readToFrame } = (await import(file)) as Record<string, (data: unknown) => unknown>;
    const event = { type: 'event', name: 'chat-stream-message', detail: { message: { id: 'a' } } };
    const wrong: unknown[] = [
      undefined,
      null,
      7,
      'ready',
      {},
      { type: 'ready ' },
      event,
      { type: 'event', name: 'click', detail: {} },
    ];
    wrong.push(
      { type: 'ask', id: 1, question: { about: 'cookies' } },
      { type: 'call', id: 1, method: 'remove', args: [] },
    );
    for (const data of wrong)
      expect([readFromFrame?.(data), readToFrame?.(data)]).to.deep.equal([undefined, undefined]);
    expect(readFromFrame?.({ type: 'ready' })).to.deep.equal({ type: 'ready' });
  });
});
