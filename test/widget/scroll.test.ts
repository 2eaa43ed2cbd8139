import { expect } from 'chai';
import type { ChatStreamElement } from '@chat-stream/widget';
import { cleanUp, mountLinked, need, painted, part, press, until } from './support/element.js';

const atEnd = (scroller: Element): boolean => scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop <= 2;
const LINES = 'a line of text\n'.repeat(60);

describe('The transcript', () => {
  afterEach(cleanUp);

  const running = async (attributes: Record<string, string> = {}) => {
    const { element, link } = await mountLinked({ attributes });
    link.start('a');
    link.chunk('a', LINES);
    await painted(element);
    return { element, link, scroller: need(element, 'transcript') };
  };

  /** Grows the answer, and says whether the view moved. */
  const moves = async (
    element: ChatStreamElement,
    link: { chunk(id: string, text: string): void },
  ): Promise<boolean> => {
    const scroller = need(element, 'transcript');
    const before = scroller.scrollTop;
    link.chunk('a', LINES);
    await painted(element);
    return scroller.scrollTop !== before;
  };

  it('follows an answer that grows', async () => {
    const { element, link, scroller } = await running();
    expect(atEnd(scroller)).to.equal(true);
    expect(await moves(element, link)).to.equal(true);
    expect(atEnd(scroller)).to.equal(true);
    expect(part(element, 'jump')).to.equal(null);
  });

  it('follows a long answer of which what is out of sight is not drawn, whose height never shrinks', async () => {
    const { element, link, scroller } = await running();
    let height = 0;
    for (let turn = 0; turn < 10; turn++) {
      link.chunk('a', '## A title\n\nSome words.\n\n- one\n- two\n\n***\n\n'.repeat(12));
      await painted(element);
      expect(scroller.scrollHeight).to.be.at.least(height);
      expect(atEnd(scroller)).to.equal(true);
      height = scroller.scrollHeight;
    }
    const parts = [...(element.shadowRoot?.querySelectorAll('.part') ?? [])];
    const isSkipped = (own: Element) => getComputedStyle(own).contentVisibility === 'auto';
    expect(parts.length).to.be.greaterThan(10);
    expect(parts.slice(-2).some(isSkipped)).to.equal(false);
    if (CSS.supports('overflow-anchor', 'auto')) expect(parts.slice(0, -3).every(isSkipped)).to.equal(true);
    link.end('a');
    await painted(element);
    // Up through all of it: nothing gets another height when it comes into sight.
    for (; scroller.scrollTop > 0; scroller.scrollTop -= 1000) {
      expect(scroller.scrollHeight).to.be.within(height - 60, height + 60);
      await painted(element);
    }
  });

  it('leaves a reader alone who turned the wheel up, from the first notch on', async () => {
    const { element, link, scroller } = await running();
    scroller.dispatchEvent(new WheelEvent('wheel', { deltaY: -1 }));
    expect(await moves(element, link)).to.equal(false);
    expect(part(element, 'jump')).not.to.equal(null);
  });

  it('leaves a reader alone who went up with the keyboard', async () => {
    const { element, link, scroller } = await running();
    press(scroller, 'PageUp');
    expect(await moves(element, link)).to.equal(false);
  });

  it('leaves a reader alone who went up with the scrollbar', async () => {
    const { element, link, scroller } = await running();
    scroller.dispatchEvent(new PointerEvent('pointerdown', { pointerType: 'mouse' }));
    expect(await moves(element, link)).to.equal(false);
    scroller.scrollTop = 50;
    await painted(element);
    window.dispatchEvent(new PointerEvent('pointerup'));
    expect(await moves(element, link)).to.equal(false);
  });

  it('leaves a reader alone whose finger is on it', async () => {
    const { element, link, scroller } = await running();
    scroller.dispatchEvent(new PointerEvent('pointerdown', { pointerType: 'touch' }));
    expect(await moves(element, link)).to.equal(false);
    window.dispatchEvent(new PointerEvent('pointerup', { pointerType: 'touch' }));
    expect(await moves(element, link)).to.equal(true);
  });

  it('follows again when the reader comes back to the end, or jumps there', async () => {
    const { element, link, scroller } = await running();
    scroller.scrollTop = 20;
    await until(() => part(element, 'jump') !== null);
    expect(await moves(element, link)).to.equal(false);
    need<HTMLButtonElement>(element, 'jump').click();
    await painted(element);
    expect(part(element, 'jump')).to.equal(null);
    expect(await moves(element, link)).to.equal(true);
    scroller.scrollTop = 20;
    await until(() => part(element, 'jump') !== null);
    scroller.scrollTop = scroller.scrollHeight;
    await until(() => part(element, 'jump') === null);
    expect(await moves(element, link)).to.equal(true);
  });

  it('says so when there is something new below what is read, and no longer when it was seen', async () => {
    const { element, link, scroller } = await running();
    scroller.scrollTop = 20;
    await until(() => part(element, 'jump') !== null);
    const jump = need(element, 'jump');
    expect(jump.hasAttribute('data-unread')).to.equal(false);
    expect(jump.textContent.trim()).to.equal('Jump to latest');
    await moves(element, link);
    expect(jump.hasAttribute('data-unread')).to.equal(true);
    expect(jump.textContent.trim()).to.equal('New below');
    jump.click();
    await until(() => part(element, 'jump') === null);
    scroller.scrollTop = 20;
    await until(() => part(element, 'jump') !== null);
    expect(need(element, 'jump').hasAttribute('data-unread')).to.equal(false);
    link.end('a');
    await painted(element);
    expect(need(element, 'jump').hasAttribute('data-unread')).to.equal(false);
    link.echo({ type: 'message', id: 'other-tab', content: 'From another tab', metadata: {} });
    await painted(element);
    expect(need(element, 'jump').hasAttribute('data-unread')).to.equal(true);
  });

  it('brings the visitor to the question that was just sent', async () => {
    const { element, scroller } = await running();
    scroller.scrollTop = 0;
    await until(() => part(element, 'jump') !== null);
    await element.sendMessage('Here');
    await painted(element);
    expect(atEnd(scroller)).to.equal(true);
  });

  it('stays where it is with scroll="off"', async () => {
    const { element, link, scroller } = await running({ scroll: 'off' });
    expect(scroller.scrollTop).to.equal(0);
    expect(await moves(element, link)).to.equal(false);
  });

  it('puts the question at the top, and stays there, with scroll="anchor"', async () => {
    const { element, link, scroller } = await running({ scroll: 'anchor' });
    link.end('a');
    await element.sendMessage('Anchor me');
    link.start('b');
    link.chunk('b', LINES);
    await painted(element);
    const question = need(element, 'message-user').getBoundingClientRect();
    expect(question.top - scroller.getBoundingClientRect().top).to.be.within(0, 40);
    const before = scroller.scrollTop;
    link.chunk('b', LINES);
    await painted(element);
    expect(scroller.scrollTop).to.equal(before);
    // It has grown out of the view: there is a way to its end, where the next text is not followed either.
    need(element, 'jump').click();
    await painted(element);
    expect(atEnd(scroller)).to.equal(true);
    expect(part(element, 'jump')).to.equal(null);
    const end = scroller.scrollTop;
    link.chunk('b', LINES);
    await painted(element);
    expect(scroller.scrollTop).to.equal(end);
    expect(need(element, 'jump').hasAttribute('data-unread')).to.equal(true);
  });

  it('brings the next question to the top, too, when its own size changed', async () => {
    const { element, link, scroller } = await running({ scroll: 'anchor' });
    link.end('a');
    const parent = element.parentElement;
    if (parent) parent.style.height = '900px';
    await element.sendMessage('Anchor me');
    link.start('b');
    link.chunk('b', 'short');
    await painted(element);
    const question = need(element, 'message-user').getBoundingClientRect();
    expect(question.top - scroller.getBoundingClientRect().top).to.be.within(0, 40);
  });

  it('shows older messages on request, and what is read stays where it is', async () => {
    const { element, link } = await mountLinked();
    const page = (first: number): { id: string; content: string; sender: 'ai' }[] =>
      Array.from({ length: 20 }, (_, index) => ({
        id: `m${first + index}`,
        content: `message ${first + index}`,
        sender: 'ai',
      }));
    link.frame({ type: 'history', messages: page(20), has_more: true, seq: 0 });
    await painted(element);
    const scroller = need(element, 'transcript');
    scroller.scrollTop = 30;
    await painted(element);
    const first = element.shadowRoot?.querySelector('[data-id="m20"] .content');
    const top = first?.getBoundingClientRect().top ?? 0;
    need(element, 'older').click();
    expect(link.sentOf('history')).to.deep.equal([{ type: 'history', before: 'm20' }]);
    link.frame({ type: 'history', before: 'm20', messages: page(0), has_more: false });
    await painted(element);
    expect(element.messages).to.have.length(40);
    expect(part(element, 'older')).to.equal(null);
    await painted(element);
    expect(Math.abs((first?.getBoundingClientRect().top ?? 0) - top)).to.be.at.most(2);
  });

  it('keeps the end in view when its own size changes', async () => {
    const { element, link, scroller } = await running();
    const parent = element.parentElement;
    if (parent) parent.style.height = '300px';
    await painted(element);
    await until(() => atEnd(scroller));
    // Room that is gained takes the scroller up, as if the reader had: it is still the end.
    if (parent) parent.style.height = '900px';
    await painted(element);
    await until(() => atEnd(scroller));
    expect(await moves(element, link)).to.equal(true);
    expect(atEnd(scroller)).to.equal(true);
  });
});
