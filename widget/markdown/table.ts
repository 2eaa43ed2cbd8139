import type { Alignment } from './blocks.js';
import { MAX_COLUMNS } from './limits.js';

const DELIMITERS = /^\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

/** Cuts a row into cells, at most `most` of them. A pipe behind a backslash is none. */
export function cellsOf(row: string, most: number): string[] {
  const text = row.trim();
  const cells: string[] = [];
  let cell = '';
  let index = text[0] === '|' ? 1 : 0;
  for (let from = index; cells.length < most;) {
    const next = text.indexOf('|', from);
    if (next < 0) {
      cell += text.slice(index);
      if (cell.trim() !== '' || text.at(-1) !== '|') cells.push(cell.trim());
      break;
    }
    from = next + 1;
    if (text[next - 1] === '\\') {
      cell += `${text.slice(index, next - 1)}|`;
    } else {
      cells.push((cell + text.slice(index, next)).trim());
      cell = '';
    }
    index = from;
  }
  return cells;
}

/**
 * Reads the line under a table's header.
 *
 * @returns the columns, if it has as many as the header; otherwise `undefined`.
 */
export function readDelimiters(line: string, header: string): readonly Alignment[] | undefined {
  if (!line.includes('-') || !(line.includes('|') || line.includes(':') || header.includes('|'))) return undefined;
  if (line.length > MAX_COLUMNS * 64 || !DELIMITERS.test(line.trim())) return undefined;
  const cells = cellsOf(line, MAX_COLUMNS + 1);
  const { length } = cellsOf(header, MAX_COLUMNS + 1);
  if (cells.length > MAX_COLUMNS || cells.length !== length) return undefined;
  return cells.map((cell) => {
    const isLeft = cell.startsWith(':');
    const isRight = cell.endsWith(':');
    return isLeft ? (isRight ? 'center' : 'left') : isRight ? 'right' : 'none';
  });
}
