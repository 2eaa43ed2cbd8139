import { llamaStack } from '@chat-stream/protocol';
import { describe, expect, it } from 'vitest';
import { fc } from '../support/properties.js';

const { TurnReader } = llamaStack;

const payload = (fields: object) => ({ event: { payload: fields } });
const text = (step_id: string, written: string) =>
  payload({ event_type: 'step_progress', step_type: 'inference', step_id, delta: { type: 'text', text: written } });
const stepOf = (step_id: string, content: unknown, tool_calls: unknown[] = []) => ({
  step_type: 'inference',
  step_id,
  model_response: { content, tool_calls },
});
const complete = (step_id: string, content: unknown) =>
  payload({ event_type: 'step_complete', step_type: 'inference', step_id, step_details: stepOf(step_id, content) });
const end = (content: unknown, steps: unknown[] = []) =>
  payload({ event_type: 'turn_complete', turn: { turn_id: 't', steps, output_message: { content } } });

/** What somebody sees who appends texts, and takes a correction for the whole. */
function read(events: readonly unknown[]) {
  const reader = new TurnReader();
  let shown = '';
  const outputs = events.flatMap((event) => reader.take(event));
  for (const output of outputs) {
    if (output.type === 'text') shown += output.text;
    if (output.type === 'correction') shown = output.text;
  }
  return { shown, outputs, reader, kinds: outputs.map(({ type }) => type) };
}

/** A text cut into pieces, anywhere. */
const pieces = fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }), { maxLength: 6 });

describe('a turn of a Llama Stack agent', () => {
  it('what is shown at the end is what the server says at the end, whatever was lost on the way', () => {
    const step = fc.record({ pieces, lost: fc.array(fc.nat(6)), completeIsLost: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 4 }), (steps) => {
        const events = steps.flatMap((one, index) => {
          const id = `s${index}`;
          const kept = one.pieces.filter((_, at) => !one.lost.includes(at));
          const progress = kept.map((piece) => text(id, piece));
          return one.completeIsLost ? progress : [...progress, complete(id, one.pieces.join(''))];
        });
        const texts = steps.map((one) => one.pieces.join(''));
        const turn = texts.map((whole, index) => stepOf(`s${index}`, whole));
        const { shown, reader } = read([...events, end(texts.at(-1), turn)]);
        // A step that ends without a text takes nothing back, and nothing was written in one: they agree.
        const expected = texts.filter((whole) => whole !== '').join('\n\n');
        expect(shown).toBe(expected);
        expect(reader.text).toBe(expected);
        expect(reader.isOver).toBe(true);
      }),
    );
  });

  it('nothing that a server can write makes it throw, and after its end it says nothing', () => {
    const types = ['step_start', 'step_progress', 'step_complete', 'turn_complete', 'turn_awaiting_input', 'new'];
    const names = [
      'event_type',
      'step_id',
      'step_type',
      'delta',
      'type',
      'text',
      'tool_call',
      'step_details',
      'turn',
      'steps',
      'output_message',
      'content',
      'tool_calls',
      'tool_responses',
      'violation',
    ];
    const words = fc.constantFrom(...types, 'inference', 'tool_execution', 'shield_call', '', null, 7);
    const tree = fc.object({ key: fc.constantFrom(...names), values: [words], maxDepth: 4, maxKeys: 5 });
    const event = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.tuple(fc.constantFrom(...types), tree).map(([event_type, rest]) => payload({ ...rest, event_type })),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        const { reader } = read(events);
        if (reader.isOver) expect(reader.take(text('s', 'more'))).toEqual([]);
      }),
    );
  });

  it('texts of several steps stand apart by a blank line', () => {
    expect(read([text('a', 'One.'), text('b', 'Two'), text('b', '.'), end('Two.')]).shown).toBe('One.\n\nTwo.');
  });

  it('a tail that is missing is added, and no correction is needed', () => {
    expect(read([text('a', 'Hel'), complete('a', 'Hello'), end('Hello!')]).outputs).toMatchObject([
      { type: 'text', text: 'Hel' },
      { type: 'text', text: 'lo' },
      { type: 'step' },
      { type: 'text', text: '!' },
      { type: 'end', reason: 'stop' },
    ]);
  });

  it('an empty text at the end takes nothing back, unless a call or a shield explains it', () => {
    expect(read([text('a', 'Hi'), complete('a', ''), end('')]).shown).toBe('Hi');
    const call = { call_id: 'c', tool_name: 'search', arguments: {} };
    const called = { event_type: 'step_complete', step_details: stepOf('a', '', [call]) };
    expect(read([text('a', '<call>'), payload(called), end('')]).shown).toBe('');
    const shield = { step_type: 'shield_call', step_id: 'b', violation: { violation_level: 'error' } };
    const blocked = payload({ event_type: 'step_complete', step_details: shield });
    expect(read([text('a', 'Bad'), complete('a', 'Bad'), blocked, end('')]).shown).toBe('');
  });

  it('a turn that waits for tools goes on in the same reader', () => {
    const call = { call_id: 'c', tool_name: 'locate', arguments: '{}' };
    const turn = {
      turn_id: 't',
      steps: [stepOf('a', 'Wait.', [call])],
      output_message: { content: '', tool_calls: [call] },
    };
    const reader = new TurnReader();
    const first = reader.take(payload({ event_type: 'turn_awaiting_input', turn }));
    expect(first.at(-1)).toEqual({ type: 'awaiting', turnId: 't', calls: [call] });
    expect(reader.isOver).toBe(false);
    const tool = {
      step_type: 'tool_execution',
      step_id: 'b',
      tool_calls: [call],
      tool_responses: [{ ...call, content: 'Wien' }],
    };
    // What the client itself has said.
    expect(reader.take(payload({ event_type: 'step_complete', step_details: tool }))).toEqual([]);
    expect(reader.take(end('Wien.'))[0]).toEqual({ type: 'text', text: '\n\nWien.' });
    expect(reader.text).toBe('Wait.\n\nWien.');
  });

  it.each([
    [{ error: { message: '500: no' } }, '500: no'],
    [{ error: 'no' }, 'no'],
    [{ detail: 'no' }, 'no'],
    [{ error: { detail: { errors: [] } } }, '{"detail":{"errors":[]}}'],
  ])('%j is the failure of the turn', (event, message) => {
    expect(read([event, text('a', 'more')]).outputs).toEqual([{ type: 'failed', message }]);
  });
});
