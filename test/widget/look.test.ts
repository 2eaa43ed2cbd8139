import { expect } from 'chai';
import type { ChatStreamElement } from '@chat-stream/widget';
import { contrast } from './support/contrast.js';
import { box, cleanUp, mountLinked, need, painted, record } from './support/element.js';

const colourOf = (element: ChatStreamElement, part: string): string => getComputedStyle(need(element, part)).color;
const fillOf = (element: ChatStreamElement, part: string): string =>
  getComputedStyle(need(element, part)).backgroundColor;

describe('The look', () => {
  afterEach(cleanUp);

  const HOSTILE = [
    '* { all: unset !important }',
    '* { display: inline !important; height: auto !important; width: auto !important; position: static !important }',
    '* { margin: 20px !important; padding: 30px !important; border: 9px solid red !important; float: right !important; box-sizing: content-box !important }',
    '* { transform: rotate(9deg) !important; opacity: 0.1 !important; max-width: 10px !important; max-height: 10px !important; min-height: 900px !important }',
    'chat-stream { font: 99px fantasy !important; color: red !important; line-height: 5 !important; letter-spacing: 9px !important; text-transform: uppercase !important; visibility: hidden !important }',
  ];

  for (const rule of HOSTILE) {
    it(`fills its parent on a page with ${rule.slice(0, 48)}…`, async () => {
      const parent = box(380, 420);
      const style = document.createElement('style');
      const { element, link } = await mountLinked({ parent });
      link.answer('a', 'text');
      await painted(element);
      const calm = {
        content: getComputedStyle(need(element, 'content')),
        input: need(element, 'input').getBoundingClientRect(),
      };
      const before = [calm.content.fontSize, calm.content.lineHeight, calm.content.color, calm.content.letterSpacing];
      style.textContent = rule.replace('*', 'chat-stream');
      document.head.append(style);
      await painted(element);
      const { width, height } = element.getBoundingClientRect();
      const content = getComputedStyle(need(element, 'content'));
      const input = need(element, 'input');
      style.remove();
      expect([Math.round(width), Math.round(height)]).to.deep.equal([380, 420]);
      expect([content.fontSize, content.lineHeight, content.color, content.letterSpacing]).to.deep.equal(before);
      expect(input.checkVisibility({ visibilityProperty: true, opacityProperty: true })).to.equal(true);
    });
  }

  for (const width of [320, 400, 1280]) {
    it(`has room at ${width} pixels: nothing sticks out`, async () => {
      const { element, link } = await mountLinked({
        parent: box(width, 500),
        attributes: { heading: 'A very long heading '.repeat(6) },
      });
      element.suggestions = ['a suggestion that is quite long indeed, and then some more words'];
      await element.sendMessage(`A${'n'.repeat(300)}`);
      link.answer('a', `word ${'https://host/'.repeat(40)}`);
      link.frame({ type: 'error', code: 'internal', message: 'e'.repeat(200) });
      await painted(element);
      const frame = element.getBoundingClientRect();
      for (const inner of element.shadowRoot?.querySelectorAll('[part]') ?? []) {
        const { right, left } = inner.getBoundingClientRect();
        if (inner.matches('.announcer')) continue;
        expect(right, inner.className).to.be.at.most(frame.right + 0.5);
        expect(left, inner.className).to.be.at.least(frame.left - 0.5);
      }
      const scroller = need(element, 'transcript');
      expect(scroller.scrollWidth).to.be.at.most(scroller.clientWidth);
    });
  }

  for (const theme of ['light', 'dark']) {
    for (const accent of ['', 'oklch(0.9 0.19 100)', '#ff6600', '#00c853', '#111111', '#7a1fa2']) {
      it(`can be read: ${theme}, accent ${accent || 'of its own'}`, async () => {
        const { element, link } = await mountLinked({ attributes: { theme, heading: 'Support' } });
        element.style.setProperty('--chat-stream-accent', accent);
        const id = await element.sendMessage('A question');
        link.answer('a', 'An answer');
        link.start('b', id);
        link.chunk('b', 'stopped');
        link.end('b', 'stopped');
        link.frame({ type: 'error', code: 'internal', message: 'An error' });
        link.state('reconnecting');
        await element.updateComplete;
        const input = need<HTMLTextAreaElement>(element, 'input');
        input.value = 'x';
        input.dispatchEvent(new InputEvent('input'));
        await painted(element);
        const transitions =
          element.shadowRoot?.getAnimations().filter((animation) => animation instanceof CSSTransition) ?? [];
        await Promise.all(transitions.map(({ finished }) => finished));
        const panel = fillOf(element, 'panel');
        const user = element.shadowRoot?.querySelector('.user .content');
        if (!user) throw new Error('no message');
        const pairs = {
          answer: [colourOf(element, 'message-ai'), panel],
          question: [getComputedStyle(user).color, getComputedStyle(user).backgroundColor],
          title: [colourOf(element, 'title'), panel],
          note: [colourOf(element, 'note'), panel],
          status: [colourOf(element, 'status'), panel],
          error: [colourOf(element, 'error'), fillOf(element, 'error')],
          send: [colourOf(element, 'send'), fillOf(element, 'send')],
          placeholder: [getComputedStyle(input, '::placeholder').color, fillOf(element, 'composer')],
        };
        for (const [name, [text = '', ground = '']] of Object.entries(pairs)) {
          expect(contrast(text, ground), name).to.be.at.least(4.5);
        }
      });
    }
  }
});

