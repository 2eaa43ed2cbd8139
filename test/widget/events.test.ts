import { expect } from 'chai';
import type { ChatStreamElement } from '@chat-stream/widget';
import { mount, need, next, painted, part, record, texts, until } from './support/element.js';
import type { FakeServer, Request } from './support/fake-server.js';
import { useFakeServer } from './support/use-fake-server.js';

describe('Over server-sent events', () => {
  let server: FakeServer;
  useFakeServer((opened) => (server = opened), true);

  const visit = (setup = {}, attributes = {}): Promise<ChatStreamElement> =>
    mount({ attributes: { server: server.url, transport: 'sse', ...attributes }, ...setup });
  const open = async (
    setup = {},
    fields = {},
    attributes = {},
  ): Promise<{ element: ChatStreamElement; stream: Request }> => {
    const element = await visit(setup, attributes);
    const stream = await server.openEvents(fields);
    await until(() => element.connectionState === 'open');
    return { element, stream };
  };
  const echo = (stream: Request, { body }: Request, seq: number): void =>
    stream.send({ type: 'message', id: body['id'], content: body['content'], sender: 'user', seq });
  const delivery = (element: ChatStreamElement, place = 0): unknown =>
    element.messages[place]?.metadata['delivery'] ?? 'delivered';

  it('a new visitor names a session, gets a token for it, and shows it with every request', async () => {
    const element = await visit();
    const created = await server.request('POST /api/chat/sessions');
    expect([created.type, created.authorization]).to.deep.equal(['application/json', undefined]);
    const id = String(created.body['session_id']);
    expect(id).to.match(/^[0-9a-f-]{36}$/);
    created.json(200, { success: true, data: { session_id: id, token: 'given' } });
    const stream = await server.request('GET ');
    expect(stream.path).to.equal(`/api/chat/sessions/${id}/stream`);
    expect(stream.authorization).to.equal('Bearer given');
    expect([...stream.query]).to.deep.equal([]);
    stream.events();
    stream.send({ type: 'session', session_id: id, epoch: 'e1', seq: 0, resumed: false });
    await until(() => element.connectionState === 'open');
    expect(element.sessionId).to.equal(id);
    await element.sendMessage('Hello');
    const sent = await server.request('POST ');
    expect(sent.path).to.equal(`/api/chat/sessions/${id}/messages`);
    expect(sent.authorization).to.equal('Bearer given');
    expect(sent.body).to.deep.include({ id: element.messages[0]?.id, content: 'Hello' });
    expect(sent.body).not.to.have.any.keys('type');
    expect(server.pending((event) => event.opened === true)).to.have.length(0);
  });

  it('the visitor is the same after a reload, and asks for no second token', async () => {
    const { element, stream } = await open();
    element.remove();
    await stream.gone();
    await visit();
    const again = await server.request();
    expect(again.method).to.equal('GET');
    expect(again.path).to.equal(stream.path);
    expect(again.authorization).to.equal('Bearer given');
  });

  it('that the server took a message is no acknowledgement: its echo in the stream is', async () => {
    const { element, stream } = await open();
    await element.sendMessage('Hello');
    const sent = await server.request('POST ');
    sent.json(202, { id: sent.body['id'], seq: 1 });
    await sent.gone();
    await painted(element);
    expect(delivery(element)).to.equal('pending');
    echo(stream, sent, 1);
    await until(() => delivery(element) === 'delivered');
  });

  it('the echo of a message that was there before this stream does not come again, and is not waited for', async () => {
    const { element } = await open({}, { seq: 7 });
    await element.sendMessage('Hello');
    const sent = await server.request('POST ');
    sent.json(202, { id: sent.body['id'], seq: 3 });
    await until(() => element.messages.length === 0);
    expect(element.status).not.to.equal('error');
  });

  it('messages go one after the other, in the order they were written', async () => {
    const { element } = await open();
    for (const text of ['one', 'two', 'three']) await element.sendMessage(text);
    for (const text of ['one', 'two', 'three']) {
      const sent = await server.request('POST ');
      expect(sent.body['content']).to.equal(text);
      await server.settled();
      expect(server.pendingRequests('POST ')).to.equal(0);
      sent.json(202, { id: sent.body['id'], seq: 1 });
    }
  });

  it('events are read however they are cut and ended, and comments are none', async () => {
    const { element, stream } = await open();
    const errors = record(element, 'chat-stream-error');
    const frame = (text: string): string => JSON.stringify({ type: 'message', id: text, content: text, sender: 'ai' });
    const [one, two, three] = ['naïve', '日本語 🔧👩‍👩‍👧', 'drei'].map(frame) as [string, string, string];
    const wire =
      `: a comment\r\n\r\nid: e1-1\r\nevent: message\r\ndata: ${one}\r\n\r\n\n\n` +
      `retry: 5\ndata:${two.replace(',', ',\r\ndata: ')}\r\n\n:\ndata\rdata: ${three}\r\rdata: {"cut off`;
    for (const byte of new TextEncoder().encode(wire)) stream.write(new Uint8Array([byte]));
    await until(() => element.messages.length === 3);
    await painted(element);
    expect(texts(element)).to.deep.equal(['naïve', '日本語 🔧👩‍👩‍👧', 'drei']);
    expect(errors).to.deep.equal([]);
  });

  it('a stream that ends, or breaks, is opened again where it was, and what was not taken is sent again', async () => {
    const { element, stream } = await open();
    stream.send({ type: 'message_stream', id: 'a', stream_start: true, seq: 1 });
    stream.send({ type: 'message_stream', id: 'a', stream_chunk: true, chunk: 'one ', seq: 2 });
    await until(() => element.messages[0]?.content === 'one ');
    stream.end();
    const second = await server.request('GET ');
    expect(second.query.get('cursor')).to.equal('e1-2');
    second.events();
    second.send({ type: 'session', session_id: element.sessionId, epoch: 'e1', seq: 3, resumed: true });
    second.send({ type: 'message_stream', id: 'a', stream_chunk: true, chunk: 'two', seq: 3 });
    await until(() => element.messages[0]?.content === 'one two');
    const id = await element.sendMessage('Hello');
    let third = await server.request();
    // A browser itself may try once more, on another connection.
    for (; third.method === 'POST'; third = await server.request()) third.reset();
    expect(third.query.get('cursor')).to.equal('e1-3');
    third.events();
    third.send({ type: 'session', session_id: element.sessionId, epoch: 'e1', seq: 3, resumed: true });
    expect((await server.request('POST ')).body['id']).to.equal(id);
  });

  it('comments are signs of life, and without one the stream is opened again', async () => {
    const { element, stream } = await open({}, { config: { heartbeat_ms: 200 } });
    const began = performance.now();
    while (performance.now() - began < 1_000) {
      stream.write(':\n\n');
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    expect(element.connectionState).to.equal('open');
    expect(server.pendingRequests('GET ')).to.equal(0);
    await stream.gone();
    await server.openEvents();
  });

  it('a page that wakes up opens the stream anew beside the old one, without a word twice or a sign of it', async () => {
    const { element, stream } = await open();
    stream.send({ type: 'message_stream', id: 'a', stream_start: true, seq: 1 });
    stream.send({ type: 'message_stream', id: 'a', stream_chunk: true, chunk: 'one ', seq: 2 });
    await until(() => element.messages[0]?.content === 'one ');
    window.dispatchEvent(new Event('pageshow'));
    window.dispatchEvent(new Event('online'));
    const second = await server.request('GET ');
    expect(second.query.get('cursor')).to.equal('e1-2');
    stream.send({ type: 'message_stream', id: 'a', stream_chunk: true, chunk: 'two ', seq: 3 });
    await until(() => element.messages[0]?.content === 'one two ');
    second.events();
    second.send({ type: 'session', session_id: element.sessionId, epoch: 'e1', seq: 3, resumed: true });
    second.send({ type: 'message_stream', id: 'a', stream_chunk: true, chunk: 'two ', seq: 3 });
    second.send({ type: 'message_stream', id: 'a', stream_chunk: true, chunk: 'three', seq: 4 });
    await stream.gone();
    await until(() => element.messages[0]?.content === 'one two three');
    expect(element.connectionState).to.equal('open');
    expect(server.pendingRequests('GET ')).to.equal(0);
  });

  it('a page that wakes up beside a dead stream notices', async () => {
    await open();
    window.dispatchEvent(new Event('online'));
    (await server.request('GET ')).reset();
    await server.openEvents();
  });

  it('a token that is not accepted is replaced by a fresh one of the page', async () => {
    let count = 0;
    const element = await visit({ getToken: () => `token-${++count}` });
    const first = await server.request('GET ');
    expect(first.authorization).to.equal('Bearer token-1');
    first.refuse(401, 'token_expired');
    const second = await server.request('GET ');
    expect(second.authorization).to.equal('Bearer token-2');
    second.events();
    second.send({ type: 'session', session_id: 's', epoch: 'e1', seq: 0, resumed: false });
    await until(() => element.connectionState === 'open');
    const id = await element.sendMessage('Hello');
    (await server.request('POST ')).refuse(401, 'token_expired');
    const third = await server.openEvents();
    expect(third.authorization).to.equal('Bearer token-3');
    const again = await server.request('POST ');
    expect([again.authorization, again.body['id']]).to.deep.equal(['Bearer token-3', id]);
  });

  it('a new token of the page goes into the requests from then on', async () => {
    let count = 0;
    const { element, stream } = await open({ getToken: () => `token-${++count}` });
    stream.send({ type: 'token_expiring', in_ms: 60_000 });
    await until(() => count === 2);
    await element.sendMessage('Hello');
    expect((await server.request('POST ')).authorization).to.equal('Bearer token-2');
  });

  it('where it is forbidden the chat says so, and stays away until asked', async () => {
    const element = await visit();
    const error = next(element, 'chat-stream-error');
    (await server.request()).refuse(403, 'forbidden');
    expect((await error).code).to.equal('forbidden');
    await until(() => part(element, 'error'));
    expect(element.connectionState).to.equal('closed');
    need<HTMLButtonElement>(element, 'retry').click();
    await server.openEvents();
    await until(() => element.connectionState === 'open');
  });

  it('a stored session that is not known any more is replaced, one that the page names is not', async () => {
    const first = await open();
    first.element.remove();
    await first.stream.gone();
    const element = await visit();
    (await server.request('GET ')).refuse(404, 'not_found');
    const created = await server.request('GET ');
    expect(created.path).not.to.equal(first.stream.path);
    element.remove();
    await created.gone();
    const named = await visit({}, { 'session-id': 'the-session-of-someone' });
    const error = next(named, 'chat-stream-error');
    (await server.request()).refuse(404, 'not_found');
    expect((await error).code).to.equal('not_found');
    expect(named.connectionState).to.equal('closed');
  });

  it('what is not the server decides nothing: a login page on the way is waited out', async () => {
    const first = await open();
    first.element.remove();
    await first.stream.gone();
    const element = await visit();
    for (const status of [404, 403, 401, 502]) (await server.request('GET ')).foreign(status);
    const stream = await server.openEvents();
    expect(stream.path).to.equal(first.stream.path);
    await until(() => element.connectionState === 'open');
  });

  for (const [status, code] of [
    [409, 'conflict'],
    [400, 'bad_message'],
    [413, 'too_large'],
  ] as const) {
    it(`a message that is refused with ${status} is marked, and the next one goes`, async () => {
      const { element } = await open();
      const id = await element.sendMessage('Hello');
      await element.sendMessage('More');
      const error = next(element, 'chat-stream-error');
      (await server.request('POST ')).refuse(status, code);
      expect(await error).to.include({ code, ref: id });
      expect(delivery(element)).to.equal('failed');
      expect((await server.request('POST ')).body['content']).to.equal('More');
      expect(element.connectionState).to.equal('open');
    });
  }

  it('a server that is busy for now gets the same message again, after the time it asks for, before any other', async () => {
    const { element } = await open();
    const id = await element.sendMessage('Hello');
    await element.sendMessage('More');
    const first = await server.request('POST ');
    const began = performance.now();
    first.foreign(503, { 'retry-after': '1' });
    const again = await server.request('POST ');
    // A lower bound is no race: the wait was asked for.
    expect(performance.now() - began).to.be.greaterThan(950);
    expect(again.body['id']).to.equal(id);
    again.refuse(429, 'rate_limited', true);
    expect((await server.request('POST ')).body['id']).to.equal(id);
    expect(delivery(element)).to.equal('pending');
  });

  it('Stop names the answer, waits for nothing, and ends the wait for one that has not begun', async () => {
    const { element, stream } = await open();
    await element.sendMessage('Hello');
    const sent = await server.request('POST ');
    echo(stream, sent, 1);
    stream.send({ type: 'message_stream', id: 'a', stream_start: true, seq: 2 });
    await until(() => element.status === 'streaming');
    // The message is still being answered by the server: Stop does not stand in line behind it.
    element.stop();
    const stop = await server.request('POST ');
    expect([stop.path.split('/').at(-1), stop.body['id']]).to.deep.equal(['stop', 'a']);
    sent.json(202, { id: sent.body['id'], seq: 1 });
    stream.send({ type: 'message_stream', id: 'a', stream_end: true, metadata: { status: 'stopped' }, seq: 3 });
    await until(() => element.status === 'ready');
    await element.sendMessage('Again');
    // The answer to Stop is late: it ends no wait for what was written since.
    stop.json(200, { success: true, id: 'a' });
    await stop.gone();
    await painted(element);
    expect(element.status).to.equal('submitted');
    const second = await server.request('POST ');
    echo(stream, second, 4);
    second.json(202, { id: second.body['id'], seq: 4 });
    await until(() => delivery(element, 2) === 'delivered');
    element.stop();
    const other = await server.request('POST ');
    expect(other.body).not.to.have.any.keys('id');
    other.json(200, { success: true });
    await until(() => element.status === 'ready');
  });

  it('older messages are asked for where they are', async () => {
    const newest = { id: 'b', content: 'newest', sender: 'ai' };
    const { element } = await open({}, { messages: [newest], has_more: true });
    await until(() => element.messages.length === 1);
    await until(() => part(element, 'older'));
    need<HTMLButtonElement>(element, 'older').click();
    const page = await server.request('GET /api/chat/messages');
    expect(Object.fromEntries(page.query)).to.include({ session_id: element.sessionId, before: 'b' });
    page.json(200, { success: true, data: [{ id: 'a', content: 'older', sender: 'user' }], has_more: false });
    await until(() => element.messages.length === 2);
    await painted(element);
    expect(texts(element)).to.deep.equal(['older', 'newest']);
    expect(element.connectionState).to.equal('open');
  });

  it('leaves no request and no timer behind', async () => {
    const { element, stream } = await open();
    await element.sendMessage('Hello');
    const sent = await server.request('POST ');
    element.remove();
    await stream.gone();
    await sent.gone();
    await server.settled();
    expect(server.pendingRequests()).to.equal(0);
  });
});
