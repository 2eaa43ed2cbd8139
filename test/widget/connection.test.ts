import { expect } from 'chai';
import type { ChatStreamElement } from '@chat-stream/widget';
import { mount, need, next, painted, part, record, texts, until } from './support/element.js';
import type { FakeServer, Visitor } from './support/fake-server.js';
import { useFakeServer } from './support/use-fake-server.js';

const answer = (visitor: Visitor, id: string, first: number, text: string): void => {
  visitor.send({ type: 'message_stream', id, stream_start: true, seq: first });
  visitor.send({ type: 'message_stream', id, stream_chunk: true, chunk: text, seq: first + 1 });
  visitor.send({
    type: 'message_stream',
    id,
    stream_end: true,
    metadata: { streaming: false, status: 'complete' },
    seq: first + 2,
  });
};

describe('Over a WebSocket', () => {
  let server: FakeServer;
  useFakeServer((opened) => (server = opened));

  const open = async (setup = {}): Promise<{ element: ChatStreamElement; visitor: Visitor }> => {
    const element = await mount({ attributes: { server: server.url }, ...setup });
    return { element, visitor: await server.connection() };
  };

  it('says hello after connected, and sends what was written before the session was open', async () => {
    const { element, visitor } = await open();
    await element.sendMessage('Early');
    await server.settled();
    expect(visitor.pending('message')).to.equal(0);
    const hello = await visitor.greet({ token: 'a-token' });
    expect(hello).to.include({ type: 'hello', protocol: 1 });
    expect(hello.client_id).to.match(/^[0-9a-f-]{36}$/);
    expect(hello).not.to.have.any.keys('token', 'cursor', 'session_id');
    const message = await visitor.frame('message');
    expect(message).to.deep.include({
      content: 'Early',
      metadata: { session_id: 'session-of-the-server', streaming: true },
    });
    expect(element.connectionState).to.equal('open');
    expect(element.sessionId).to.equal('session-of-the-server');
  });

  it('names the agent that the attribute names', async () => {
    const { element, visitor } = await open({ attributes: { server: server.url, agent: 'helper' } });
    await visitor.greet();
    await element.sendMessage('Hello');
    expect((await visitor.frame('message')).metadata?.agentType).to.equal('helper');
  });

  it('comes back with its cursor after the connection was torn in mid-answer, without a word twice', async () => {
    const { element, visitor } = await open();
    await visitor.greet();
    visitor.send({ type: 'message_stream', id: 'a', stream_start: true, seq: 1 });
    visitor.send({ type: 'message_stream', id: 'a', stream_chunk: true, chunk: 'one ', seq: 2 });
    await until(() => element.messages[0]?.content === 'one ');
    visitor.cut();
    const second = await server.connection();
    const hello = await second.greet();
    expect(hello.cursor).to.deep.equal({ epoch: 'e1', seq: 2 });
    expect(hello.session_id).to.equal('session-of-the-server');
    second.send({ type: 'message_stream', id: 'a', stream_chunk: true, chunk: 'one ', seq: 2 });
    second.send({ type: 'message_stream', id: 'a', stream_chunk: true, chunk: 'two ', seq: 3 });
    second.send({ type: 'message_stream', id: 'a', stream_chunk: true, chunk: 'three four', first_seq: 4, seq: 5 });
    second.send({ type: 'message_stream', id: 'a', stream_end: true, metadata: { status: 'complete' }, seq: 6 });
    await until(() => element.status === 'ready');
    await painted(element);
    expect(texts(element)).to.deep.equal(['one two three four']);
  });

  it('says so while it is not connected', async () => {
    const { element, visitor } = await open();
    await visitor.greet();
    await until(() => element.connectionState === 'open');
    const states = record(element, 'chat-stream-connection');
    server.refuse();
    await server.settled();
    visitor.close(1012);
    await until(() => part(element, 'status') !== null);
    expect(need(element, 'status').textContent).to.contain('Reconnecting');
    expect(need(element, 'status').checkVisibility()).to.equal(true);
    await server.next((event) => event.refused === true);
    server.refuse(false);
    await (await server.connection()).greet();
    await until(() => part(element, 'status') === null);
    expect(states.map(({ state }) => state)).to.deep.equal(['reconnecting', 'open']);
  });

  it('sends a message again until it is acknowledged, with the same id and in order', async () => {
    const { element, visitor } = await open();
    await visitor.greet();
    const first = await element.sendMessage('one');
    const second = await element.sendMessage('two');
    const { id } = await visitor.frame('message');
    expect(id).to.equal(first);
    visitor.send({ type: 'message', id: first, content: 'one', sender: 'user', seq: 1 });
    await until(() => element.messages[0]?.metadata['delivery'] === undefined);
    visitor.cut();
    const again = await server.connection();
    await again.greet();
    expect((await again.frame('message')).id).to.equal(second);
    again.send({ type: 'message', id: second, content: 'two', sender: 'user', seq: 2 });
    await until(() => element.messages.every(({ metadata }) => metadata['delivery'] === undefined));
    await server.settled();
    expect(again.pending('message')).to.equal(0);
    expect(texts(element)).to.deep.equal(['one', 'two']);
  });

  it('takes the acknowledgement of a message that was sent again, although its frame is a duplicate', async () => {
    const { element, visitor } = await open();
    await visitor.greet();
    const id = await element.sendMessage('one');
    visitor.send({ type: 'message', id: 'other-tab', content: 'zero', sender: 'user', seq: 1 });
    await until(() => element.messages.length === 2);
    visitor.send({ type: 'message', id, content: 'one', sender: 'user', seq: 1 });
    await until(() => element.messages.every(({ metadata }) => metadata['delivery'] === undefined));
  });

  it('asks for the snapshot when the server has started anew, and shows what it says', async () => {
    const { element, visitor } = await open();
    await visitor.greet();
    answer(visitor, 'a', 1, 'from the first life');
    await until(() => element.messages.length === 1);
    visitor.cut();
    const second = await server.connection();
    second.connected();
    await second.frame('hello');
    second.send({ type: 'session', session_id: 'session-of-the-server', epoch: 'e2', seq: 5, resumed: false });
    second.send({
      type: 'history',
      messages: [{ id: 'a', content: 'as it is stored', sender: 'ai' }],
      has_more: false,
      seq: 5,
    });
    answer(second, 'b', 6, 'and on');
    await until(() => element.messages.length === 2 && element.status === 'ready');
    await painted(element);
    expect(texts(element)).to.deep.equal(['as it is stored', 'and on']);
  });

  it('notices a connection on which nothing is heard any more', async () => {
    const { visitor } = await open();
    visitor.connected({ heartbeat_ms: 40 });
    await visitor.frame('hello');
    visitor.send({ type: 'session', session_id: 's', epoch: 'e1', seq: 0, resumed: false });
    const second = await server.connection();
    expect((await second.greet()).session_id).to.equal('s');
  });

  it('comes back at once when the browser has its network again', async () => {
    const { element, visitor } = await open();
    await visitor.greet();
    await until(() => element.connectionState === 'open');
    // A wait that nobody sits out: only the event can end it.
    Math.random = () => 1_000;
    visitor.cut();
    await next(element, 'chat-stream-connection');
    window.dispatchEvent(new Event('online'));
    await (await server.connection()).greet();
    await until(() => element.connectionState === 'open');
  });

  it('stays while a server that is going down still answers, and comes back when it has closed', async () => {
    const { element, visitor } = await open();
    await visitor.greet();
    visitor.send({ type: 'message_stream', id: 'a', stream_start: true, seq: 1 });
    visitor.send({ type: 'goaway', retry_after_ms: 1 });
    visitor.send({ type: 'message_stream', id: 'a', stream_chunk: true, chunk: 'the rest', seq: 2 });
    visitor.send({ type: 'message_stream', id: 'a', stream_end: true, metadata: { status: 'complete' }, seq: 3 });
    await until(() => element.messages[0]?.content === 'the rest' && element.status === 'ready');
    const states = record(element, 'chat-stream-connection');
    visitor.close(1012);
    expect((await (await server.connection()).greet()).cursor).to.deep.equal({ epoch: 'e1', seq: 3 });
    await until(() => element.connectionState === 'open');
    expect(states.map(({ state }) => state)).to.deep.equal(['reconnecting', 'open']);
  });

  it('waits as long as a server that is going down asks for', async () => {
    const { element, visitor } = await open();
    await visitor.greet();
    visitor.send({ type: 'goaway', retry_after_ms: 3_600_000 });
    await server.settled();
    visitor.close(1012);
    await until(() => element.connectionState === 'reconnecting');
    // Neither is the wait cut short by a page that wakes up.
    window.dispatchEvent(new Event('online'));
    await server.settled();
    expect(server.pending((event) => event.opened === true)).to.have.length(0);
  });

  it('sends again what a server turned down because it was going', async () => {
    const { element, visitor } = await open();
    await visitor.greet();
    visitor.send({ type: 'goaway', retry_after_ms: 1 });
    const id = await element.sendMessage('just in time');
    await visitor.frame('message');
    visitor.send({ type: 'error', code: 'unavailable', message: 'Going down.', ref: id, retryable: true });
    await server.settled();
    expect(element.messages[0]?.metadata['delivery']).to.equal('pending');
    visitor.close(1012);
    const again = await server.connection();
    await again.greet();
    expect((await again.frame('message')).id).to.equal(id);
  });

  it('renews the token of the page before it expires, on the same connection', async () => {
    let count = 0;
    const { visitor } = await open({ getToken: () => `token-${++count}` });
    await visitor.greet();
    visitor.send({ type: 'token_expiring', in_ms: 60_000 });
    expect((await visitor.frame('token')).token).to.equal('token-2');
  });

  it('leaves a token alone that the server gave: the next connection brings another', async () => {
    const { element, visitor } = await open();
    await visitor.greet({ token: 'a-token' });
    visitor.send({ type: 'token_expiring', in_ms: 60_000 });
    visitor.send({ type: 'message', id: 'after-it', content: 'after it', sender: 'ai', seq: 1 });
    await until(() => element.messages.length === 1);
    await element.sendMessage('Hello');
    await visitor.frame('message');
    expect(visitor.pending('token')).to.equal(0);
  });

  it('sends Stop again that was lost with its connection', async () => {
    const { element, visitor } = await open();
    await visitor.greet();
    visitor.send({ type: 'message_stream', id: 'a', stream_start: true, seq: 1 });
    await until(() => element.status === 'streaming');
    element.stop();
    await visitor.frame('stop');
    visitor.cut();
    const again = await server.connection();
    await again.greet();
    expect((await again.frame('stop')).id).to.equal('a');
    again.send({ type: 'stop_response', success: true, id: 'a' });
    again.send({ type: 'message_stream', id: 'a', stream_end: true, metadata: { status: 'stopped' }, seq: 2 });
    await until(() => element.status === 'ready');
    again.cut();
    const third = await server.connection();
    await third.greet();
    await server.settled();
    expect(third.pending('stop')).to.equal(0);
  });

  it('does not come back where the server forbids it, until the visitor tries again', async () => {
    const { element, visitor } = await open();
    await visitor.greet();
    const error = next(element, 'chat-stream-error');
    visitor.close(4403);
    expect((await error).code).to.equal('connection_failed');
    await until(() => part(element, 'error'));
    expect(element.connectionState).to.equal('closed');
    need<HTMLButtonElement>(element, 'retry').click();
    await (await server.connection()).greet();
    await until(() => element.connectionState === 'open');
    await element.updateComplete;
    expect(part(element, 'error')).to.equal(null);
  });

  it('goes on with an answer that was cut off when the visitor tries again', async () => {
    const { element, visitor } = await open();
    await visitor.greet();
    visitor.send({ type: 'message_stream', id: 'a', stream_start: true, seq: 1 });
    visitor.send({ type: 'message_stream', id: 'a', stream_chunk: true, chunk: 'one ', seq: 2 });
    await until(() => element.messages[0]?.content === 'one ');
    visitor.close(4403);
    await until(() => part(element, 'error'));
    expect(element.status).to.equal('error');
    expect(part(element, 'stop')).to.equal(null);
    expect(part(element, 'typing')).to.equal(null);
    need<HTMLButtonElement>(element, 'retry').click();
    const second = await server.connection();
    expect((await second.greet()).cursor).to.deep.equal({ epoch: 'e1', seq: 2 });
    second.send({ type: 'message_stream', id: 'a', stream_chunk: true, chunk: 'two', seq: 3 });
    second.send({ type: 'message_stream', id: 'a', stream_end: true, metadata: { status: 'complete' }, seq: 4 });
    await until(() => element.status === 'ready');
    await painted(element);
    expect(texts(element)).to.deep.equal(['one two']);
  });

  it('keeps the session and the token of the visitor over a reload', async () => {
    const { element, visitor } = await open();
    await visitor.greet({ token: 'a-token' });
    await until(() => element.connectionState === 'open');
    element.remove();
    await visitor.closed();
    const { visitor: reloaded } = await open();
    const hello = await reloaded.greet();
    expect(hello).to.include({ session_id: 'session-of-the-server', token: 'a-token' });
  });

  it('is the same visitor as before where the page names the session', async () => {
    const attributes = { server: server.url, 'session-id': 'named-by-the-page' };
    const first = await open({ attributes });
    await first.visitor.greet({ token: 'a-token' });
    await until(() => first.element.connectionState === 'open');
    first.element.remove();
    await first.visitor.closed();
    const hello = await (await open({ attributes })).visitor.greet();
    expect(hello).to.include({ session_id: 'named-by-the-page', token: 'a-token' });
  });

  it('starts over when the stored session is not known any more', async () => {
    const first = await open();
    await first.visitor.greet({ token: 'a-token' });
    await until(() => first.element.connectionState === 'open');
    first.element.remove();
    await first.visitor.closed();
    const { element, visitor } = await open();
    await element.sendMessage('still to be sent');
    visitor.connected();
    expect((await visitor.frame('hello')).session_id).to.equal('session-of-the-server');
    visitor.send({ type: 'error', code: 'not_found', message: 'There is no such session.', retryable: false });
    const again = await server.connection();
    expect((await again.greet()).session_id).to.equal(undefined);
    expect(element.status).to.equal('submitted');
    expect((await again.frame('message')).content).to.equal('still to be sent');
  });

  it('shows an error when the session that the page asked for cannot be opened', async () => {
    const { element, visitor } = await open({
      attributes: { server: server.url, 'session-id': 'the-session-of-someone' },
    });
    visitor.connected();
    expect((await visitor.frame('hello')).session_id).to.equal('the-session-of-someone');
    const error = next(element, 'chat-stream-error');
    visitor.send({ type: 'error', code: 'not_found', message: 'There is no such session.', retryable: false });
    expect((await error).code).to.equal('not_found');
    await until(() => part(element, 'error'));
    expect(element.connectionState).to.equal('closed');
  });

  it('starts over as a new visitor when its token is not accepted', async () => {
    const { element, visitor } = await open();
    await visitor.greet({ token: 'old' });
    await until(() => element.connectionState === 'open');
    visitor.close(4401);
    const hello = await (await server.connection()).greet({ session_id: 'another', token: 'new' });
    expect(hello).not.to.have.any.keys('token', 'session_id', 'cursor');
    await until(() => element.sessionId === 'another');
  });

  it('asks the page for a fresh token for every attempt', async () => {
    let count = 0;
    const { visitor } = await open({ getToken: () => Promise.resolve(`token-${++count}`) });
    expect((await visitor.greet()).token).to.equal('token-1');
    visitor.cut();
    const second = await server.connection();
    expect((await second.greet()).token).to.equal('token-2');
    second.close(4401);
    expect((await (await server.connection()).greet()).token).to.equal('token-3');
  });

  it('reports a getToken that fails, and tries again', async () => {
    let count = 0;
    const errors = record(document, 'chat-stream-error');
    const getToken = (): Promise<string> =>
      ++count < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve('there');
    const { visitor } = await open({ getToken });
    expect((await visitor.greet()).token).to.equal('there');
    expect(errors.map(({ code }) => code)).to.deep.equal(['token_failed', 'token_failed']);
  });

  it('gives a message up that is too large for the server, instead of sending it for ever', async () => {
    const { element, visitor } = await open();
    await visitor.greet();
    await element.sendMessage('x'.repeat(1000));
    await visitor.frame('message');
    visitor.close(1009);
    const again = await server.connection();
    await again.greet();
    await server.settled();
    expect(again.pending('message')).to.equal(0);
    expect(element.messages[0]?.metadata['delivery']).to.equal('failed');
  });

  it('opens another session when the page asks for one', async () => {
    const { element, visitor } = await open();
    await visitor.greet();
    answer(visitor, 'a', 1, 'old talk');
    await until(() => element.messages.length === 1);
    const id = element.newSession();
    await visitor.closed();
    const second = await server.connection();
    const hello = await second.greet();
    expect(hello.session_id).to.equal(id);
    expect(hello.cursor).to.equal(undefined);
    expect(element.messages).to.deep.equal([]);
    element.selectSession('session-of-the-server');
    expect((await (await server.connection()).greet()).session_id).to.equal('session-of-the-server');
  });
});

