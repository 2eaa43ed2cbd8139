import type { BlockRenderer, ChatStreamElement } from '@chat-stream/widget';
import { expect } from 'chai';
import type { FakeLink } from './support/fake-link.js';
import { cleanUp, mountLinked, need, painted, part, record, until } from './support/element.js';

const CODE = ['const a = "b"; // c', 'let d = 1;', ''].join('\n');
const fence = (word: string, text: string): string => `Look:\n\n\`\`\`${word}\n${text}\`\`\`\n`;

/** All nodes inside the chat that fit. */
function all(element: ChatStreamElement, selector: string): HTMLElement[] {
  return [...(element.shadowRoot?.querySelectorAll<HTMLElement>(selector) ?? [])];
}

/** A renderer that writes down what it is told. */
function recorder(): { renderer: BlockRenderer; told: string[] } {
  const told: string[] = [];
  const renderer: BlockRenderer = (target, { kind, language, display }) => {
    told.push(`${kind} ${language} ${display}`);
    return {
      grow(text) {
        told.push(text);
        target.append(text.toUpperCase());
      },
      end: () => void told.push('end'),
    };
  };
  return { renderer, told };
}

describe('Blocks of an answer', () => {
  let element: ChatStreamElement;
  let link: FakeLink;

  beforeEach(async () => {
    ({ element, link } = await mountLinked());
  });
  afterEach(cleanUp);

  // First, while nothing is loaded: the file comes after the fence has ended.
  it('code gets its colours when their file arrives after the answer has ended', async () => {
    link.answer('a', fence('ts', CODE));
    await until(() => all(element, 'pre').length > 0);
    expect(need(element, 'content').querySelector('pre > code')?.textContent).to.equal(CODE);
    await until(() => all(element, '.tok-comment').length === 1);
    expect(all(element, 'pre > code').map(({ textContent }) => textContent)).to.deep.equal([CODE]);
    expect(getComputedStyle(all(element, '.tok-comment')[0]!).fontStyle).to.equal('italic');
  });

  it('code has its colours while its fence is open, and keeps its nodes when that closes', async () => {
    link.start('a');
    link.chunk('a', '```ts\nconst a');
    await until(() => all(element, '.tok-keyword').length === 1);
    const [keyword] = all(element, '.tok-keyword');
    link.chunk('a', ' = "b"; // c\n');
    await until(() => all(element, '.tok-comment').length === 1);
    link.chunk('a', '```\n\nAfter');
    await until(() => part(element, 'content')?.textContent?.endsWith('After'));
    link.end('a');
    await painted(element);
    expect(all(element, '.tok-keyword')[0]).to.equal(keyword);
    expect(all(element, 'pre > code')[0]?.textContent).to.equal('const a = "b"; // c\n');
  });

  it('a fence without a word, or with one that nobody knows, is code without colours', async () => {
    link.answer('a', `${fence('', 'const a\n')}${fence('nobody-knows', 'const b\n')}`);
    await until(() => all(element, 'pre > code').length === 2);
    await painted(element);
    expect(all(element, 'pre > code').map(({ textContent }) => textContent)).to.deep.equal(['const a\n', 'const b\n']);
    expect(all(element, '[class^=tok-]')).to.have.length(0);
  });

  it('formulas are drawn in each way to write them, and prices stay prices', async () => {
    link.answer(
      'a',
      'It is $x^2$ and \\(y^2\\), for $5 and $6.\n\n$$\n\\frac{a}{b}\n$$\n\n\\[\nc^2\n\\]\n\n- $z$ and **$w$**',
    );
    await until(() => all(element, 'math').length === 6);
    expect(all(element, 'math[display=block]')).to.have.length(2);
    expect(all(element, 'mfrac')).to.have.length(1);
    expect(need(element, 'content').querySelector('p')?.textContent).to.match(/for \$5 and \$6\.$/);
  });

  it('a formula is drawn once it is complete: until then it is text, and never half of one', async () => {
    link.start('a');
    link.chunk('a', 'Now $x^');
    await painted(element);
    expect(all(element, 'math')).to.have.length(0);
    link.chunk('a', '2$ is');
    await until(() => all(element, 'math').length === 1);
    const [formula] = all(element, 'math');
    link.chunk('a', ' the square');
    await until(() => need(element, 'content').textContent?.endsWith('the square'));
    expect(all(element, 'math')[0], 'it is not drawn again').to.equal(formula);
  });

  it("the page's own renderers draw fences of their word, formulas and other code, piece by piece", async () => {
    const chart = recorder();
    const math = recorder();
    const code = recorder();
    element.renderers = { chart: chart.renderer, math: math.renderer, code: code.renderer };
    await element.updateComplete;
    link.start('a');
    link.chunk('a', '```Chart of pets\ncats 1\n');
    await until(() => chart.told.length > 1);
    link.chunk('a', 'dogs 2\n```\n\n');
    link.chunk('a', '$x$\n\n```js\ny\n```\n');
    link.end('a');
    await until(() => code.told.includes('end'));
    expect(chart.told[0]).to.equal('chart Chart block');
    expect(chart.told.slice(1).join('')).to.equal('cats 1\ndogs 2\nend');
    expect(math.told).to.deep.equal(['math  inline', 'x', 'end']);
    expect([code.told[0], code.told.slice(1).join('')]).to.deep.equal(['code js block', 'y\nend']);
    expect(all(element, '.block').map(({ textContent }) => textContent)).to.deep.equal(['CATS 1\nDOGS 2\n']);
    expect(all(element, 'pre > code').map(({ textContent }) => textContent)).to.deep.equal(['Y\n']);
  });

  it('false leaves a kind as it was written', async () => {
    element.renderers = { math: false, code: false, mermaid: false };
    await element.updateComplete;
    link.answer('a', `It is $x^2$.\n\n${fence('mermaid', 'pie\n')}${fence('ts', 'const a\n')}`);
    await until(() => all(element, 'pre > code').length === 2);
    await painted(element);
    expect(need(element, 'content').querySelector('p')?.textContent).to.equal('It is $x^2$.');
    expect(all(element, 'math, iframe, [class^=tok-]')).to.have.length(0);
    expect(all(element, 'pre > code').map(({ textContent }) => textContent)).to.deep.equal(['pie\n', 'const a\n']);
  });

  it('a renderer that throws is reported, its block stays text, and the answer goes on', async () => {
    const errors = record(element, 'chat-stream-error');
    element.renderers = {
      chart: () => {
        throw new Error('no canvas');
      },
    };
    await element.updateComplete;
    link.answer('a', `${fence('chart', '1 <b>2</b>\n')}\nAfter`);
    await until(() => part(element, 'content')?.textContent?.endsWith('After'));
    expect(errors).to.deep.equal([
      {
        code: 'renderer_failed',
        message: 'The renderer for "chart" threw: no canvas',
        retryable: false,
        ref: undefined,
      },
    ]);
    expect(need(element, 'content').textContent).to.contain('1 <b>2</b>\n');
  });
});

