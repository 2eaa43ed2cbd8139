import type { MarkdownContent as Content } from '../../../widget/dist/markdown/content.js';
import type { MarkdownHost } from '../../../widget/dist/markdown/context.js';

/** As the test runner serves it: the package exports only what pages use. */
const FILE = '/widget/dist/markdown/content.js';
const { MarkdownContent } = (await import(FILE)) as typeof import('../../../widget/dist/markdown/content.js');

/** What is around an answer, as small as can be: no renderers, and images only from the page's own host. */
export function hostStub(given: Partial<MarkdownHost> = {}): MarkdownHost {
  return {
    renderer: () => undefined,
    hasMath: () => false,
    imageHosts: () => [],
    words: () => ({ copy: 'Copy', copied: 'Copied', copyTable: 'Copy table' }),
    canCopy: () => true,
    copy: () => Promise.resolve(true),
    ...given,
  };
}

/** An answer that comes in these pieces, each of them drawn before the next. */
export function streamed(pieces: Iterable<string>, host = hostStub(), onStep?: (content: Content) => void): Content {
  const content = new MarkdownContent(host);
  for (const piece of pieces) {
    content.append(piece);
    content.flush(Infinity);
    onStep?.(content);
  }
  content.end();
  while (content.isBehind) content.flush(Infinity);
  return content;
}

/** An answer that is there at once. */
export function atOnce(text: string, host = hostStub()): Content {
  const content = new MarkdownContent(host);
  content.append(text);
  content.end();
  while (content.isBehind) content.flush(Infinity);
  return content;
}

/** Cuts a text at places that the numbers choose. */
export function cut(text: string, places: readonly number[]): string[] {
  const ends = [...new Set(places.map((place) => place % (text.length + 1))), text.length].sort((a, b) => a - b);
  return ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end)).filter((piece) => piece !== '');
}

/** What an answer says: its text without buttons, labels and the hosts of links, and with one space for any. */
export function said(element: Element): string {
  return spoken(element).replace(/\s+/g, ' ').trim();
}

const BLOCKS = 'P|UL|OL|LI|BLOCKQUOTE|H1|H2|H3|H4|H5|H6|PRE|TABLE|THEAD|TBODY|TR|TH|TD|HR|BR';
const IS_BLOCK = new RegExp(`^(?:${BLOCKS})$`);

function spoken(node: Node): string {
  if (node instanceof Text) return node.data;
  if (!(node instanceof Element) || node.matches('[part~=affix]:not(.chip)')) return '';
  const text = [...node.childNodes].map(spoken).join('');
  return IS_BLOCK.test(node.tagName) ? ` ${text} ` : text;
}

/** The structure of an answer, or of a specification's HTML, as a text that can be compared. */
export function outline(root: ParentNode): string {
  const blocks = `<\\/?(?:${BLOCKS})(?: [^>]*)?>`;
  return [...root.childNodes]
    .map((node) => outlineOf(node, false))
    .join('')
    .replace(/[ \t\n]+/g, ' ')
    .replace(new RegExp(` ?(${blocks}) ?`, 'g'), '$1');
}

function outlineOf(node: Node, isCode: boolean): string {
  if (node instanceof Text) {
    const text = node.data.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    return isCode ? text.replaceAll('\n', '\u2424').replaceAll(' ', '\u2423') : text;
  }
  if (!(node instanceof Element) || node.matches('[part~=affix]:not(.chip)')) return '';
  const { tagName } = node;
  const isBlockCode = tagName === 'PRE';
  const inner = [...node.childNodes].map((kid) => outlineOf(kid, isCode || isBlockCode)).join('');
  if (node.matches('span, .content, .part')) return inner;
  if (isBlockCode) return `<PRE lang=${languageOf(node)}>${inner}</PRE>`;
  const attributes = ['href', 'src', 'title', 'alt', 'start', 'align', 'type', 'checked', 'disabled']
    .map((name) => [name, valueOf(node, name)] as const)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => ` ${name}=${JSON.stringify(value).replaceAll('>', '&gt;')}`);
  return `<${tagName}${attributes.join('')}>${inner}</${tagName}>`;
}

function languageOf(pre: Element): string {
  const own = pre.querySelector('.bar > span')?.textContent;
  return own ?? /^language-(\S*)/.exec(pre.firstElementChild?.className ?? '')?.[1] ?? '';
}

/** Addresses are compared resolved; those of schemes that no link may have are none. */
function valueOf(element: Element, name: string): string | null {
  const value = element.getAttribute(name);
  if (value === null || (name !== 'href' && name !== 'src')) return value;
  if (!URL.canParse(value, document.baseURI)) return null;
  const url = new URL(value, document.baseURI);
  return /^(?:https?|mailto|tel):$/.test(url.protocol) ? url.href.replaceAll('[', '%5B').replaceAll(']', '%5D') : null;
}
