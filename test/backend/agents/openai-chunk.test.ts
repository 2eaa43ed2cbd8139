import { expect, it } from 'vitest';
import * as v from 'valibot';
import { ChunkSchema, parseChunk } from '../../../backend/agent/openai-chunk.js';
import { fc } from '../../support/properties.js';

const absent = fc.constantFrom(undefined, null);
/** What a field may hold: mostly what it should, sometimes nothing, now and then what it should not. */
const field = <T>(good: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 5, arbitrary: good }, { weight: 5, arbitrary: absent }, { weight: 1, arbitrary: fc.jsonValue() });
const rare = <T>(good: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 1, arbitrary: field(good) }, { weight: 12, arbitrary: absent });

const written = fc.record({
  content: field(fc.string()),
  refusal: rare(fc.string()),
  reasoning_content: rare(fc.string()),
  reasoning: rare(fc.string()),
  tool_calls: rare(fc.array(fc.record({ index: fc.nat(3), id: fc.string() }), { maxLength: 2 })),
});
const choice = fc.record({
  index: field(fc.constantFrom(0, 0, 0, 1)),
  delta: field(written),
  message: rare(written),
  finish_reason: rare(fc.constantFrom('stop', 'length', '')),
  logprobs: absent,
});
const chunk = fc.record({
  id: fc.string(),
  choices: field(fc.oneof({ weight: 4, arbitrary: fc.tuple(choice) }, fc.array(choice, { maxLength: 3 }))),
  usage: rare(fc.record({ prompt_tokens: fc.nat(), completion_tokens: fc.nat() })),
  error: rare(fc.string()),
});

it('reads a chunk as the schema does, whatever is in it', () => {
  let plain = 0;
  fc.assert(
    fc.property(fc.oneof({ weight: 9, arbitrary: chunk }, { weight: 1, arbitrary: fc.jsonValue() }), (value) => {
      const json = JSON.stringify(value);
      const { success, output } = v.safeParse(ChunkSchema, JSON.parse(json));
      const parsed = parseChunk(json);
      if (parsed?.choices?.length === 1) plain++;
      expect(said(parsed)).toEqual(said(success ? output : undefined));
    }),
    { numRuns: 3_000 },
  );
  expect(plain).toBeGreaterThan(100);
});

/** Nothing and `null` mean the same here. */
function said(value: unknown): unknown {
  if (value === undefined) return undefined;
  return JSON.parse(JSON.stringify(value, (_key, inner: unknown) => (inner === null ? undefined : inner)));
}
