import { expect } from 'chai';
import fc from 'fast-check';
import { contrast } from './support/contrast.js';
import { cleanUp, mountLinked } from './support/element.js';

/** What a lazy file exports. */
interface Lazy {
  readonly render: (
    target: HTMLElement,
    info: { kind: string; language: string; display: 'block' | 'inline' },
  ) => { grow(text: string): void; end(): void } | undefined;
}

const FILE = '/widget/dist/script/chat-stream-code.js';
const SOURCE = 'const a = `x ${b\n + 1} y`; // c\n/* d\n\ne */ f("g");\n\n<p class="h">\r\n#i: é\u{1f600}\n';

describe('Code in colours', () => {
  let render: Lazy['render'];
  let root: ShadowRoot;

  before(async () => {
    ({ render } = (await import(FILE)) as Lazy);
    const host = document.createElement('div');
    document.body.append(host);
    root = host.attachShadow({ mode: 'open' });
  });
  after(() => root.host.remove());

  /** Shows these pieces one after the other. */
  function show(language: string, pieces: readonly string[], isEnded = true): HTMLElement {
    const target = document.createElement('code');
    target.style.whiteSpace = 'pre';
    root.replaceChildren(target);
    const view = render(target, { kind: 'code', language, display: 'block' });
    if (view === undefined) throw new Error('not drawn');
    for (const piece of pieces) view.grow(piece);
    if (isEnded) view.end();
    return target;
  }

  /** The pieces with their colours, whatever nodes they are made of. */
  function runs(target: HTMLElement): string[] {
    const found: string[] = [];
    const walker = document.createTreeWalker(target, NodeFilter.SHOW_TEXT);
    let last = '';
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const kind = node.parentElement?.className.startsWith('tok-') === true ? node.parentElement.className : '-';
      const text = (node as Text).data;
      if (kind === '-' && last === '-') found[found.length - 1] += text;
      else found.push(`${kind} ${text}`);
      last = kind;
    }
    return found;
  }

  it('a language that is not known is left to the page as plain text', () => {
    expect(render(document.createElement('code'), { kind: 'code', language: 'nonsense', display: 'block' })).to.equal(
      undefined,
    );
  });

  for (const language of ['ts', 'html', 'yaml', 'python', 'bash', 'markdown', 'css']) {
    it(`${language}: however it is cut, the text is the source and the colours are the same`, () => {
      const whole = runs(show(language, [SOURCE]));
      expect(show(language, [SOURCE]).textContent).to.equal(SOURCE);
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 0, max: SOURCE.length }), { maxLength: 30 }), (cuts) => {
          const places = [0, ...cuts.toSorted((a, b) => a - b), SOURCE.length];
          const pieces = places.slice(1).map((end, index) => SOURCE.slice(places[index], end));
          const target = show(language, pieces);
          expect(target.textContent).to.equal(SOURCE);
          expect(runs(target)).to.deep.equal(whole);
        }),
        { numRuns: 60 },
      );
    });
  }

  it('a long line that comes in pieces has its colours when it is complete', () => {
    const line = `let a = ${Array.from({ length: 300 }, (_, index) => `"s${index}"`).join(' + ')}; /* c`;
    const source = `${line}\n d */ let b\n`;
    const whole = runs(show('js', [source]));
    for (const size of [1, 7, 190, 2_500]) {
      const pieces = source.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      const target = show('js', pieces);
      expect(target.textContent).to.equal(source);
      expect(runs(target)).to.deep.equal(whole);
    }
  });

  it('works while the fence is open, and never touches a finished line again', () => {
    const target = document.createElement('code');
    root.replaceChildren(target);
    const view = render(target, { kind: 'code', language: 'js', display: 'block' });
    view?.grow('let a = 1;\nlet b');
    expect(runs(target)).to.deep.equal([
      'tok-keyword let',
      '-  a = ',
      'tok-number 1',
      '- ;\n',
      'tok-keyword let',
      '-  b',
    ]);
    const finished = [...(target.firstElementChild?.childNodes ?? [])].slice(0, 5);
    const changed = new Set<Node>();
    const observer = new MutationObserver((records) => {
      for (const { target: node, removedNodes } of records) for (const one of [node, ...removedNodes]) changed.add(one);
    });
    observer.observe(target, { childList: true, characterData: true, subtree: true });
    view?.grow('c = "x');
    view?.grow('y";\nnext();\n');
    view?.end();
    for (const { target: node, removedNodes } of observer.takeRecords())
      for (const one of [node, ...removedNodes]) changed.add(one);
    observer.disconnect();
    expect(finished.filter((node) => changed.has(node) || !target.contains(node))).to.deep.equal([]);
    expect(target.textContent).to.equal('let a = 1;\nlet bc = "xy";\nnext();\n');
  });

  it('a selection in the open line lives on while the line grows', () => {
    const target = document.createElement('code');
    root.replaceChildren(target);
    const view = render(target, { kind: 'code', language: 'js', display: 'block' });
    view?.grow('// a comment that');
    const text = target.querySelector('.tok-comment')?.firstChild;
    view?.grow(' grows');
    expect(target.querySelector('.tok-comment')?.firstChild).to.equal(text);
    expect(target.textContent).to.equal('// a comment that grows');
  });

  it('a line of more than 5,000 characters, and what comes after 200,000, stays plain', () => {
    const line = `let ${'"x" '.repeat(2_000)}\n`;
    const target = show('js', [line, 'let a\n']);
    expect(runs(target)).to.deep.equal([`- ${line}`, 'tok-keyword let', '-  a\n']);
    const many = 'let a = 1\n'.repeat(21_000);
    const huge = show('js', [many]);
    expect(huge.textContent).to.equal(many);
    expect(huge.querySelectorAll('.tok-keyword').length).to.equal(20_000);
  });

  it('1 MB on one line goes on in lines that a browser can lay out, and is all there', () => {
    const piece = '"'.repeat(10_000);
    const target = show(
      'js',
      Array.from({ length: 100 }, () => piece),
    );
    expect(target.textContent?.length).to.equal(1_000_000);
    const lines = [...target.children];
    for (const line of lines) expect(line.textContent?.length).to.be.at.most(8_000);
    expect(target.querySelectorAll('*').length).to.equal(lines.length);
  });

  it('needs no style element and no style attribute, and gives the styles to a root once', () => {
    show('js', ['let a']);
    show('ts', ['let a']);
    expect(root.adoptedStyleSheets.length).to.equal(1);
    expect(root.querySelector('style, .code-lines[style], span[style]')).to.equal(null);
  });

  const KINDS =
    'comment string number keyword type function constant property variable meta heading inserted deleted'.split(' ');

  for (const theme of ['light', 'dark']) {
    it(`can be read on every ground that text has: ${theme}`, async () => {
      const { element } = await mountLinked({ attributes: { theme } });
      const target = document.createElement('code');
      const panel = element.shadowRoot?.querySelector('.panel');
      panel?.append(target);
      render(target, { kind: 'code', language: 'js', display: 'block' });
      for (const ground of ['--_bg', '--_raised', '--_hover', '--_bubble']) {
        target.style.backgroundColor = `var(${ground})`;
        for (const kind of KINDS) {
          const span = document.createElement('span');
          span.className = `tok-${kind}`;
          target.append(span);
          const { color } = getComputedStyle(span);
          const { backgroundColor } = getComputedStyle(target);
          expect(contrast(color, backgroundColor), `${kind} on ${ground}`).to.be.at.least(4.5);
          expect(color, kind).not.to.equal(getComputedStyle(target).color);
        }
      }
      await cleanUp();
    });
  }
});
