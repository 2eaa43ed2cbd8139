import temml from 'temml';
import { adopt } from '../lazy/adopt.js';
import type { LazyModule } from '../lazy/lazy-module.js';
import { PlainSource } from '../lazy/plain-source.js';
import { isShallow, isTame } from './tame.js';

/** A formula with more UTF-16 units than this stays as it was written. */
export const MAX_SOURCE = 5_000;

const STYLES = `
math { font-size: 1.1em; }
math[display='block'] { overflow-x: auto; overflow-y: hidden; max-width: 100%; }
math .tml-left { text-align: left; }
math .tml-right { text-align: right; }
math .tml-jot mtd { padding-block: 0.5ex; }
.math-inline { display: inline-flex; max-width: 100%; overflow: auto hidden; padding-block: 0.2em; margin-block: -0.2em; }
.math-inline > span { flex: none; }
@media print { .math-inline, math[display='block'] { overflow: visible; } }
.math-failed { text-decoration: underline dotted; text-underline-offset: 0.2em; }
`;

/**
 * Shows a formula in TeX as MathML, which browsers draw themselves: no font and no style sheet is loaded. It is drawn when
 * it is complete; until then, and where it has an error, its source is there.
 */
export const render: LazyModule['render'] = (target, { display }) => {
  const source = new PlainSource(target);
  return {
    grow: (text) => source.grow(text),
    end() {
      adopt(target, STYLES);
      const drawn = draw(source.text, display === 'block');
      if (drawn === undefined) source.element.className = 'math-failed';
      else source.element.replaceWith(display === 'block' ? drawn : boxed(drawn));
    },
  };
};

/**
 * A formula in a line is never broken: one that is wider than the column scrolls. A flex container has its baseline where
 * its text has one, also when it scrolls; an inline block would stand on its lower edge then.
 */
function boxed(math: Element): Element {
  const box = document.createElement('span');
  box.className = 'math-inline';
  box.append(document.createElement('span'));
  box.firstElementChild?.append(math);
  return box;
}

/** The formula as nodes; `undefined` where it cannot be read, or would be too much for the browser. */
function draw(source: string, displayMode: boolean): Element | undefined {
  if (source.length > MAX_SOURCE || !isShallow(source)) return undefined;
  const holder = document.createElement('span');
  try {
    temml.render(source, holder, {
      displayMode,
      throwOnError: true,
      // No links, no images, no ids and classes from content.
      trust: false,
      maxExpand: 500,
      maxSize: [20, 500],
    });
  } catch {
    // Also what nests too deep for the parser.
    return undefined;
  }
  const [math] = holder.children;
  return math !== undefined && isTame(math) ? math : undefined;
}
