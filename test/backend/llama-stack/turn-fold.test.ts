import { appendDelta, type Delta, type llamaStack, type Message } from '@chat-stream/protocol';
import { describe, expect, it } from 'vitest';
import { TurnFold } from '../../../backend/llama-stack/turn-fold.js';
import { fc } from '../../support/properties.js';

/** What an agent may do, in any order and however little sense it makes. */
type Act = { readonly text: string } | { readonly delta: Delta };

const callId = fc.constantFrom('a', 'b', 'c');
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ text: fc.constantFrom('word ', '', '\n\n', '\n\nnext', '🔧') }) },
  fc.record({
    delta: fc.record({
      type: fc.constant('tool_call' as const),
      call_id: callId,
      tool_name: fc.constant('t'),
      arguments: fc.oneof(fc.constant('{"x":1}'), fc.constant({ x: 1 })),
      parse_status: fc.constantFrom('started', 'in_progress', 'succeeded', 'failed'),
      target: fc.constantFrom('server', 'client'),
    }),
  }),
  fc.record({
    delta: fc.record({
      type: fc.constant('tool_result' as const),
      call_id: callId,
      tool_name: fc.constant('t'),
      content: fc.constantFrom('ok', 5),
    }),
  }),
  fc.record({
    delta: fc.record({
      type: fc.constant('step' as const),
      step_id: fc.constantFrom('s1', 's2', 's3', ''),
      step_type: fc.constantFrom('inference', 'tool_execution', 'shield_call', 'memory_retrieval', 'other'),
      phase: fc.constantFrom('start', 'complete'),
    }),
  }),
);

const HEAD = {
  turnId: 'turn',
  sessionId: 'session',
  inputMessages: [{ role: 'user' as const, content: 'hi' }],
  startedAt: '2026-01-01T00:00:00.000Z',
};

/** The n-th moment. */
const at = (n: number) => new Date(Date.parse(HEAD.startedAt) + n * 1000).toISOString();

/** What a session makes of it: frames for live readers, and one message in the end. */
function play(acts: readonly Act[]) {
  const payloads: llamaStack.Payload[] = [];
  const live = new TurnFold(HEAD, 'answer', (payload) => payloads.push(payload));
  let content = '';
  let deltas: readonly Delta[] = [];
  live.begin(at(0));
  for (const [index, one] of acts.entries()) {
    if ('text' in one) {
      content += one.text;
      live.text(one.text);
      continue;
    }
    const isPlaced = one.delta.type === 'step' || one.delta.type === 'tool_result';
    const delta = isPlaced ? { ...one.delta, at: content.length, timestamp: at(index + 1) } : one.delta;
    deltas = appendDelta(deltas, delta);
    live.delta(delta, at(index + 1));
  }
  const message: Message = {
    id: 'answer',
    content,
    sender: 'ai',
    timestamp: at(0),
    metadata: { streaming: true, reply_to: 'turn' },
    attachments: [],
    deltas: [...deltas],
  };
  return { live, payloads, message };
}

describe('a turn that is read from an answer', () => {
  it('has whole steps: each begins once, is complete once, and what was streamed is in it', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 25 }), (acts) => {
        const { live, payloads } = play(acts);
        live.end({ status: 'complete' }, at(99));
        const open = new Map<string, string>();
        const complete: string[] = [];
        for (const payload of payloads) {
          if (payload.event_type === 'step_start') {
            expect(open.size).toBe(0);
            open.set(payload.step_id, '');
          } else if (payload.event_type === 'step_progress') {
            expect(open.has(payload.step_id)).toBe(true);
            if (payload.delta.type === 'text') {
              open.set(payload.step_id, (open.get(payload.step_id) ?? '') + payload.delta.text);
            }
          } else if (payload.event_type === 'step_complete') {
            const { step_details: details } = payload;
            if (details.step_type === 'inference') {
              expect(details.model_response.content).toBe(open.get(payload.step_id));
            }
            open.delete(payload.step_id);
            complete.push(payload.step_id);
          }
        }
        expect(open.size).toBe(0);
        expect(new Set(complete).size).toBe(complete.length);
        const last = payloads.at(-1);
        if (last?.event_type !== 'turn_complete') throw new Error('no end');
        expect(last.turn.steps.map(({ step_id }) => step_id)).toEqual(complete);
        expect(last.turn.steps.at(-1)?.step_type).toBe('inference');
      }),
    );
  });

  it('is the same live, when it is read later, and when it is read on the way', () => {
    // A call keeps its first place and its last state, so only a call that is told once is read as it was told.
    const once = fc.array(act, { maxLength: 25 }).map((acts) => {
      const told = new Set<string>();
      return acts.filter((one) => {
        if (!('delta' in one) || one.delta.type !== 'tool_call') return true;
        const isNew = !told.has(one.delta.call_id);
        told.add(one.delta.call_id);
        return isNew;
      });
    });
    fc.assert(
      fc.property(once, fc.boolean(), (acts, ends) => {
        const { live, message } = play(acts);
        let read = message;
        if (ends) {
          live.end({ status: 'complete' }, at(99));
          read = { ...message, metadata: { reply_to: 'turn', streaming: false, status: 'complete', ended_at: at(99) } };
        }
        const later = new TurnFold(HEAD, 'answer', () => undefined);
        later.replay(read);
        expect(later.turn()).toEqual(live.turn());
        expect(later.state).toEqual(live.state);
      }),
    );
  });

  it('tells a call once that is told again with what was decided about it', () => {
    const wanted = {
      type: 'tool_call',
      call_id: 'a',
      tool_name: 't',
      arguments: {},
      parse_status: 'succeeded',
    } as const;
    const search = { type: 'step', step_id: 's', step_type: 'memory_retrieval' } as const;
    const { live, payloads, message } = play([
      { delta: { ...wanted, needs_approval: true } },
      { delta: { ...search, phase: 'start' } },
      { delta: { ...search, phase: 'complete' } },
      { delta: { ...wanted, needs_approval: true, approved: true } },
      { text: 'Done.' },
    ]);
    const isCall = (payload: llamaStack.Payload) =>
      payload.event_type === 'step_progress' && payload.delta.type === 'tool_call';
    expect(payloads.filter(isCall)).toHaveLength(1);
    const later = new TurnFold(HEAD, 'answer', () => undefined);
    later.replay(message);
    expect(later.turn()).toEqual(live.turn());
  });

  it('takes the text that its source corrected', () => {
    const { live, payloads } = play([{ text: 'Helo' }]);
    live.end({ status: 'complete' }, at(9), 'Hello');
    expect(payloads.at(-1)).toMatchObject({ turn: { output_message: { content: 'Hello' } } });
  });

  it('says why a model stopped, and what a shield saw', () => {
    const shield = { type: 'step', step_id: 's', step_type: 'shield_call' } as const;
    const violation = { violation_level: 'error', user_message: 'No.', metadata: {} };
    const { live, payloads } = play([
      { delta: { ...shield, phase: 'start' } },
      { delta: { ...shield, phase: 'complete', violation } },
      { text: 'cut' },
    ]);
    live.end({ status: 'complete', finish_reason: 'length' }, at(9));
    expect(payloads.at(-1)).toMatchObject({
      turn: { output_message: { stop_reason: 'out_of_tokens' }, steps: [{ step_type: 'shield_call', violation }, {}] },
    });
  });
});
