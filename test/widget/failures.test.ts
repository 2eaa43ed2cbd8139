import { expect } from 'chai';
import { ChatStreamError } from '@chat-stream/widget';
import { cleanUp, mount, mountLinked, need, painted, part, record, texts } from './support/element.js';

describe('A failure', () => {
  afterEach(cleanUp);

  it('of a message is shown at the message, with a way on, and nothing waits any more', async () => {
    const { element, link } = await mountLinked();
    link.echoes = false;
    const errors = record(element, 'chat-stream-error');
    const id = await element.sendMessage('Hello');
    link.frame({ type: 'error', code: 'rate_limited', message: 'Too many messages.', ref: id, retryable: true });
    await painted(element);
    expect(errors.map(({ code, ref }) => [code, ref])).to.deep.equal([['rate_limited', id]]);
    expect(element.status).to.equal('error');
    expect(element.messages[0]?.metadata['delivery']).to.equal('failed');
    expect(need(element, 'error').textContent).to.contain('Too many messages.');
    expect(part(element, 'typing')).to.equal(null);
    link.echoes = true;
    need<HTMLButtonElement>(element, 'retry').click();
    await painted(element);
    expect(link.sentOf('message').map((frame) => frame.id)).to.deep.equal([id, id]);
    expect(part(element, 'error')).to.equal(null);
    expect(element.status).to.equal('submitted');
  });

  it('of a message whose id is taken is tried again with another id', async () => {
    const { element, link } = await mountLinked();
    link.echoes = false;
    const id = await element.sendMessage('Hello');
    link.frame({ type: 'error', code: 'conflict', message: 'Another message has this id.', ref: id });
    await element.updateComplete;
    need<HTMLButtonElement>(element, 'retry').click();
    expect(link.sentOf('message')[1]?.id).not.to.equal(id);
  });

  it('that names no message ends the wait of the one that was sent last', async () => {
    const { element, link } = await mountLinked();
    link.echoes = false;
    await element.sendMessage('Hello');
    link.frame({ type: 'error', code: 'internal', message: 'Something broke.' });
    expect(element.status).to.equal('error');
  });

  it('of an answer offers to ask again', async () => {
    const { element, link } = await mountLinked();
    const id = await element.sendMessage('Hello');
    link.start('a', id);
    link.chunk('a', 'Sorry, that did not work.');
    link.end('a', 'error', { error: { code: 'upstream', message: 'x', retryable: true } });
    await painted(element);
    expect(element.status).to.equal('error');
    need<HTMLButtonElement>(element, 'retry').click();
    expect(link.sentOf('message').map(({ content }) => content)).to.deep.equal(['Hello', 'Hello']);
    expect(link.sentOf('message')[1]?.id).not.to.equal(id);
  });

  it('that belongs to no message is shown above the composer until it is put away', async () => {
    const { element, link } = await mountLinked();
    link.frame({ type: 'error', code: 'unavailable', message: 'The archive is closed.' });
    await element.updateComplete;
    expect(need(element, 'error').textContent).to.contain('The archive is closed.');
    need<HTMLButtonElement>(element, 'retry').click();
    await element.updateComplete;
    expect(part(element, 'error')).to.equal(null);
  });

  it('without a server says what to set, and throws nothing', async () => {
    const errors = record(document, 'chat-stream-error');
    const element = await mount();
    await painted(element);
    expect(errors.map(({ code }) => code)).to.deep.equal(['no_server']);
    expect(need(element, 'error').textContent).to.contain('"server"');
    await element.sendMessage('Hello');
    await painted(element);
    expect(element.status).to.equal('error');
    expect(element.messages[0]?.metadata['delivery']).to.equal('failed');
  });

  for (const server of ['javascript:alert(1)', 'ftp://host', 'https://user:secret@host', 'http://[', 'data:,x']) {
    it(`of the attribute server="${server}" is named`, async () => {
      const errors = record(document, 'chat-stream-error');
      const element = await mount({ attributes: { server } });
      expect(errors.map(({ code }) => code)).to.deep.equal(['bad_setting']);
      expect(errors[0]?.message).to.contain('server');
      expect(element.connectionState).to.equal('closed');
    });
  }

  it('of an attribute is named once, says what is allowed, and the default is used', async () => {
    const errors = record(document, 'chat-stream-error');
    const { element } = await mountLinked({
      attributes: { theme: 'pink', mode: 'sideways', scroll: 'up', 'session-id': 'a b' },
    });
    await painted(element);
    expect(errors.map(({ code }) => code)).to.deep.equal(['bad_setting', 'bad_setting', 'bad_setting', 'bad_setting']);
    expect(errors.map(({ message }) => message).join())
      .to.contain('auto, light, dark')
      .and.to.contain('inline, launcher, fullscreen');
    element.heading = 'Something else changes';
    await painted(element);
    expect(errors).to.have.length(4);
    expect(element.getBoundingClientRect().height).to.equal(600);
    expect(element.connectionState).to.equal('open');
  });

  it('of the attribute transport names what is supported', async () => {
    const errors = record(document, 'chat-stream-error');
    const element = await mount({ attributes: { transport: 'pigeon', server: 'https://chat.example' } });
    expect(errors[0]?.code).to.equal('bad_setting');
    expect(errors[0]?.message).to.contain('auto, websocket');
    expect(element.connectionState).to.equal('closed');
    expect(errors).to.have.length(1);
  });

  it('of the page’s own call is a rejection with a name', async () => {
    const { element } = await mountLinked();
    const rejected = await element.sendMessage('  ').catch((error: unknown) => error);
    expect(rejected).to.be.instanceOf(ChatStreamError);
    expect(rejected).to.include({ name: 'ChatStreamError', code: 'bad_message' });
    expect(() => element.selectSession('')).to.throw(ChatStreamError);
    expect(() => element.regenerate('nothing')).to.throw(ChatStreamError);
  });

  it('never shows what is no text as anything but text', async () => {
    const { element, link } = await mountLinked();
    const hostile = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>{{x}}';
    link.answer('a', hostile);
    link.frame({ type: 'error', code: 'internal', message: hostile });
    element.setAttribute('heading', hostile);
    element.suggestions = [hostile];
    element.strings = { placeholder: hostile };
    await painted(element);
    expect(texts(element)).to.deep.equal([hostile]);
    expect(element.shadowRoot?.querySelectorAll('img, script')).to.have.length(0);
    expect('hacked' in window).to.equal(false);
  });
});
