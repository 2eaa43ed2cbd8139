import type { Block } from '../../widget/dist/markdown/blocks.js';
import { BlockParser } from '../../widget/dist/markdown/block-parser.js';
import { parseInline } from '../../widget/dist/markdown/inline.js';
import type { Inline } from '../../widget/dist/markdown/inline-tree.js';
import { MAX_COLUMNS } from '../../widget/dist/markdown/limits.js';
import type { Target } from '../../widget/dist/markdown/references.js';
import { cellsOf } from '../../widget/dist/markdown/table.js';

/** Parses a text at once, and writes the tree as HTML, to be compared with a specification's. */
export function toHtml(text: string): string {
  const targets = new Map<string, Target>();
  const parser = new BlockParser(
    (label, target) => targets.has(label) || targets.set(label, target),
    () => false,
  );
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  for (const line of lines) parser.feed(line);
  parser.end();
  return blocks(parser.root.kids, targets, false);
}

function blocks(kids: readonly Block[], targets: Map<string, Target>, isTight: boolean): string {
  return kids.map((kid) => blockOf(kid, targets, isTight)).join('');
}

function blockOf(own: Block, targets: Map<string, Target>, isTight: boolean): string {
  const inline = (text: string): string =>
    inlines(parseInline(text, 0, { find: (label) => targets.get(label), math: false, isOpen: false }), text);
  switch (own.kind) {
    case 'p':
      return isTight ? inline(own.text) : `<p>${inline(own.text)}</p>`;
    case 'h':
      return `<h${own.level}>${inline(own.text)}</h${own.level}>`;
    case 'hr':
      return '<hr />';
    case 'html':
      return own.text;
    case 'code': {
      const language = own.info.split(/\s/)[0];
      return `<pre><code${language ? ` class="language-${escape(language)}"` : ''}>${escape(own.text)}</code></pre>`;
    }
    case 'quote':
      return `<blockquote>${blocks(own.kids, targets, false)}</blockquote>`;
    case 'item': {
      const box =
        own.task === 'none' ? '' : `<input${own.task === 'done' ? ' checked=""' : ''} disabled="" type="checkbox"> `;
      return `<li>${box}${blocks(own.kids, targets, isTight)}</li>`;
    }
    case 'list': {
      const name = own.info === '' ? 'ul' : 'ol';
      const start = own.info === '' || own.info === '1' ? '' : ` start="${own.info}"`;
      return `<${name}${start}>${blocks(own.kids, targets, !own.isLoose)}</${name}>`;
    }
    case 'table': {
      const [head = '', ...rows] = own.text.split('\n');
      const row = (line: string, name: string): string => {
        const cells = cellsOf(line, MAX_COLUMNS);
        return `<tr>${own.columns.map((align, index) => `<${name}${align === 'none' ? '' : ` align="${align}"`}>${inline(cells[index] ?? '')}</${name}>`).join('')}</tr>`;
      };
      const body = rows.length === 0 ? '' : `<tbody>${rows.map((line) => row(line, 'td')).join('')}</tbody>`;
      return `<table><thead>${row(head, 'th')}</thead>${body}</table>`;
    }
    case 'doc':
      return blocks(own.kids, targets, false);
  }
}

function inlines({ frozen, tail }: { frozen: Inline[]; tail: Inline[] }, _text: string): string {
  return [...frozen, ...tail].map(inlineOf).join('');
}

function inlineOf({ kind, text, kids, target }: Inline): string {
  const inner = kids.map(inlineOf).join('');
  const title = target?.title ? ` title="${escape(target.title)}"` : '';
  switch (kind) {
    case 'text':
      return escape(text);
    case 'code':
      return `<code>${escape(text)}</code>`;
    case 'br':
      return '<br />';
    case 'a':
      return `<a href="${escape(uri(target?.href ?? ''))}"${title}>${inner}</a>`;
    case 'img':
      return `<img src="${escape(uri(target?.href ?? ''))}" alt="${kids.map(textOf).join('')}"${title} />`;
    default:
      return `<${kind}>${inner}</${kind}>`;
  }
}

function textOf({ kind, text, kids }: Inline): string {
  return kind === 'br' ? '' : escape(text) + kids.map(textOf).join('');
}

function uri(href: string): string {
  return encodeURI(href)
    .replace(/%25(?=[\da-fA-F]{2})/g, '%')
    .replaceAll('%5B', '[')
    .replaceAll('%5D', ']')
    .replaceAll('[', '%5B')
    .replaceAll(']', '%5D');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** HTML without the white space that means nothing. */
export function squeezed(html: string): string {
  const kept: string[] = [];
  const safe = html.replace(/<pre>[^]*?<\/pre>/g, (pre) => `\ue000${kept.push(pre) - 1}\ue000`);
  return safe
    .replace(/<br \/>\n/g, '<br />')
    .replace(/\s*\n\s*(?=<)|(?<=>)\s*\n\s*/g, '')
    .replace(/<\/?(?:p|ul|ol|li|blockquote|h\d|table|thead|tbody|tr|th|td)\b[^>]*>|<hr \/>|\ue000\d+\ue000/g, '\n$&\n')
    .replace(/\s*\n\s*/g, '\n')
    .replace(/\ue000(\d+)\ue000/g, (_, index) => kept[Number(index)] ?? '')
    .trim();
}
