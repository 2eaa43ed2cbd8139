import { expect } from 'chai';

interface Lazy {
  readonly render: (
    target: HTMLElement,
    info: { kind: string; language: string; display: 'block' | 'inline' },
  ) => { grow(text: string): void; end(): void } | undefined;
}

const FILE = '/widget/dist/script/chat-stream-math.js';

describe('Formulas', () => {
  let render: Lazy['render'];
  let root: ShadowRoot;

  before(async () => {
    ({ render } = (await import(FILE)) as Lazy);
    const host = document.createElement('div');
    document.body.append(host);
    root = host.attachShadow({ mode: 'open' });
  });
  after(() => root?.host.remove());

  function show(source: string, display: 'block' | 'inline' = 'block'): HTMLElement {
    const target = document.createElement('span');
    root.replaceChildren(target);
    const view = render(target, { kind: 'math', language: '', display });
    view?.grow(source.slice(0, 3));
    view?.grow(source.slice(3));
    expect(target.textContent, 'while it is open').to.equal(source);
    view?.end();
    return target;
  }

  for (const display of ['block', 'inline'] as const) {
    it(`are MathML, ${display}, drawn by the browser itself`, () => {
      const target = show('\\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt{\\pi}}{2}', display);
      const math = target.querySelector('math');
      expect(math?.namespaceURI).to.equal('http://www.w3.org/1998/Math/MathML');
      expect(math?.getAttribute('display')).to.equal(display === 'block' ? 'block' : null);
      expect(target.querySelectorAll('mfrac, msqrt').length).to.equal(2);
      expect(math?.getBoundingClientRect().height).to.be.above(10);
    });
  }

  /** A formula in the middle of a paragraph in a column of 320 pixels. */
  function inline(source: string): { column: HTMLElement; box: HTMLElement; math: Element } {
    const column = document.createElement('p');
    column.style.cssText = 'width:320px;margin:0;font:16px/1.55 sans-serif';
    column.append('It is ', show(source, 'inline'), ', as one knows.');
    root.replaceChildren(column);
    const box = column.querySelector<HTMLElement>('.math-inline');
    const math = column.querySelector('math');
    if (box === null || math === null) throw new Error('No formula was drawn.');
    return { column, box, math };
  }

  it('in a line, wider than the column, scroll: nothing is cut off, and the column stays as wide as it is', () => {
    const { column, box, math } = inline(Array.from({ length: 30 }, (_, n) => `x_{${n}}`).join(' + '));
    expect(math.getBoundingClientRect().width).to.be.above(400);
    expect(column.scrollWidth).to.equal(320);
    const edges = box.getBoundingClientRect();
    expect(edges.width).to.be.at.most(320);
    box.scrollLeft = 10_000;
    expect(math.getBoundingClientRect().right).to.be.at.most(edges.right + 1);
    box.scrollLeft = 0;
    expect(math.getBoundingClientRect().left).to.be.at.least(edges.left - 1);
    expect(box.scrollHeight, 'up and down').to.be.at.most(box.clientHeight);
  });

  for (const source of ['x', '\\frac{a}{b}', 'x^{2^{2}}', '\\sum_{i=0}^n i']) {
    it(`in a line stand on its baseline, and make it no taller than without a box: ${source}`, () => {
      const { column, box, math } = inline(source);
      const [there, tall] = [math.getBoundingClientRect(), column.getBoundingClientRect()];
      box.replaceWith(math);
      const [plain, before] = [math.getBoundingClientRect(), column.getBoundingClientRect()];
      expect(there.bottom - tall.top).to.be.closeTo(plain.bottom - before.top, 1.5);
      expect(tall.height).to.be.closeTo(before.height, 1.5);
    });
  }

  it('a matrix, cases and aligned lines are drawn', () => {
    for (const source of [
      '\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}',
      'f(x) = \\begin{cases} 1 & x > 0 \\\\ 0 & \\text{else} \\end{cases}',
      '\\begin{align} a &= b \\\\ c &= d \\end{align}',
    ]) {
      expect(show(source).querySelector('mtable'), source).not.to.equal(null);
    }
  });

  it('an error leaves the source, with a quiet mark', () => {
    for (const source of ['\\frac{1}{', '\\nonsense{x}', '}', '\\begin{x}']) {
      const target = show(source);
      expect(target.textContent, source).to.equal(source);
      expect(target.querySelector('.math-failed'), source).not.to.equal(null);
      expect(target.querySelector('math'), source).to.equal(null);
    }
  });

  it('links, images, ids and classes from a formula do not come into the page', () => {
    for (const source of [
      '\\href{https://evil.example}{x}',
      '\\url{https://evil.example}',
      '\\includegraphics{https://evil.example/x.png}',
      '\\id{panel}{x}',
      '\\class{root}{x}',
      '\\style{position:fixed}{x}',
      '\\data{a=b}{x}',
      '\\begin{align} a \\label{panel} \\\\ b \\tag{1} \\end{align} \\ref{panel} \\eqref{panel}',
      'x \\label{panel}',
    ]) {
      const target = show(source);
      const found = target.querySelectorAll(
        '[id], [href], [src], [data-a], a, img, .root, [style*="position"], script, style',
      );
      expect(
        [...found].map(({ outerHTML }) => outerHTML),
        source,
      ).to.deep.equal([]);
    }
  });

  it('what would be too much stays as it was written', () => {
    for (const source of [
      'x'.repeat(5_001),
      '{'.repeat(2_000) + 'x' + '}'.repeat(2_000),
      '\\sqrt{'.repeat(400) + 'x' + '}'.repeat(400),
      '\\def\\a{xx}\\def\\b{\\a\\a\\a\\a\\a\\a\\a\\a\\a\\a}\\def\\c{\\b\\b\\b\\b\\b\\b\\b\\b\\b\\b}\\def\\d{\\c\\c\\c\\c\\c\\c\\c\\c\\c\\c}\\d\\d\\d',
      '\\def\\a{\\a}\\a',
      '\\left('.repeat(600) + 'x' + '\\right)'.repeat(600),
    ]) {
      const target = show(source);
      expect(target.textContent, source.slice(0, 20)).to.equal(source);
      expect(target.querySelector('math'), source.slice(0, 20)).to.equal(null);
    }
  });

  it('a rule of a mile is as tall as the page allows it', () => {
    const math = show('\\rule{100000em}{100000em}').querySelector('math');
    expect(math?.getBoundingClientRect().height ?? 0).to.be.below(1_000);
  });
});
