import { describe, expect, it } from 'vitest';
import { scannerOf } from '../../widget/dist/code/languages.js';
import type { Token } from '../../widget/dist/code/token.js';
import { fc } from '../support/properties.js';
import { SAMPLES } from './samples.js';

/** All coloured pieces of a source, line by line. */
function scan(language: string, source: string): { line: string; tokens: Token[] }[] {
  const scanner = scannerOf(language);
  if (scanner === undefined) throw new Error(`No scanner for ${language}.`);
  let state = scanner.start;
  return source.split('\n').map((line) => {
    const tokens: Token[] = [];
    state = scanner.line(line, state, tokens);
    return { line, tokens };
  });
}

describe('the colours of code', () => {
  it.each(SAMPLES.map((sample) => [sample.language, sample] as const))('%s is read right', (_, sample) => {
    const found = scan(sample.language, sample.source).flatMap(({ line, tokens }) =>
      tokens.map(({ kind, start, end }) => `${kind} ${line.slice(start, end)}`),
    );
    expect(found).toEqual(sample.tokens);
  });

  it('all common names of a language are known, in any case', () => {
    const names =
      'js JavaScript jsx ts typescript tsx json py Python java c cpp c++ cs c# csharp go golang rs rust php rb ruby swift kt kotlin sql sh bash shell zsh html xml css scss yaml yml toml ini md markdown diff dockerfile';
    expect(names.split(' ').filter((name) => scannerOf(name) === undefined)).toEqual([]);
  });

  it.each(['', 'text', 'plaintext', 'constructor', '__proto__', 'nonsense', ' '])('"%s" stays plain', (name) => {
    expect(scannerOf(name)).toBeUndefined();
  });

  const pieces = fc.constantFrom(
    ...'` " \' \\ / * # $ { } ( ) [ ] < > - = : | & ; . , ! @ % ~ + ? \n \t a Z 9 _ é'.split(' '),
    ' ',
    '\n',
    '//',
    '/*',
    '*/',
    '"""',
    "'''",
    '${',
    '\\(',
    '#{',
    '<!--',
    '-->',
    '<script>',
    '</script>',
    '```',
    '**',
    '](',
    '<<EOF',
    'EOF',
    'let ',
    'key: |',
    '1e+5',
    '\u{1f600}',
    '\ud800',
  );
  const source = fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join(''));

  it.each(SAMPLES.map(({ language }) => language))(
    '%s: pieces lie in order inside of their line, whatever it is',
    (language) => {
      fc.assert(
        fc.property(source, (text) => {
          for (const { line, tokens } of scan(language, text)) {
            let at = 0;
            for (const { start, end } of tokens) {
              expect(start).toBeGreaterThanOrEqual(at);
              expect(end).toBeGreaterThan(start);
              at = end;
            }
            expect(at).toBeLessThanOrEqual(line.length);
          }
        }),
        { numRuns: 150 },
      );
    },
  );

  it.each(SAMPLES.map(({ language }) => language))('%s: a line can be read again with the same result', (language) => {
    fc.assert(
      fc.property(source, (text) => {
        const scanner = scannerOf(language)!;
        let state = scanner.start;
        for (const line of text.split('\n')) {
          const [first, second]: Token[][] = [[], []];
          const half = line.slice(0, line.length / 2);
          scanner.line(half, state, []);
          const next = scanner.line(line, state, first!);
          expect(scanner.line(line, state, second!)).toEqual(next);
          expect(second).toEqual(first);
          state = next;
        }
      }),
      { numRuns: 60 },
    );
  });
});