describe('Copying', () => {
  const clipboard = Object.getOwnPropertyDescriptor(navigator, 'clipboard');
  let copied: string[] = [];

  beforeEach(() => {
    copied = [];
    Object.defineProperty(navigator, 'clipboard', {
      configurable: true,
      value: { writeText: (text: string) => Promise.resolve(void copied.push(text)) },
    });
  });
  afterEach(async () => {
    if (clipboard) Object.defineProperty(navigator, 'clipboard', clipboard);
    else delete (navigator as { clipboard?: unknown }).clipboard;
    await cleanUp();
  });

  it('a message is copied as its Markdown, code as the code, a table with tabs: no words of buttons', async () => {
    const { element, link } = await mountLinked();
    const source = [
      '**Look** at [this](https://example.com/x):',
      '```ts\nconst a = 1;\n\n  // b\n```',
      '| a | *b* |\n| - | -: |\n| `1` | [2](https://example.com) |\n| x \\| y | |',
    ].join('\n\n');
    link.answer('a', source);
    await until(() => all(element, 'td').length === 4 && all(element, '.tok-comment').length === 1);
    await painted(element);
    for (const selector of ['pre button', 'table button', '.actions button']) {
      const [button] = all(element, selector);
      expect(button, selector).not.to.equal(undefined);
      button?.click();
    }
    await until(() => copied.length === 3);
    expect(copied).to.deep.equal(['const a = 1;\n\n  // b\n', 'a\tb\n1\t2 (example.com)\nx | y\t', source]);
    await until(() => all(element, 'pre button')[0]?.textContent === 'Copied');
  });

  it('where a page cannot copy, there is nothing to press', async () => {
    Object.defineProperty(navigator, 'clipboard', { configurable: true, value: undefined });
    const { element, link } = await mountLinked();
    link.answer('a', `${fence('ts', 'a\n')}\n| a |\n| - |\n| 1 |`);
    await until(() => all(element, 'td').length === 1);
    expect(all(element, '.message button')).to.have.length(0);
  });
});
