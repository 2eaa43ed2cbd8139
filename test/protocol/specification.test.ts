import { readFileSync } from 'node:fs';
import {
  ANSWER_STATUSES,
  ClientFrameSchemas,
  CloseCode,
  decodeClientFrame,
  decodeServerFrame,
  DeltaSchema,
  ERROR_CODES,
  ServerFrameSchemas,
} from '@chat-stream/protocol';
import { describe, expect, it } from 'vitest';

/** The specification and the code say the same, or this fails. */

const specification = readFileSync(new URL('../../protocol/PROTOCOL.md', import.meta.url), 'utf8');

/** The text under a heading, up to the next one of its rank or above. */
function section(within: string, heading: string): string {
  const rank = heading.indexOf(' ');
  const lines = within.split('\n');
  const from = lines.indexOf(heading);
  expect(from, `there is no "${heading}"`).toBeGreaterThanOrEqual(0);
  const length = lines.slice(from + 1).findIndex((line) => /^#+ /.test(line) && line.indexOf(' ') <= rank);
  return lines.slice(from + 1, length < 0 ? undefined : from + 1 + length).join('\n');
}

/** Every ```json block. */
function examples(text: string): string[] {
  return [...text.matchAll(/^```json\n([\s\S]*?)\n```$/gm)].map((match) => match[1] ?? '');
}

/** The first cells of all table rows. */
function firstCells(text: string): string[] {
  return [...text.matchAll(/^\| ([^|]*?) +\|/gm)].map((match) => match[1] ?? '');
}

/** The fields that a schema knows, with or without a transformation behind it. */
function fieldsOf(schema: object): string[] {
  const { entries, pipe } = schema as { entries?: object; pipe?: readonly { entries?: object }[] };
  const known = entries ?? pipe?.[0]?.entries;
  if (known === undefined) throw new Error('a schema without entries');
  return Object.keys(known);
}

/** Fields that only servers of the original kind write: they have a section of their own. */
const ORIGINAL: Readonly<Record<string, readonly string[]>> = {
  connected: ['sessionId'],
  typing: ['typing'],
  message_stream: ['done'],
  error: ['error'],
};

const sides = [
  ['Client frames', ClientFrameSchemas, decodeClientFrame],
  ['Server frames', ServerFrameSchemas, decodeServerFrame],
] as const;

describe.each(sides)('%s', (title, schemas, decode) => {
  const part = section(specification, `## ${title}`);

  it('are all there, and no others', () => {
    const headings = [...part.matchAll(/^### `(\w+)`$/gm)].map((match) => match[1]);
    expect(headings).toEqual(Object.keys(schemas));
  });

  describe.each(Object.entries<object>(schemas))('%s', (type, schema) => {
    const own = section(part, `### \`${type}\``);

    it('has an example that is such a frame', () => {
      expect(examples(own)).not.toEqual([]);
      for (const example of examples(own)) {
        const frame = decode(example);
        expect(frame.type).toBe(type);
        // What the codec reads is what is written here: nothing is dropped, renamed or mended on the way.
        expect(frame).toMatchObject(JSON.parse(example) as object);
        expect(Object.keys(JSON.parse(example) as object).filter((field) => !fieldsOf(schema).includes(field))).toEqual(
          [],
        );
      }
    });

    it('names every field', () => {
      const rows = firstCells(own).join(' ');
      const hidden = new Set(['type', ...(ORIGINAL[type] ?? [])]);
      for (const field of fieldsOf(schema).filter((one) => !hidden.has(one))) expect(rows).toContain(`\`${field}\``);
    });

    it('says what it is for', () => {
      expect(own.trim().split('\n\n')[0]).toMatch(/^[A-Z].*[.:]$/s);
    });
  });
});

describe('the rest', () => {
  it('every error code has its row, with what to do about it', () => {
    const rows = firstCells(section(specification, '## Error codes')).filter((cell) => cell.startsWith('`'));
    expect(rows).toEqual(ERROR_CODES.map((code) => `\`${code}\``));
  });

  it('every close code has its row', () => {
    const rows = [...section(specification, '## Close codes').matchAll(/^\| (\d{4}) \| `(\w+)` +\|/gm)];
    expect(rows.map(([, code, name]) => [name, Number(code)])).toEqual(Object.entries(CloseCode));
  });

  it('every kind of delta has its row, with every field', () => {
    const part = section(specification, '## Deltas');
    for (const option of DeltaSchema.options) {
      const row = part.split('\n').find((line) => line.startsWith(`| \`${option.entries.type.literal}\``));
      for (const field of Object.keys(option.entries).filter((name) => name !== 'type')) {
        expect(row, option.entries.type.literal).toContain(`\`${field}\``);
      }
    }
  });

  it('every way for an answer to end has its row', () => {
    const rows = firstCells(section(specification, '## An answer')).filter((cell) => cell !== '`status`');
    expect(rows.filter((cell) => cell.startsWith('`'))).toEqual(ANSWER_STATUSES.map((status) => `\`${status}\``));
  });

  it('every link leads somewhere', () => {
    const seen = new Map<string, number>();
    const anchors = [...specification.matchAll(/^#+ (.+)$/gm)].map((match) => {
      const anchor = (match[1] ?? '')
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-');
      const count = seen.get(anchor) ?? 0;
      seen.set(anchor, count + 1);
      return count === 0 ? anchor : `${anchor}-${count}`;
    });
    for (const [, target] of specification.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(target);
  });

  it('the original spellings that are read are named', () => {
    const part = section(specification, '## Clients and servers of the original kind');
    for (const field of Object.values(ORIGINAL).flat()) expect(part).toContain(`\`${field}\``);
  });
});
