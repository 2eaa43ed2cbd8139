import { expect } from 'chai';
import { cleanUp, mountLinked, need, painted, part, press, record, texts, type } from './support/element.js';

const ENTER: KeyboardEventInit = { code: 'Enter' };

describe('The composer', () => {
  afterEach(cleanUp);

  it('sends on Enter, and is empty then', async () => {
    const { element, link } = await mountLinked();
    const input = await type(element, 'Hello');
    expect(press(input, 'Enter')).to.equal(true);
    await painted(element);
    expect(link.sentOf('message').map(({ content }) => content)).to.deep.equal(['Hello']);
    expect(input.value).to.equal('');
    expect(texts(element)).to.deep.equal(['Hello']);
  });

  it('breaks the line on Shift+Enter, and sends the line break', async () => {
    const { element, link } = await mountLinked();
    const input = await type(element, 'one');
    expect(press(input, 'Enter', { shiftKey: true })).to.equal(false);
    await type(element, 'one\ntwo');
    press(input, 'Enter');
    expect(link.sentOf('message').map(({ content }) => content)).to.deep.equal(['one\ntwo']);
  });

  it('sends with the button, and keeps the caret', async () => {
    const { element, link } = await mountLinked();
    await type(element, 'Hello');
    need<HTMLButtonElement>(element, 'send').click();
    await element.updateComplete;
    expect(link.sentOf('message')).to.have.length(1);
    expect(element.shadowRoot?.activeElement).to.equal(need(element, 'input'));
  });

  it('sends nothing that is blank', async () => {
    const { element, link } = await mountLinked();
    const input = await type(element, '  \n ');
    press(input, 'Enter');
    expect(need<HTMLButtonElement>(element, 'send').disabled).to.equal(true);
    expect(link.sentOf('message')).to.have.length(0);
  });

  it('never sends while an input method composes (Chrome, Firefox: keydown, then compositionend)', async () => {
    const { element, link } = await mountLinked();
    const input = await type(element, 'にほn');
    input.dispatchEvent(new CompositionEvent('compositionstart', { bubbles: true }));
    input.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true }),
    );
    input.dispatchEvent(new CompositionEvent('compositionend', { bubbles: true }));
    input.dispatchEvent(new KeyboardEvent('keyup', { key: 'Enter', bubbles: true }));
    expect(link.sentOf('message')).to.have.length(0);
    press(input, 'Enter', ENTER);
    expect(link.sentOf('message')).to.have.length(1);
  });

  it('never sends with the key that ends a composition (Safari: compositionend, then keydown)', async () => {
    const { element, link } = await mountLinked();
    const input = await type(element, '日本');
    input.dispatchEvent(new CompositionEvent('compositionstart', { bubbles: true }));
    input.dispatchEvent(new CompositionEvent('compositionend', { bubbles: true }));
    press(input, 'Enter', ENTER);
    expect(link.sentOf('message')).to.have.length(0);
    input.dispatchEvent(new CompositionEvent('compositionstart', { bubbles: true }));
    input.dispatchEvent(new CompositionEvent('compositionend', { bubbles: true }));
    await Promise.resolve();
    press(input, 'Enter', { keyCode: 229 });
    expect(link.sentOf('message')).to.have.length(0);
    press(input, 'Enter', ENTER);
    expect(link.sentOf('message')).to.have.length(1);
  });

  it('keeps the text when the page cancels chat-stream-before-send', async () => {
    const { element, link } = await mountLinked();
    const details = record(element, 'chat-stream-before-send');
    element.addEventListener('chat-stream-before-send', (event) => event.preventDefault(), { once: true });
    const input = await type(element, 'Not yet');
    press(input, 'Enter');
    await element.updateComplete;
    expect(input.value).to.equal('Not yet');
    expect(link.sentOf('message')).to.have.length(0);
    expect(details[0]?.text).to.equal('Not yet');
    press(input, 'Enter');
    expect(link.sentOf('message')).to.have.length(1);
  });

  it('grows with its text, up to a limit', async () => {
    const { element } = await mountLinked();
    const input = await type(element, 'one');
    const height = input.offsetHeight;
    await type(element, 'one\ntwo\nthree');
    expect(input.offsetHeight).to.be.greaterThan(height + 40);
    await type(element, 'line\n'.repeat(60));
    expect(input.offsetHeight).to.be.lessThan(200);
    expect(input.scrollHeight).to.be.greaterThan(input.clientHeight);
  });

  it('has letters that iOS does not zoom into', async () => {
    const { element } = await mountLinked();
    expect(getComputedStyle(need(element, 'input')).fontSize).to.equal('16px');
  });
});

describe('Stop', () => {
  afterEach(cleanUp);

  it('ends the running answer by its id, and keeps what was written', async () => {
    const { element, link } = await mountLinked();
    const question = await element.sendMessage('Hello');
    link.start('a', question);
    link.chunk('a', 'Some of it');
    await painted(element);
    need<HTMLButtonElement>(element, 'stop').click();
    expect(link.sentOf('stop')).to.deep.equal([{ type: 'stop', session_id: 'session-of-the-test', id: 'a' }]);
    link.end('a', 'stopped');
    await painted(element);
    expect(texts(element)).to.deep.equal(['Hello', 'Some of it']);
    expect(element.status).to.equal('ready');
    expect(part(element, 'stop')).to.equal(null);
  });

  it('works between sending and the first token', async () => {
    const { element, link } = await mountLinked();
    const question = await element.sendMessage('Hello');
    element.stop();
    expect(link.sentOf('stop')).to.deep.equal([{ type: 'stop', session_id: 'session-of-the-test' }]);
    link.start('a', question);
    link.end('a', 'stopped');
    expect(element.status).to.equal('ready');
  });

  it('takes back what is not sent yet', async () => {
    const { element, link } = await mountLinked();
    link.state('reconnecting');
    await element.sendMessage('Hello');
    element.stop();
    link.state('open');
    await painted(element);
    expect(link.sentOf('message')).to.have.length(0);
    expect(need(element, 'error').textContent).to.contain('Not sent');
    need<HTMLButtonElement>(element, 'retry').click();
    expect(link.sentOf('message')).to.have.length(1);
  });

  it('reaches the server after a lost connection, too', async () => {
    const { element, link } = await mountLinked();
    link.start('a');
    link.state('reconnecting');
    element.stop();
    expect(link.sentOf('stop')).to.have.length(0);
    link.state('open');
    expect(link.sentOf('stop')).to.have.length(1);
  });

  it('does nothing when nothing runs', async () => {
    const { element, link } = await mountLinked();
    element.stop();
    expect(link.sentOf('stop')).to.have.length(0);
  });
});
