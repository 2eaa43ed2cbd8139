import { expect } from 'chai';
import { atOnce, hostStub, streamed } from './support/markdown.js';

const FILE = '/widget/dist/markdown/content.js';
const { MarkdownContent } = (await import(FILE)) as typeof import('../../widget/dist/markdown/content.js');
const LIMITS = '/widget/dist/markdown/limits.js';
const { FRAME_WORK } = (await import(LIMITS)) as typeof import('../../widget/dist/markdown/limits.js');

/** Nodes that one frame may add, remove or write to. */
const MOST_CHANGES = 650;

const row = (columns: number, cell: string): string => `${`|${cell}`.repeat(columns)}|\n`;
const table = (columns: number, rows: number): string =>
  row(columns, 'a') + row(columns, '-') + row(columns, 'b').repeat(rows);

/** What is meant to bring a renderer down, and how many nodes it may become. */
const HOSTILE: Readonly<Record<string, readonly [text: string, mostNodes: number, mostChanges?: number]>> = {
  '50,000 >': [`${'>'.repeat(50_000)} end\n`, 200],
  'a table of 100 columns and 200 rows': [table(100, 200), 400],
  'a table of 2,000 columns': [table(2_000, 20), 400],
  'a table of 60 columns and 200 rows': [table(60, 200), 5_000],
  '200 KB on one line': ['some words and more '.repeat(10_000), 400],
  'one word of 200 KB': ['x'.repeat(200_000), 400],
  '300 lists in each other': [
    Array.from({ length: 300 }, (_, depth) => `${'  '.repeat(depth)}- level ${depth}\n`).join(''),
    1_000,
  ],
  '5,000 markers of lists in a line': [`${'- '.repeat(5_000)}end\n`, 400],
  '3,333 mail addresses': ['a@a.a '.repeat(3_333), 2_500],
  '5,000 halves of mail addresses': ['a@a.'.repeat(5_000), 2_500],
  'a paragraph of 20,000 characters, most of them markers': ['*a* `b` **c** '.repeat(1_428), 800],
  'a paragraph of characters that nobody sees': ['\u202aa'.repeat(10_000), 2_000],
  'a row of 2,000 marked cells': [`${'|*b*'.repeat(2_000)}|\n${'|-'.repeat(2_000)}|\n`, 9_000],
  'a list of 5,000 items, the last of which stands apart': [`${'- item\n'.repeat(5_000)}\n- item\n`, 26_000],
  '5,000 tasks': ['- [x] done\n'.repeat(5_000), 36_000],
  '2,000 links before their definitions': [
    `${Array.from({ length: 2_000 }, (_, at) => `[d${at}]`).join(' ')}\n\n${Array.from({ length: 2_000 }, (_, at) => `[d${at}]: /${at}\n`).join('')}`,
    10_000,
    // The 400 of one paragraph become links together.
    1_700,
  ],
  'brackets that open': ['['.repeat(20_000), 200],
  'an answer of 40 KB': [
    `## Title\n\nSome *words* and [a link](https://example.com/x).\n\n- one\n- two\n\n\`\`\`js\nlet a = 1;\n\`\`\`\n\n`.repeat(
      300,
    ),
    12_000,
  ],
};

/** Draws an answer frame by frame. @returns the changes of the frame with the most. */
function draw(text: string): { element: HTMLElement; most: number; frames: number } {
  const content = new MarkdownContent(hostStub());
  const observer = new MutationObserver(() => undefined);
  observer.observe(content.element, { childList: true, subtree: true, characterData: true });
  content.append(text);
  content.end();
  let most = 0;
  let frames = 0;
  for (; content.isBehind; frames++) {
    content.flush(FRAME_WORK);
    let changes = 0;
    for (const { addedNodes, removedNodes } of observer.takeRecords())
      changes += Math.max(1, addedNodes.length + removedNodes.length);
    most = Math.max(most, changes);
  }
  return { element: content.element, most, frames };
}

function countOf(element: Node): number {
  let count = 0;
  for (const walker = document.createTreeWalker(element); walker.nextNode() !== null;) count++;
  return count;
}

