import { expect } from 'chai';
import type { ChatStreamLink } from '@chat-stream/widget';
import { FakeLink } from './support/fake-link.js';
import {
  cleanUp,
  mount,
  mountLinked,
  need,
  next,
  painted,
  part,
  record,
  texts,
  until,
  withoutWaiting,
} from './support/element.js';

describe('A link of the page', () => {
  afterEach(cleanUp);

  it('gets hello once it is connected, and may answer later', async () => {
    const link = new FakeLink();
    link.onHello = () => {};
    const element = await mount({ link });
    expect(link.connects).to.have.length(1);
    expect(link.connects[0]?.cursor).to.equal(undefined);
    expect(link.sent.map(({ type }) => type)).to.deep.equal(['hello']);
    expect(link.sentOf('hello')[0]).to.include({ type: 'hello', protocol: 1 });
    expect(element.connectionState).to.equal('connecting');
    await element.sendMessage('Already written');
    expect(link.sentOf('message')).to.have.length(0);
    const ready = next(element, 'chat-stream-ready');
    link.session();
    expect((await ready).sessionId).to.equal('session-of-the-test');
    expect(element.connectionState).to.equal('open');
    expect(link.sentOf('message').map(({ content }) => content)).to.deep.equal(['Already written']);
  });

  it('may push its session unasked, inside connect', async () => {
    const link = new FakeLink();
    link.onHello = () => {};
    link.onConnect = () => link.session();
    const element = await mount({ link });
    await element.sendMessage('Hello');
    expect(element.connectionState).to.equal('open');
    expect(link.sent.map(({ type }) => type)).to.deep.equal(['hello', 'message']);
  });

  it('that pushes its session inside connect gets what was waiting, after hello', async () => {
    const restore = withoutWaiting();
    const { element, link } = await mountLinked();
    link.onHello = () => {};
    link.onConnect = () => link.session();
    link.state('closed');
    await element.sendMessage('Waiting');
    await until(() => link.connects.length === 2);
    expect(link.sent.map(({ type }) => type)).to.deep.equal(['hello', 'hello', 'message']);
    restore();
  });

  it('may name its session again, and gets nothing twice for it', async () => {
    const { element, link } = await mountLinked();
    link.echoes = false;
    await element.sendMessage('Once');
    link.session({ resumed: true });
    expect(link.sentOf('message')).to.have.length(1);
  });

  it('may answer inside send', async () => {
    const { element, link } = await mountLinked();
    link.onMessage = () => link.answer('a', 'At once');
    await element.sendMessage('Hello');
    await painted(element);
    expect(texts(element)).to.deep.equal(['Hello', 'At once']);
    expect(element.status).to.equal('ready');
    expect(link.sentOf('message')).to.have.length(1);
  });

  it('may speak of messages without ever naming a session', async () => {
    const link = new FakeLink();
    link.onHello = () => {};
    const element = await mount({ link });
    link.frame({ type: 'message_stream', id: 'a', stream_start: true });
    link.frame({ type: 'message_stream', id: 'a', stream_chunk: true, chunk: 'Hi' });
    await painted(element);
    expect(texts(element)).to.deep.equal(['Hi']);
    expect(element.connectionState).to.equal('open');
  });

  it('is asked again with the cursor when frames are missing, and nothing is shown twice', async () => {
    const restore = withoutWaiting();
    const { element, link } = await mountLinked();
    link.start('a');
    link.chunk('a', 'one ');
    link.frame({ type: 'message_stream', id: 'a', stream_chunk: true, chunk: 'THREE', seq: 9 });
    expect(link.closes).to.equal(1);
    await until(() => link.connects.length === 2);
    expect(link.connects[1]?.cursor).to.deep.equal({ epoch: 'e1', seq: 2 });
    expect(link.sentOf('hello')[1]?.cursor).to.deep.equal({ epoch: 'e1', seq: 2 });
    link.frame({ type: 'message_stream', id: 'a', stream_chunk: true, chunk: 'one ', seq: 2 });
    link.chunk('a', 'two ');
    link.chunk('a', 'three');
    link.end('a');
    await painted(element);
    expect(texts(element)).to.deep.equal(['one two three']);
    restore();
  });

  it('is connected again after it closed, and gets what was not acknowledged, once, with its id', async () => {
    const restore = withoutWaiting();
    const { element, link } = await mountLinked();
    link.echoes = false;
    const id = await element.sendMessage('Hello');
    link.state('closed');
    await until(() => link.connects.length === 2);
    expect(link.sentOf('message').map((frame) => frame.id)).to.deep.equal([id, id]);
    link.frame({ type: 'message', id: id ?? '', content: 'Hello', sender: 'user', seq: 1 });
    link.state('closed');
    await until(() => link.connects.length === 3);
    expect(link.sentOf('message')).to.have.length(2);
    await painted(element);
    expect(texts(element)).to.deep.equal(['Hello']);
    restore();
  });

  it('sends what was written without a connection, in order', async () => {
    const { element, link } = await mountLinked();
    link.state('reconnecting');
    await element.sendMessage('one');
    await element.sendMessage('two');
    await element.updateComplete;
    expect(need(element, 'status').textContent).to.contain('Reconnecting');
    expect(element.connectionState).to.equal('reconnecting');
    link.state('open');
    await element.updateComplete;
    expect(part(element, 'status')).to.equal(null);
    expect(link.sentOf('message').map(({ content }) => content)).to.deep.equal(['one', 'two']);
  });

  it('that throws is a named error, and is tried again', async () => {
    const restore = withoutWaiting();
    let tries = 0;
    const link: ChatStreamLink = {
      connect() {
        tries++;
        throw new Error('no luck');
      },
      send() {},
      close() {},
    };
    const errors = record(document, 'chat-stream-error');
    await mount({ link });
    await until(() => tries >= 3);
    expect(errors[0]?.code).to.equal('link_failed');
    expect(errors[0]?.message).to.contain('no luck');
    restore();
  });

  it('that sends nonsense is reported once per frame, and goes on', async () => {
    const { element, link } = await mountLinked();
    const errors = record(element, 'chat-stream-error');
    const nonsense: unknown = { type: 'message', content: 7 };
    link.connects[0]?.handlers.frame(nonsense as never);
    link.connects[0]?.handlers.frame({ type: 'from_the_future' } as never);
    expect(errors.map(({ code }) => code)).to.deep.equal(['bad_message']);
    link.answer('a', 'still here');
    await painted(element);
    expect(texts(element)).to.deep.equal(['still here']);
  });

  it('that is no link is a bad setting, and throws nothing', async () => {
    const errors = record(document, 'chat-stream-error');
    const link: unknown = { connect: 'no' };
    const element = await mount({ link: link as ChatStreamLink });
    expect(errors.map(({ code }) => code)).to.deep.equal(['bad_setting']);
    expect(need(element, 'error').textContent).to.contain('link');
    expect(element.connectionState).to.equal('closed');
  });

  it('may be replaced by another one, which begins another conversation', async () => {
    const { element, link } = await mountLinked();
    link.answer('a', 'from the first');
    const second = new FakeLink();
    element.link = second;
    await painted(element);
    expect(link.closes).to.equal(1);
    expect(second.connects).to.have.length(1);
    expect(texts(element)).to.deep.equal([]);
    link.answer('b', 'too late');
    await painted(element);
    expect(texts(element)).to.deep.equal([]);
  });
});
