const MATHML = 'http://www.w3.org/1998/Math/MathML';

/** How deep braces may nest in a source: the parser is recursive, and what it does where the stack ends differs. */
const MAX_NESTING = 100;

/** A browser lays out nested elements by recursion. */
const MAX_DEPTH = 100;
const MAX_ELEMENTS = 4_000;

/** What a formula's source can have put there: the name of an equation, and a link to it. */
const FOREIGN_ATTRIBUTES = ['id', 'href', 'src'];

/** Whether a source nests no deeper than every browser can read. */
export function isShallow(source: string): boolean {
  let depth = 0;
  for (let at = 0; at < source.length && depth <= MAX_NESTING; at++) {
    const sign = source.charAt(at);
    if (sign === '\\') at++;
    else if (sign === '{') depth++;
    else if (sign === '}') depth--;
  }
  return depth <= MAX_NESTING;
}

/**
 * Whether a formula is MathML alone, and no more of it than a browser lays out quickly. Takes away what would have an
 * effect outside of it.
 */
export function isTame(math: Element): boolean {
  const walk: { element: Element; depth: number }[] = [{ element: math, depth: 0 }];
  let count = 0;
  for (let next = walk.pop(); next !== undefined; next = walk.pop()) {
    const { element, depth } = next;
    count++;
    if (depth > MAX_DEPTH || count > MAX_ELEMENTS) return false;
    if (element.namespaceURI !== MATHML) {
      if (element.textContent !== '' || element.localName !== 'span') return false;
      // The place for a number that a style sheet of Temml's would count.
      element.remove();
      continue;
    }
    for (const name of FOREIGN_ATTRIBUTES) element.removeAttribute(name);
    for (const child of element.children) walk.push({ element: child, depth: depth + 1 });
  }
  return true;
}