/** A message as such a server has it. */
const stored = (id: string, sender: string, content: string) => ({
  id,
  content,
  sender,
  timestamp: '2025-07-30T12:00:00+00:00',
  type: 'message',
  metadata: {},
  agent_id: null,
  session_id: 'minted',
  attachments: [],
});

describe('With a server of the original kind', () => {
  let server: FakeServer;
  let element: ChatStreamElement;
  let visitor: Visitor;
  useFakeServer((opened) => (server = opened));

  beforeEach(async () => {
    element = await mount({ attributes: { server: server.url } });
    visitor = await server.connection();
    visitor.send({
      type: 'agent_status',
      agent: { available: true, name: 'Echo', type: 'x', capabilities: [], agent_id: null },
      timestamp: 1,
    });
    visitor.send({ type: 'connected', session_id: 'minted', timestamp: 1795225532.52 });
    await until(() => element.connectionState === 'open');
  });

  it('says no hello, and names the session that the server minted', async () => {
    await element.sendMessage('Hello');
    const message = await visitor.frame('message');
    expect(message.metadata?.session_id).to.equal('minted');
    await server.settled();
    expect(visitor.pending('hello')).to.equal(0);
  });

  it('sends nothing twice after a lost connection, and keeps its session', async () => {
    await element.sendMessage('Hello');
    await visitor.frame('message');
    visitor.cut();
    const second = await server.connection();
    second.send({ type: 'connected', session_id: 'minted-again', timestamp: 1 });
    await until(() => element.connectionState === 'open');
    await element.sendMessage('More');
    const message = await second.frame('message');
    expect(message).to.deep.include({ content: 'More' });
    expect(message.metadata?.session_id).to.equal('minted');
    expect(second.pending('message')).to.equal(0);
    expect(texts(element)).to.include('Hello');
  });

  it('shows over HTTP what was said before, after a lost connection and a reload, and sends nothing before that', async () => {
    await element.sendMessage('One');
    visitor.send({ type: 'message_stream', id: 'a', sender: 'ai', stream_start: true });
    visitor.send({ type: 'message_stream', id: 'a', sender: 'ai', stream_chunk: true, chunk: 'half' });
    await until(() => texts(element).includes('half'));
    server.serve();
    visitor.cut();
    const second = await server.connection();
    second.send({ type: 'connected', session_id: 'minted-again', timestamp: 1 });
    const request = await server.request('GET /api/chat/messages');
    expect(request.query.get('session_id')).to.equal('minted');
    await element.sendMessage('Two');
    await server.settled();
    expect(second.pending('message')).to.equal(0);
    request.json(200, { success: true, data: [stored('q', 'user', 'One'), { id: 1 }] });
    expect(await second.frame('message')).to.include({ content: 'Two' });
    expect(element.messages.map(({ content }) => content)).to.deep.equal(['One', 'half', 'Two']);
    expect(element.messages[1]?.metadata.status).to.equal('interrupted');
    second.cut();
    const third = await server.connection();
    third.send({ type: 'connected', session_id: 'another', timestamp: 1 });
    const whole = [stored('q', 'user', 'One'), stored('a', 'ai', 'half and half')];
    (await server.request('GET ')).json(200, { success: true, data: whole });
    await until(() => element.messages[1]?.content === 'half and half');
    expect(element.messages.map(({ content }) => content)).to.deep.equal(['One', 'half and half', 'Two']);
  });

  it('asks again for an answer that is still being written, and shows the whole of it', async () => {
    await element.sendMessage('One');
    visitor.send({ type: 'message_stream', id: 'a', sender: 'ai', stream_start: true });
    visitor.send({ type: 'message_stream', id: 'a', sender: 'ai', stream_chunk: true, chunk: 'half' });
    await until(() => texts(element).includes('half'));
    server.serve();
    visitor.cut();
    const second = await server.connection();
    second.send({ type: 'connected', session_id: 'minted-again', timestamp: 1 });
    const question = stored('q', 'user', 'One');
    const answer = stored('a', 'ai', 'half and half');
    for (const data of [[question], [question], [question, answer]]) {
      (await server.request('GET /api/chat/messages')).json(200, { success: true, data });
    }
    await until(() => element.messages[1]?.content === 'half and half');
    expect(texts(element)).to.deep.equal(['One', 'half and half']);
  });

  it('goes on without what was said before where the server does not tell', async () => {
    await element.sendMessage('One');
    await visitor.frame('message');
    visitor.cut();
    const second = await server.connection();
    second.send({ type: 'connected', session_id: 'minted-again', timestamp: 1 });
    await until(() => element.connectionState === 'open');
    await element.sendMessage('Two');
    expect(await second.frame('message')).to.include({ content: 'Two' });
    expect(element.messages.map(({ content }) => content)).to.deep.equal(['One', 'Two']);
  });

  it('shows an answer once that comes as a message after its stream, and ends one that a second message ended', async () => {
    const says = (id: string, fields: object) => visitor.send({ type: 'message_stream', id, sender: 'ai', ...fields });
    await element.sendMessage('One');
    says('a', { stream_start: true });
    says('a', { stream_chunk: true, chunk: 'part' });
    await until(() => element.status === 'streaming');
    await element.sendMessage('Two');
    says('b', { stream_start: true });
    says('b', { stream_chunk: true, chunk: 'whole' });
    says('b', { stream_end: true });
    visitor.send({
      id: 'b',
      content: 'whole',
      sender: 'ai',
      timestamp: '2025-07-30T12:00:00+00:00',
      type: 'message',
      metadata: { reply_to: 'server-minted' },
      agent_id: null,
      session_id: 'minted',
      attachments: [],
    });
    await until(() => element.status === 'ready');
    expect(element.messages.map(({ content }) => content)).to.deep.equal(['One', 'part', 'Two', 'whole']);
    expect(element.messages[1]?.metadata.status).to.equal('stopped');
    expect(texts(element).filter((text) => text === 'whole')).to.have.length(1);
  });

  it('ends an answer that was stopped, or lost, although no end comes', async () => {
    for (const [id, end] of [
      ['a', { type: 'stream_stopped', session_id: 'minted', message: 'Streaming interrupted by user' }],
      ['b', { type: 'typing', session_id: 'minted', is_typing: false }],
      ['c', { type: 'error', error: 'Internal server error', timestamp: 1 }],
    ] as const) {
      await element.sendMessage('Hello');
      visitor.send({ type: 'typing', session_id: 'minted', is_typing: true });
      visitor.send({
        type: 'message_stream',
        id,
        sender: 'ai',
        stream_start: true,
        metadata: { reply_to: 'server-minted' },
      });
      visitor.send({ type: 'message_stream', id, sender: 'ai', stream_chunk: true, chunk: 'part' });
      await until(() => element.status === 'streaming');
      visitor.send(end);
      await until(() => element.status !== 'streaming' && element.status !== 'submitted');
    }
    await element.sendMessage('Hello');
    visitor.send({ type: 'message_stream', id: 'd', stream_chunk: true, chunk: 'part' });
    await until(() => element.status === 'streaming');
    visitor.cut();
    await until(() => element.status !== 'streaming');
    expect(element.messages.at(-1)?.metadata.status).to.equal('interrupted');
  });
});
