import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Block } from '../../widget/dist/markdown/blocks.js';

type Blocks = typeof import('../../widget/dist/markdown/block-parser.js');
type Inlines = typeof import('../../widget/dist/markdown/inline.js');

/** Texts that parsers of Markdown are known to choke on, about so many UTF-16 units long. */
const TEXTS: Readonly<Record<string, (length: number) => string>> = {
  'quotes in quotes': (length) => '>'.repeat(length),
  'brackets that open': (length) => '['.repeat(length),
  'brackets that close': (length) => ']'.repeat(length),
  'brackets in brackets': (length) => '['.repeat(length / 2) + ']'.repeat(length / 2),
  'links in links': (length) => '['.repeat(length / 5) + '](a)'.repeat(length / 5),
  'images in images': (length) => '!['.repeat(length / 2),
  'emphasis in strong emphasis': (length) => '*a **a'.repeat(length / 6),
  'emphasis with underscores': (length) => 'a_b_ _c'.repeat(length / 7),
  'deletions in deletions': (length) => '~~a ~b'.repeat(length / 6),
  'only stars': (length) => '*'.repeat(length),
  'only backticks': (length) => '`'.repeat(length),
  'runs of backticks': (length) => 'a `b ``c ```d '.repeat(length / 14),
  'comments that never end': (length) => '<!--'.repeat(length / 4),
  'comments in a paragraph': (length) => 'a <!--'.repeat(length / 6),
  'tags that never end': (length) => 'a <b c="'.repeat(length / 8),
  'targets that never end': (length) => '[a]('.repeat(length / 4),
  'brackets in a target': (length) => `[a](${'('.repeat(length)}`,
  'halves of mail addresses': (length) => 'a@'.repeat(length / 2),
  'mail addresses': (length) => 'a@a.a '.repeat(length / 6),
  'bare addresses': (length) => 'http://a.b/(c) '.repeat(length / 15),
  'one bare address': (length) => `http://a.b/${'(a)'.repeat(length / 3)}`,
  references: (length) => '[a][b] '.repeat(length / 7),
  definitions: (length) => '[a]: b\n'.repeat(length / 7),
  entities: (length) => '&amp;&x'.repeat(length / 7),
  'lists in lists': (length) => '- '.repeat(length / 2),
  'lists that go deeper': (length) => {
    let text = '';
    for (let depth = 0; text.length < length; depth = (depth + 1) % 100) text += `${'  '.repeat(depth)}- a\n`;
    return text;
  },
  'a table of 2,000 columns': (length) => {
    const row = `${'|a'.repeat(2_000)}|\n`;
    return row + `${'|-'.repeat(2_000)}|\n` + row.repeat(length / row.length);
  },
  'a table of many rows': (length) => `|a|b|c|\n|-|-|-|\n${'|a|b|c|\n'.repeat(length / 8)}`,
  'lines of one paragraph': (length) => 'some words *and* more\n'.repeat(length / 22),
  'one line': (length) => 'some words *and* more '.repeat(length / 22),
  'blank lines in code': (length) => `    a\n${'     \n'.repeat(length / 6)}    b`,
};

const STEPS = '__markdownSteps';
const counter = globalThis as unknown as Record<typeof STEPS, number>;
const COUNT = `globalThis.${STEPS}++;`;

/** The parser with a counter in every block and every turn of a loop. What is inside a regular expression is not counted. */
function counted(code: string): string {
  return code
    .replace(/^( *(?:\} )?(?:for|while|if|else|static|get|#?\w+ ?\().*\{)$/gm, (line) =>
      /^ *(?:switch|return|super|constructor)\b/.test(line) ? line : `${line} ${COUNT}`,
    )
    .replace(/^( *(?:for|while) \(.*\))\n +(.*;)$/gm, `$1 { ${COUNT} $2 }`);
}

describe('A text that is made to be expensive', () => {
  const folder = mkdtempSync(join(tmpdir(), 'chat-stream-caps-'));
  let BlockParser: Blocks['BlockParser'];
  let parseInline: Inlines['parseInline'];

  beforeAll(async () => {
    const dist = fileURLToPath(new URL('../../widget/dist/markdown', import.meta.url));
    cpSync(dist, folder, { recursive: true });
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.js')))
      writeFileSync(join(folder, file), counted(readFileSync(join(folder, file), 'utf8')));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    const load = (name: string): Promise<unknown> => import(/* @vite-ignore */ pathToFileURL(join(folder, name)).href);
    ({ BlockParser } = (await load('block-parser.js')) as Blocks);
    ({ parseInline } = (await load('inline.js')) as Inlines);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function stepsOf(text: string): number {
    counter[STEPS] = 0;
    const parser = new BlockParser(
      () => undefined,
      () => false,
    );
    for (const line of text.split('\n')) parser.feed(line);
    parser.end();
    const visit = ({ kind, text: own, kids }: Block): void => {
      if (kind === 'p' || kind === 'h') parseInline(own, 0, { find: () => undefined, math: false, isOpen: false });
      kids.forEach(visit);
    };
    visit(parser.root);
    return counter[STEPS];
  }

  it.each(Object.keys(TEXTS))('costs twice as much when it is twice as long: %s', (name) => {
    const make = TEXTS[name] ?? String;
    const [once, twice] = [stepsOf(make(9_000)), stepsOf(make(18_000))];
    console.info(`${name}: ${once} and ${twice} steps, ${(twice / once).toFixed(2)} times`);
    expect(once).toBeGreaterThan(0);
    expect(twice / once).toBeLessThanOrEqual(2.3);
    // All of this is one flush: up to 32 open brackets of a target are tried for a character, else some ten steps.
    expect(twice).toBeLessThan(18_000 * 60);
  });

  it('costs no more than its length beyond the limit of a paragraph', () => {
    for (const piece of ['a *b ', '[a](b) ', '`a ``b '])
      expect(stepsOf(piece.repeat(400_000 / piece.length)), piece).toBeLessThanOrEqual(
        stepsOf(piece.repeat(200_000 / piece.length)) * 2.3,
      );
  });
});
