import type { ChatStreamElement } from '@chat-stream/widget';
import { expect } from 'chai';
import { contrast } from './support/contrast.js';
import { hostStub, streamed } from './support/markdown.js';
import { box, cleanUp, mountLinked, need, painted, until } from './support/element.js';

/** All nodes of the answer that fit. */
function all(element: ChatStreamElement, selector: string): HTMLElement[] {
  return [...(element.shadowRoot?.querySelectorAll<HTMLElement>(`.markdown ${selector}`) ?? [])];
}

const LONG = [
  '# Heading\n\n[a link](https://example.com/x) ![alt](https://example.net/i.png) `code`',
  '1. one\n   - [ ] two\n     > quoted `code`\n\n   three',
  `| ${'wide column | '.repeat(12)}\n| ${'- | '.repeat(12)}\n| ${'word | '.repeat(12)}`,
  `\`\`\`ts\n// note\nconst a: Type = call("${'x'.repeat(300)}", 1);\n\`\`\``,
  `$$\n${'a + '.repeat(80)} b\n$$\n\n${'w'.repeat(300)}`,
].join('\n\n');

describe('The look of an answer', () => {
  afterEach(cleanUp);

  for (const [begins, text, where] of [
    ['a paragraph', 'One **two** three', 'P'],
    ['a heading', 'One\n\n## Two', 'H2'],
    ['a list', 'One\n\n- two\n- `three` four', 'LI'],
    ['a list in a list', '1. one\n   - two\n   - three', 'LI'],
    ['a list of paragraphs', '- one\n\n- two', 'P'],
    ['a task', '- [ ] one\n- [x] two', 'LI'],
    ['a quote', '> one\n> > two', 'P'],
    ['code', 'One\n\n```ts\nconst a', 'SPAN'],
    ['a table', 'One\n\n| a |\n| - |\n| 1', ''],
  ]) {
    it(`while ${begins} is written, one caret stands where it goes on, and none when it is complete`, async () => {
      const { element, link } = await mountLinked();
      link.start('a');
      link.chunk('a', text ?? '');
      await until(() => all(element, '*').length > 0);
      await painted(element);
      const carets = () => all(element, '*').filter((node) => getComputedStyle(node, '::after').content === '""');
      expect(carets().map(({ tagName }) => tagName)).to.deep.equal(where === '' ? [] : [where]);
      const [caret] = carets();
      const behind = caret === undefined ? [] : all(element, 'p, li, h2, tr').filter((node) => isBehind(caret, node));
      expect(behind, 'text behind it').to.deep.equal([]);
      link.end('a');
      await painted(element);
      expect(carets()).to.deep.equal([]);
    });
  }

  it('the caret stays when what draws code comes after it', () => {
    let isThere = false;
    const draws = (kind: string) =>
      isThere && kind === 'code' ? () => ({ grow: () => undefined, end: () => undefined }) : undefined;
    const carets: string[] = [];
    streamed(['```ts\nconst a'], hostStub({ renderer: draws }), (content) => {
      isThere = true;
      content.renderersChanged();
      carets.push(...[...content.element.querySelectorAll('[data-tip]')].map(({ textContent }) => textContent));
    });
    expect(carets).to.deep.equal(['ts']);
  });

  it('a text in thirty quotes or lists has room for words, on a telephone', async () => {
    const { element, link } = await mountLinked({ parent: box(320, 500) });
    const lists = Array.from({ length: 15 }, (_, depth) => `${'  '.repeat(depth)}- word`).join('\n');
    link.answer('a', `${'>'.repeat(30)} word\n\n---\n\n${lists}`);
    await until(() => all(element, 'li').length === 15);
    for (const node of all(element, 'p, li')) expect(node.clientWidth).to.be.greaterThan(60);
  });

  it('shows numbers of three digits whole, where a block draws nothing outside of it', async () => {
    const { element, link } = await mountLinked();
    link.answer('a', '998. item\n999. item\n');
    await until(() => all(element, 'li').length === 2);
    const [list] = all(element, 'ol') as [HTMLElement];
    const style = getComputedStyle(list);
    if (!style.contain.includes('content') && !style.contain.includes('paint')) return;
    const text = document.createElement('span');
    text.textContent = '999. ';
    text.style.cssText = `position: absolute; white-space: pre; font: ${style.font}`;
    document.body.append(text);
    const { width } = text.getBoundingClientRect();
    text.remove();
    const room = parseFloat(style.paddingInlineStart) + parseFloat(style.getPropertyValue('overflow-clip-margin'));
    expect(room).to.be.at.least(width);
  });

  it('the caret stands still while the answer grows, and blinks when it waits', async () => {
    const { element, link } = await mountLinked();
    const blinks = () =>
      getComputedStyle(all(element, '[data-tip]')[0] ?? element, '::after').animationName === 'blink';
    link.start('a');
    link.chunk('a', 'One');
    await until(() => all(element, '[data-tip]').length === 1);
    await until(blinks);
    link.chunk('a', ' two');
    await until(() => !blinks());
  });

  for (const width of [320, 400, 1280]) {
    it(`has room at ${width} pixels: what is wide scrolls by itself`, async () => {
      const { element, link } = await mountLinked({ parent: box(width, 500) });
      link.answer('a', LONG);
      await until(() => all(element, 'math').length === 1 && all(element, '.tok-comment').length === 1);
      await painted(element);
      const scroller = need(element, 'transcript');
      expect(scroller.scrollWidth).to.be.at.most(scroller.clientWidth);
      const frame = element.getBoundingClientRect();
      for (const node of all(element, ':is(p, li, pre, table, .block, .bar, .chip, blockquote)')) {
        const { left, right } = node.getBoundingClientRect();
        if (node.matches('table *')) continue;
        expect([left >= frame.left, right <= frame.right], node.outerHTML.slice(0, 60)).to.deep.equal([true, true]);
      }
      expect(all(element, 'pre > code')[0]?.scrollWidth).to.be.greaterThan(all(element, 'pre > code')[0]!.clientWidth);
    });
  }

  for (const theme of ['light', 'dark']) {
    for (const accent of ['', 'oklch(0.9 0.19 100)', '#111111']) {
      it(`can be read: ${theme}, accent ${accent || 'of its own'}`, async () => {
        const { element, link } = await mountLinked({ attributes: { theme } });
        element.style.setProperty('--chat-stream-accent', accent);
        link.answer('a', LONG);
        await until(() => all(element, '.tok-comment').length === 1);
        const panel = getComputedStyle(need(element, 'panel')).backgroundColor;
        const inks = all(element, ':is(h1, a, .host, .chip, blockquote, code, .bar, .bar button, th, [class^=tok-])');
        for (const node of inks) {
          const { color, backgroundColor } = getComputedStyle(node);
          const ground = /, 0\)$|\/ 0\)$|^transparent$/.test(backgroundColor) ? panel : backgroundColor;
          expect(contrast(color, ground), node.outerHTML.slice(0, 60)).to.be.at.least(4.5);
        }
        expect(inks.length).to.be.greaterThan(12);
      });
    }
  }

  it('text from right to left has its markers, its bar and its columns from the right, and code from the left', async () => {
    const { element, link } = await mountLinked();
    link.answer(
      'a',
      '- واحد\n- two\n\n> اقتباس\n\n| اسم | سعر |\n| - | - |\n| أ | 1 |\n\n```js\nx\n```\n\n- one\n- اثنان',
    );
    await until(() => all(element, 'pre > code').length === 1);
    await painted(element);
    const directions = (selector: string) => all(element, selector).map((node) => getComputedStyle(node).direction);
    expect(directions('ul')).to.deep.equal(['rtl', 'ltr']);
    expect(directions('blockquote')).to.deep.equal(['rtl']);
    expect(directions('table')).to.deep.equal(['rtl']);
    expect(directions('pre > code')).to.deep.equal(['ltr']);
    const [name, price] = all(element, 'th').map((cell) => cell.getBoundingClientRect().left);
    expect(name).to.be.greaterThan(price ?? Infinity);
  });
});

/** Whether a text begins behind the element with the caret. */
function isBehind(caret: Element, node: Element): boolean {
  return (caret.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0 && !caret.contains(node);
}
