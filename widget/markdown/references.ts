import { ENTITY, entity } from './entities.js';

/** Where a link leads, as it was written, and what it says on hovering. */
export interface Target {
  readonly href: string;
  readonly title: string;
}

/** A link's target, and where the text goes on behind it. */
export interface Found extends Target {
  readonly end: number;
}

const POINTY = /<((?:[^<>\n\\]|\\.)*)>/y;
const TITLE = /"((?:[^"\\]|\\[^]){0,2000})"|'((?:[^'\\]|\\[^]){0,2000})'|\(((?:[^()\\]|\\[^]){0,2000})\)/y;
const LABEL = /\[((?:[^[\]\\]|\\[^]){1,999})\]:/y;
const SPACE = /[ \t]*\n?[ \t]*/y;
const ESCAPES = /\\([!-/:-@[-`{-~])|&[^&;\s]{1,32};/g;

/** Runs a sticky expression at a place. */
export function at(expression: RegExp, text: string, index: number): RegExpExecArray | null {
  expression.lastIndex = index;
  return expression.exec(text);
}

/** Takes the escapes and entities out of a target, a title or the words behind a fence. */
export function unescaped(text: string): string {
  return text.replace(ESCAPES, (all, escaped: string | undefined) => {
    if (escaped !== undefined) return escaped;
    const match = at(ENTITY, all, 0);
    return (match && entity(match)) ?? all;
  });
}

/** Labels are compared without regard to case and spaces. */
export function labelOf(text: string): string {
  return text.trim().replace(/\s+/g, ' ').toLowerCase().toUpperCase();
}

/** Reads where a link leads. @returns `undefined` when nothing there can be that. */
export function readDestination(text: string, start: number): Omit<Found, 'title'> | undefined {
  const pointy = at(POINTY, text, start);
  if (pointy !== null) return { href: unescaped(pointy[1] ?? ''), end: start + pointy[0].length };
  if (text[start] === '<') return undefined;
  let depth = 0;
  let end = start;
  for (; end < text.length; end++) {
    const char = text[end] ?? '';
    if (char === '\\' && /[!-/:-@[-`{-~]/.test(text[end + 1] ?? '')) end++;
    else if (char === '(') {
      if (++depth > 32) return undefined;
    } else if (char === ')' && --depth < 0) break;
    else if (char <= ' ') break;
  }
  return depth > 0 ? undefined : { href: unescaped(text.slice(start, end)), end };
}

/** Reads what follows the `]` of a link in place: `(target "title")`. */
export function readInlineTarget(text: string, start: number): Found | undefined {
  if (text[start] !== '(') return undefined;
  const from = skip(text, start + 1);
  const found = readDestination(text, from);
  if (found === undefined) return undefined;
  let end = skip(text, found.end);
  const title = end > found.end ? at(TITLE, text, end) : null;
  if (title !== null) end = skip(text, end + title[0].length);
  return text[end] === ')' ? { href: found.href, title: titleOf(title), end: end + 1 } : undefined;
}

/**
 * Takes the reference definitions from the beginning of a paragraph.
 *
 * @param define Called for each of them.
 * @returns what is left.
 */
export function takeDefinitions(paragraph: string, define: (label: string, target: Target) => void): string {
  let start = 0;
  for (;;) {
    const label = at(LABEL, paragraph, start);
    if (label === null || (label[1] ?? '').trim() === '') break;
    const from = skip(paragraph, start + label[0].length);
    const found = readDestination(paragraph, from);
    if (found === undefined || found.end === from) break;
    let end = lineEnd(paragraph, found.end);
    let title: RegExpExecArray | null = null;
    const titleAt = skip(paragraph, found.end);
    if (titleAt > found.end) {
      const candidate = at(TITLE, paragraph, titleAt);
      const after = candidate === null ? -1 : lineEnd(paragraph, titleAt + candidate[0].length);
      if (after >= 0) {
        title = candidate;
        end = after;
      }
    }
    if (end < 0) break;
    define(labelOf(label[1] ?? ''), { href: found.href, title: titleOf(title) });
    start = end;
  }
  return paragraph.slice(start);
}

/** The beginning of the next line, when only spaces are left of this one; otherwise -1. */
function lineEnd(text: string, index: number): number {
  const match = at(/[ \t]*(?:\n|$)/y, text, index);
  return match === null ? -1 : index + match[0].length;
}

function titleOf(match: RegExpExecArray | null): string {
  return unescaped(match?.[1] ?? match?.[2] ?? match?.[3] ?? '');
}

function skip(text: string, index: number): number {
  return index + (at(SPACE, text, index)?.[0].length ?? 0);
}