describe('An answer that is made to be expensive', () => {
  for (const [name, [text, mostNodes, mostChanges = MOST_CHANGES]] of Object.entries(HOSTILE)) {
    it(`is drawn a little in each frame, all of it in the end, and with few nodes: ${name}`, () => {
      const { element, most, frames } = draw(text);
      const nodes = countOf(element);
      console.info(`${name}: ${nodes} nodes, ${frames} frames, at most ${most} changes in one`);
      expect(most, 'changes in a frame').to.be.at.most(mostChanges);
      expect(nodes, 'nodes').to.be.at.most(mostNodes);
      expect(frames, 'frames').to.be.at.least(2);
      expect(element.innerHTML === atOnce(text).element.innerHTML, 'the same as at once').to.equal(true);
    });
  }

  it('has as many links in one paragraph however it is cut, and no text is lost', () => {
    const text = 'a@a.a and '.repeat(900);
    const pieces = Array.from({ length: Math.ceil(text.length / 700) }, (_, index) =>
      text.slice(index * 700, (index + 1) * 700),
    );
    expect(streamed(pieces).element.innerHTML === atOnce(text).element.innerHTML).to.equal(true);
    expect(atOnce(text).element.querySelectorAll('a')).to.have.lengthOf(400);
    expect(atOnce(text).element.textContent).to.equal(text.trim());
  });

  /** What follows a paragraph of so many lines that its end is not read for markers: lists, headings and the rest begin there. */
  const LONG: Readonly<Record<string, readonly [text: string, paragraphs: number, shown?: string]>> = {
    'in the answer': [`${'some words and *more*\n'.repeat(1_000)}- item\n`, 3, 'item'],
    'in a list': [`- ${'  some words and *more*\n'.repeat(1_000).trimStart()}\n# end\n`, 0, 'end'],
    'in a quote, without its marker': [`> some words\n${'and more\n'.repeat(2_000)}\nend\n`, 4, 'end'],
    'of raw HTML': [`<div>\n${'<p>some words</p>\n'.repeat(1_000)}\nend\n`, 4, 'end'],
  };
  for (const [name, [text, paragraphs, shown = '']] of Object.entries(LONG)) {
    it(`begins another block within a text that is too long to be read for markers, and loses nothing: ${name}`, () => {
      const pieces = Array.from({ length: Math.ceil(text.length / 333) }, (_, at) =>
        text.slice(at * 333, at * 333 + 333),
      );
      const { element } = atOnce(text);
      expect(streamed(pieces).element.innerHTML === element.innerHTML, 'the same as at once').to.equal(true);
      const words = (all: string | null) => (all ?? '').replaceAll(/[^a-z]/g, '');
      expect(words(element.textContent) === words(text)).to.equal(true);
      expect(element.querySelectorAll('p')).to.have.lengthOf(paragraphs);
      expect(element.lastElementChild!.textContent.trim()).to.equal(shown);
    });
  }

  it('begins another list where one is too long to be laid out as a whole, and goes on with its numbers', () => {
    const items = Array.from({ length: 1_000 }, (_, at) => `${at + 1}. item ${at + 1}\n`).join('');
    const { element } = atOnce(`${items}\n  \`\`\`\n  1. code\n  \`\`\`\nend\n`);
    const lists = [...element.querySelectorAll('ol')];
    expect(lists.length).to.be.within(2, 10);
    let next = 1;
    for (const list of lists) {
      expect(list.start).to.equal(next);
      next += list.children.length;
    }
    expect(next).to.equal(1_001);
    expect(lists.map(({ className }) => className)).to.deep.equal(['', ...lists.slice(1).map(() => 'more')]);
    const deep = `- a\n${'  - b\n'.repeat(1_000)}`;
    expect(atOnce(deep).element.textContent.replaceAll(/[^ab]/g, '')).to.equal(`a${'b'.repeat(1_000)}`);
    for (const list of atOnce(deep).element.querySelectorAll('ul')) expect(list.children.length).to.be.at.most(201);
    const fence = `- a\n${'- b\n'.repeat(300)}- \`\`\`\n${'  - c\n'.repeat(500)}  \`\`\`\n- d\n`;
    expect(atOnce(fence).element.querySelector('code')?.textContent).to.equal('- c\n'.repeat(500));
  });

  it('knows all definitions, however many follow each other', () => {
    const text = Array.from({ length: 400 }, (_, at) => `[name ${at}]: https://example.com/${at}\n`).join('');
    const { element } = atOnce(`${text}\n[name 0] [name 399]\n`);
    expect([...element.querySelectorAll('a')].map(({ pathname }) => pathname)).to.deep.equal(['/0', '/399']);
  });
});
