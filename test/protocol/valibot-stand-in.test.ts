import {
  ClientFrameSchemas,
  decodeClientFrame,
  decodeServerFrame,
  type ProtocolError,
  ServerFrameSchemas,
} from '@chat-stream/protocol';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin, type Rolldown } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fc } from '../support/properties.js';
import { clientFrame, serverFrame } from './arbitraries.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'chat-stream-stand-in-'));

interface Codec {
  readonly decodeClientFrame: (text: string) => unknown;
  readonly decodeServerFrame: (text: string) => unknown;
}

/** The codec as it is in `chat-stream.js`, with the stand-in. */
let codecOfScript: Codec;

beforeAll(async () => {
  const { standIns } = (await import(pathToFileURL(join(root, 'widget', 'vite.config.mjs')).href)) as {
    standIns: Plugin;
  };
  const entry = join(folder, 'entry.js');
  const codec = JSON.stringify(join(root, 'protocol', 'dist', 'codec.js'));
  writeFileSync(entry, `export { decodeClientFrame, decodeServerFrame } from ${codec};`);
  const output = (await build({
    root: folder,
    configFile: false,
    logLevel: 'error',
    plugins: [standIns],
    build: { write: false, minify: false, lib: { entry, formats: ['es'], fileName: () => 'codec.mjs' } },
  })) as Rolldown.RolldownOutput[];
  const { code } = output[0]?.output[0] ?? { code: '' };
  expect(code).not.toContain('standardSchema');
  writeFileSync(join(folder, 'codec.mjs'), code);
  codecOfScript = (await import(pathToFileURL(join(folder, 'codec.mjs')).href)) as Codec;
});

afterAll(() => rmSync(folder, { recursive: true }));

/** What becomes of a text: a frame, or all that the error says. */
function outcome(decode: (text: string) => unknown, json: string): unknown {
  try {
    return { frame: decode(json) };
  } catch (thrown) {
    const { name, message, code, ref, frameType } = thrown as ProtocolError;
    return { name, message, code, ref, frameType };
  }
}

function expectSame(json: string): void {
  expect(outcome(codecOfScript.decodeServerFrame, json)).toStrictEqual(outcome(decodeServerFrame, json));
  expect(outcome(codecOfScript.decodeClientFrame, json)).toStrictEqual(outcome(decodeClientFrame, json));
}

/** Where something is in a value of JSON. */
function placesIn(value: unknown, at: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, field]) => placesIn(field, [...at, key]))];
}

/** A copy with another value at a place; `undefined` takes out what is there. */
function withChange(value: unknown, [key, ...rest]: readonly string[], other: unknown): unknown {
  if (key === undefined) return other;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = withChange(copy[key], rest, other);
  return copy;
}

const anything = fc.oneof(
  { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(undefined, null, '', 'ai', 'complete', 'succeeded', 0, 1.5, -1, true, [], {}),
  },
);

const frame = fc.oneof(clientFrame, serverFrame);

/** A frame of which up to three places were changed. */
const damaged = fc
  .tuple(frame, fc.array(fc.tuple(fc.nat(), anything), { minLength: 1, maxLength: 3 }))
  .map(([whole, changes]) =>
    changes.reduce<unknown>((value, [index, other]) => {
      const places = placesIn(value);
      return withChange(value, places[index % places.length] ?? [], other);
    }, whole),
  );

const known = fc
  .tuple(
    fc.constantFrom(...Object.keys({ ...ClientFrameSchemas, ...ServerFrameSchemas })),
    fc.jsonValue({ maxDepth: 3 }),
  )
  .map(([type, fields]) => ({ ...(fields as object), type }));

describe('a script that pages load reads frames as every other client does', () => {
  it('that are as they should be', () => {
    fc.assert(fc.property(frame, (whole) => expectSame(JSON.stringify(whole))));
  });

  it('and those with any field wrong or missing: the same one is read, or refused in the same words', () => {
    fc.assert(
      fc.property(damaged, (value) => expectSame(JSON.stringify(value) ?? 'null')),
      { numRuns: 3_000 },
    );
  });

  it('and objects of any fields that name a type', () => {
    fc.assert(fc.property(known, (value) => expectSame(JSON.stringify(value))));
  });

  it.each([
    '{"type":"pong","__proto__":{"a":1},"constructor":2,"prototype":3,"toString":4}',
    '{"type":"message_stream","id":"1","delta":{"type":"data","name":"n","data":{"__proto__":1}}}',
    '{"type":"message_stream","id":"1","delta":{"type":"nobody knows it"}}',
    '{"type":"message","id":"1","content":"","sender":"nobody"}',
    '{"type":"session","session_id":"s","epoch":"","seq":0,"resumed":true}',
    `{"type":"session","session_id":"s","epoch":"${'e'.repeat(129)}","seq":0,"resumed":true}`,
    '{"type":"session","session_id":"s","epoch":"e","seq":1.5,"resumed":true}',
    '{"type":"session","session_id":"s","epoch":"e","seq":-1,"resumed":true,"agents":[{}]}',
    '{"type":"history","messages":{}}',
    '{"type":"history","messages":[{"id":"1","content":"","sender":"ai","timestamp":[]}]}',
    '{"type":"history","messages":[{"id":"1","content":"","sender":"ai","metadata":5,"attachments":{},"deltas":[5]}]}',
    '{"type":"stop","session_id":null,"id":5,"more":1}',
    '{"type":"history","limit":0}',
    '{"type":"history","limit":201}',
    '{"type":"history","limit":1.5}',
    '{"type":"feedback","id":"1","value":2}',
    '{"type":"hello","protocol":2,"client_id":"c"}',
    '{"type":"error","code":"of a newer server"}',
    '[]',
  ])('%s', expectSame);
});
