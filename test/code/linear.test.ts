import { describe, expect, it } from 'vitest';
import { scannerOf } from '../../widget/dist/code/languages.js';
import { SAMPLES } from './samples.js';

/**
 * Counts what a scanner does: it sees text only through these methods, and each of them takes as many steps as units it
 * looks at. A clock would say something else on every machine.
 */
function steps(work: () => void): number {
  let count = 0;
  const { prototype } = String;
  const original = Object.getOwnPropertyDescriptors(prototype);
  prototype.charCodeAt = function (at) {
    count++;
    return original.charCodeAt.value!.call(this, at);
  };
  prototype.charAt = function (at) {
    count++;
    return original.charAt.value!.call(this, at);
  };
  prototype.startsWith = function (search, at) {
    count += search.length;
    return original.startsWith.value!.call(this, search, at);
  };
  prototype.indexOf = function (search, at = 0) {
    const found = original.indexOf.value!.call(this, search, at);
    count += (found < 0 ? this.length : found) - at + search.length;
    return found;
  };
  prototype.slice = function (this: string, from = 0, to = this.length) {
    count += Math.max(0, Math.min(to, this.length) - from);
    return original.slice.value!.call(this, from, to);
  };
  try {
    work();
  } finally {
    Object.defineProperties(prototype, original);
  }
  return count;
}

const HOSTILE: readonly (readonly [name: string, unit: string])[] = [
  ['quotes', '"'],
  ['single quotes', "'"],
  ['openings of comments', '/*'],
  ['backslashes', '\\'],
  ['slashes in classes', '/['],
  ['slashes', ' /'],
  ['nested templates', '`${'],
  ['nested calls in strings', '"\\('],
  ['nested commands', '"$('],
  ['openings of tags', '<'],
  ['scripts', '<script>'],
  ['comments of HTML', '<!--'],
  ['entities', '&a'],
  ['attributes', '<a b="'],
  ['heredocs', '<<EOF '],
  ['blanks', ' '],
  ['words', 'a '],
  ['letters', 'a'],
  ['characters', "'\\u"],
  ['colons', 'a:'],
  ['brackets', '({['],
  ['raw strings', 'r#"'],
  ['marks of Markdown', '**`]('],
  ['digits', '1.e+'],
  ['hashes', '#{'],
];

describe('hostile code', () => {
  it.each(SAMPLES.map(({ language }) => language))(
    '%s: twice the text takes twice the steps, on one line and on many',
    (language) => {
      const scanner = scannerOf(language)!;
      const run = (text: string) =>
        steps(() => {
          let state = scanner.start;
          for (const line of text.split('\n')) state = scanner.line(line, state, []);
        });
      for (const [name, unit] of HOSTILE) {
        for (const end of ['', '\n']) {
          const text = (length: number) =>
            (unit.repeat(end === '' ? 1 : 20) + end).repeat(length / (end === '' ? 1 : 20));
          const [small, large] = [run(text(400)), run(text(800))];
          expect(large / small, `${name}${end === '' ? ' on one line' : ''}`).toBeLessThan(2.1);
          expect(large / text(800).length, name).toBeLessThan(60);
        }
      }
    },
  );

  it('100 KB of quotes is read in a few steps each', () => {
    const scanner = scannerOf('js')!;
    expect(steps(() => scanner.line('"'.repeat(100_000), scanner.start, []))).toBeLessThan(3_000_000);
  });
});