describe('For screen readers', () => {
  afterEach(cleanUp);

  it('each sentence of an answer is said once, outside the transcript, and not kept', async () => {
    const { element, link } = await mountLinked();
    const region = need(element, 'announcer');
    expect(region.getAttribute('aria-live')).to.equal('polite');
    expect(need(element, 'transcript').contains(region)).to.equal(false);
    const said: string[] = [];
    let isEmptied: () => void = () => {};
    const emptied = new Promise<void>((resolve) => (isEmptied = resolve));
    const observer = new MutationObserver((records) => {
      for (const node of records.flatMap(({ addedNodes }) => [...addedNodes])) said.push(node.textContent ?? '');
      if (region.childElementCount === 0) isEmptied();
    });
    observer.observe(region, { childList: true });
    link.start('a');
    for (const chunk of ['It costs 3', '.14 eu', 'ros. And', ' more', '! The rest']) {
      link.chunk('a', chunk);
      await painted(element);
    }
    link.end('a');
    await emptied;
    observer.disconnect();
    // The first at once; what comes faster than one can listen is said together.
    expect(said[0]).to.equal('It costs 3.14 euros.');
    expect(said.join(' ')).to.equal('It costs 3.14 euros. And more! The rest');
  });

  it('markers of Markdown and addresses are not read out, and what only looks like a marker is', async () => {
    const { element, link } = await mountLinked();
    link.answer(
      'a',
      [
        '# A **head** line',
        '- an [item](https://example.com/long/way) with `code`',
        '> > ![a picture](https://example.com/x.png), ~~gone~~ _soft_ __hard__ ***both***',
        '| a | b |\n| --- | :-: |\n***\n```ts',
        '2*3 * 4 and 2**10, snake_case, $5 [1] (no link) -1',
      ].join('\n'),
    );
    await painted(element);
    expect(need(element, 'announcer').innerText.replace(/\s+/g, ' ')).to.equal(
      'A head line an item with code a picture, gone soft hard both a b 2*3 * 4 and 2**10, snake_case, $5 [1] (no link) -1',
    );
  });

  it('a lost connection and a failure are said', async () => {
    const { element, link } = await mountLinked();
    link.state('reconnecting');
    link.state('open');
    link.frame({ type: 'error', code: 'internal', message: 'It broke.' });
    expect(need(element, 'announcer').textContent).to.equal('Reconnecting…It broke.');
  });

  it('everything has a name and a role, and the transcript can be reached with the keyboard', async () => {
    const { element, link } = await mountLinked({ attributes: { heading: 'Support' } });
    await element.sendMessage('Hello');
    link.start('a');
    await painted(element);
    const scroller = need(element, 'transcript');
    expect(scroller.tabIndex).to.equal(0);
    expect(scroller.getAttribute('role')).to.equal('log');
    expect(scroller.getAttribute('aria-live')).to.equal('off');
    for (const button of element.shadowRoot?.querySelectorAll('button') ?? []) {
      expect(button.getAttribute('aria-label') ?? button.textContent?.trim(), button.className).not.to.equal('');
      expect(button.type).to.match(/^(button|submit)$/);
    }
    expect(need(element, 'panel').getAttribute('aria-label')).to.equal('Support');
    expect(need(element, 'message-user').getAttribute('aria-label')).to.equal('You');
    expect(need(element, 'input').getAttribute('aria-label')).to.equal('Write a message');
  });

  it('events cross shadow roots, and bubble to the page', async () => {
    const outer = document.createElement('div');
    document.body.append(outer);
    const inner = document.createElement('div');
    outer.attachShadow({ mode: 'open' }).append(inner);
    const messages = record(document, 'chat-stream-message');
    const { element } = await mountLinked({ parent: inner });
    await element.sendMessage('Hello');
    expect(messages.map(({ message }) => message.content)).to.deep.equal(['Hello']);
    outer.remove();
  });
});
