import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AgentError, AgentEvent } from '../../../backend/agent/agent.js';
import { OpenAiAnswer } from '../../../backend/agent/openai-answer.js';
import { expectFailure, type Outcome, RAW, textOf } from './running.js';

/** One chunk as a server writes it. */
const chunk = (delta: object, more: object = {}) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1_760_000_000,
  model: 'm',
  choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...more }],
});
const says = (content: string) => chunk({ content });
const stop = (reason = 'stop') => chunk({}, { finish_reason: reason });
const usage = { choices: [], usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 } };
const data = (...values: (object | string)[]) =>
  values.map((value) => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`).join('');

const COMPLETE: readonly AgentEvent[] = [
  { type: 'text', text: 'Hel' },
  { type: 'text', text: 'lo' },
  { type: 'finish', reason: 'stop' },
];

/** Reads a body that ends properly, given in pieces. */
function read(...pieces: readonly string[]): Outcome {
  const events: AgentEvent[] = [];
  let error: AgentError | undefined;
  let ends = 0;
  let late = 0;
  const answer = new OpenAiAnswer({
    next: (event) => {
      if (ends > 0) late += 1;
      events.push(event);
    },
    error: (failure: AgentError) => {
      error = failure;
      ends += 1;
    },
    complete: () => (ends += 1),
  });
  for (const piece of pieces) answer.write(piece);
  answer.end();
  expect([ends, late]).toEqual([1, 0]);
  return { events, text: textOf(events), signs: 0, error };
}

function expectComplete(outcome: Outcome, events: readonly AgentEvent[] = COMPLETE): void {
  expect(outcome.error).toBeUndefined();
  expect(outcome.events).toEqual(events);
}

describe('what servers write', () => {
  it('is text and the reason of the end', () => {
    expectComplete(read(data(chunk({ role: 'assistant', content: '' }), says('Hel'), says('lo'), stop(), '[DONE]')));
  });

  it.each([
    ['CRLF', (body: string) => body.replaceAll('\n', '\r\n')],
    ['CR alone', (body: string) => body.replaceAll('\n', '\r')],
    ['data: without a space', (body: string) => body.replaceAll('data: ', 'data:')],
    ['comments', (body: string) => `: OPENROUTER PROCESSING\n\n${body.replaceAll('\n\n', '\n\n:\n\n')}`],
    ['a byte order mark', (body: string) => `\uFEFF${body}`],
    ['blank lines first', (body: string) => `\n\n${body}`],
    [
      'ids, retry and event names',
      (body: string) => `retry: 100\n\n${body.replaceAll('data:', 'id: 1\nevent: chunk\ndata:')}`,
    ],
    [
      'pretty-printed JSON over several data lines',
      () =>
        [says('Hel'), says('lo'), stop()]
          .map((value) => `data: ${JSON.stringify(value, null, 1).replaceAll('\n', '\ndata: ')}\n\n`)
          .join(''),
    ],
    ['empty data', (body: string) => `data:\n\n${body}`],
    ['no [DONE]', (body: string) => body.replace('data: [DONE]\n\n', '')],
    ['no blank line at the end', (body: string) => body.trimEnd()],
    ['no line end after its last word', (body: string) => body.replace('data: [DONE]', '').trimEnd()],
    ['garbage after [DONE]', (body: string) => `${body}data: {"choices":[{"delta":{"content":"MORE"}}]}\n\n<garbage`],
  ])('may have %s', (_, change) => {
    expectComplete(read(change(data(says('Hel'), says('lo'), stop(), '[DONE]'))));
  });

  it('may have chunks with empty, missing and null choices, and usage in one of them', () => {
    const odd = [{ choices: [] }, {}, { choices: null }, { choices: [{}] }, { choices: [{ index: 0, delta: null }] }];
    expectComplete(read(data(...odd, says('Hel'), ...odd, says('lo'), stop(), usage, '[DONE]')), [
      ...COMPLETE.slice(0, 2),
      { type: 'usage', input_tokens: 7, output_tokens: 3 },
      COMPLETE[2]!,
    ]);
  });

  it('has usage once, the last, where a server repeats it with every chunk', () => {
    const counted = { ...says('Hello'), usage: { prompt_tokens: 7, completion_tokens: 1 } };
    const { events } = read(data(counted, { ...stop(), ...usage, choices: stop().choices }, '[DONE]'));
    expect(events.filter(({ type }) => type === 'usage')).toEqual([
      { type: 'usage', input_tokens: 7, output_tokens: 3 },
    ]);
  });

  it('may have usage that is no usage', () => {
    expectComplete(read(data(says('Hel'), { ...says('lo'), usage: 'none' }, { ...stop(), usage: {} })));
  });

  it.each(['reasoning_content', 'reasoning'])('has what a model thinks in %s', (field) => {
    const thinks = chunk({ [field]: 'Hmm' });
    const { events } = read(data(thinks, says('Yes'), stop()));
    expect(events.slice(0, 2)).toEqual([
      { type: 'reasoning', text: 'Hmm' },
      { type: 'text', text: 'Yes' },
    ]);
  });

  it('has a thought once where a server writes it in both fields', () => {
    const { events } = read(data(chunk({ reasoning: 'Hmm', reasoning_content: 'Hmm' }), stop()));
    expect(events).toEqual([
      { type: 'reasoning', text: 'Hmm' },
      { type: 'finish', reason: 'stop' },
    ]);
  });

  it('has refusals', () => {
    const { events } = read(data(chunk({ refusal: 'I won’t.' }), stop()));
    expect(events[0]).toEqual({ type: 'refusal', text: 'I won’t.' });
  });

  it('has one answer, the choice of index 0', () => {
    const both = {
      choices: [
        { index: 1, delta: { content: 'other' }, finish_reason: 'length' },
        { index: 0, delta: { content: 'mine' }, finish_reason: null },
      ],
    };
    expect(read(data(both, stop()))).toMatchObject({ text: 'mine', error: undefined });
  });

  it('has tool calls, which we did not offer and pass over', () => {
    const call = { tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }] };
    expectComplete(read(data(chunk(call), stop('tool_calls'))), [{ type: 'finish', reason: 'tool_calls' }]);
  });

  it('is complete when the model stops at its length', () => {
    expectComplete(read(data(says('Hel'), stop('length'))), [COMPLETE[0]!, { type: 'finish', reason: 'length' }]);
  });

  it('ends as content_filter after what was said', () => {
    const outcome = read(data(says('Hel'), stop('content_filter'), '[DONE]'));
    expectFailure(outcome, 'content_filter', false);
    expect(outcome.events).toEqual([COMPLETE[0], { type: 'finish', reason: 'content_filter' }]);
  });

  it('is a whole completion where a server does not stream', () => {
    const message = { role: 'assistant', content: 'Hello', refusal: null, reasoning_content: 'Hmm' };
    const body = JSON.stringify(
      { choices: [{ index: 0, message, finish_reason: 'stop' }], usage: usage.usage },
      null,
      2,
    );
    for (const pieces of [[body], ['\n ', ...body.split('')]]) {
      expectComplete(read(...pieces), [
        { type: 'reasoning', text: 'Hmm' },
        { type: 'text', text: 'Hello' },
        { type: 'usage', input_tokens: 7, output_tokens: 3 },
        { type: 'finish', reason: 'stop' },
      ]);
    }
  });
});

describe('what goes wrong', () => {
  it.each([
    ['nothing at all', ''],
    ['a clean end without finish_reason', data(says('Hel'))],
    ['[DONE] without finish_reason', data(says('Hel'), '[DONE]')],
    ['a finish_reason that is empty', data(says('Hel'), stop(''))],
    ['an end within a line', data(says('Hel')) + 'data: {"choices":[{"del'],
    ['an end within a field name', data(says('Hel')) + 'da'],
  ])('is cut_off: %s', (_, body) => {
    const outcome = read(body);
    expectFailure(outcome, 'cut_off', true);
    expect(outcome.text).toBe(body === '' ? '' : 'Hel');
  });

  it.each([
    ['no JSON', data(says('Hel'), `{"${RAW}`)],
    ['JSON that is no chunk', data(says('Hel'), '42')],
    ['choices that are no list', data(says('Hel'), { choices: RAW })],
    ['content that is no text', data(says('Hel'), chunk({ content: [{ text: RAW }] }))],
    ['a JSON body that is none', '{malformed json: <<<chaos>>>'],
    ['an event without end', `data: ${'x'.repeat(9_000_000)}`],
    ['a JSON body without end', `{"x":"${'x'.repeat(9_000_000)}`],
  ])('is bad_upstream: %s', (_, body) => {
    const error = expectFailure(read(body), 'bad_upstream', true);
    expect(error.cause).toBeInstanceOf(Error);
  });

  it('is misconfigured when a web page comes', () => {
    expectFailure(read(`<!doctype html><h1>${RAW}</h1>`), 'misconfigured', false);
  });

  it.each([
    ['in a data line', data(says('Hel'), { error: { message: RAW, code: 502 } })],
    ['in a chunk', data(says('Hel'), { ...stop('error'), error: { message: RAW } })],
    ['as event: error', data(says('Hel')) + `event: error\ndata: {"error":{"message":"${RAW}"}}\n\n`],
    ['as event: error, bare', data(says('Hel')) + `event: error\ndata: {"message":"${RAW}"}\n\n`],
    ['as event: error, no JSON', data(says('Hel')) + `event: error\ndata: ${RAW}\n\n`],
    ['as llama.cpp writes it', data(says('Hel')) + `error: {"code":500,"message":"${RAW}"}\n\n`],
    ['as a JSON body', JSON.stringify({ error: { message: RAW } })],
  ])('is what the server says: an error %s', (_, body) => {
    const outcome = read(body);
    const error = expectFailure(outcome, 'unavailable', true);
    expect(String(error.cause)).toContain(RAW);
    expect(outcome.text).toBe(body.startsWith('{') ? '' : 'Hel');
  });

  it.each([
    [{ code: 429 }, 'rate_limited', true],
    [{ code: '429' }, 'rate_limited', true],
    [{ code: 'rate_limit_exceeded' }, 'rate_limited', true],
    [{ type: 'insufficient_quota' }, 'rate_limited', false],
    [{ code: 402, message: 'Insufficient credits' }, 'rate_limited', false],
    [{ code: 'context_length_exceeded' }, 'too_long', false],
    [{ code: 500, message: 'Context size has been exceeded.' }, 'too_long', false],
    [{ code: 400, type: 'exceed_context_size_error' }, 'too_long', false],
    [{ code: 'content_filter' }, 'content_filter', false],
    [{ code: 'invalid_api_key' }, 'misconfigured', false],
    [{ status: 403 }, 'misconfigured', false],
    [{ code: 503 }, 'unavailable', true],
    [{ type: 'server_error' }, 'unavailable', true],
    ['overloaded', 'unavailable', true],
    [true, 'unavailable', true],
  ] as const)('is named after %j', (error, code, retryable) => {
    expectFailure(read(data(says('Hel'), { error })), code, retryable);
  });

  it('is no loss when all was said before', () => {
    for (const after of ['data: {"x', data('{"x'), data({ error: { message: RAW } })]) {
      expectComplete(read(data(says('Hel'), says('lo'), stop()) + after));
    }
  });

  it('is cut_off when the connection breaks, and no loss when all was said', () => {
    for (const [body, events] of [
      [data(says('Hel')), 1],
      [data(says('Hel'), stop()), 2],
    ] as const) {
      const seen: string[] = [];
      const answer = new OpenAiAnswer({
        next: ({ type }) => seen.push(type),
        error: (error: AgentError) => seen.push(error.code),
        complete: () => seen.push('complete'),
      });
      answer.write(body);
      answer.fail(new Error('ECONNRESET'));
      answer.fail(new Error('again'));
      answer.end();
      expect(seen).toEqual(events === 1 ? ['text', 'cut_off'] : ['text', 'finish', 'complete']);
    }
  });
});

describe('pieces of any size', () => {
  it('say the same as the whole, cut anywhere', () => {
    const body = data(chunk({ reasoning: 'Hmm…' }), says('Grüße 👩‍👩‍👧'), says('\n'), stop(), usage, '[DONE]');
    const variants = [body, body.replaceAll('\n', '\r\n'), `: ping\n\n${body}garbage`];
    for (const variant of variants) {
      const whole = read(variant);
      expectComplete(whole, whole.events);
      for (let at = 0; at <= variant.length; at++) {
        expect(read(variant.slice(0, at), variant.slice(at)).events).toEqual(whole.events);
      }
      fc.assert(
        fc.property(fc.array(fc.nat(variant.length), { maxLength: 20 }), (cuts) => {
          const places = [0, ...cuts.toSorted((a, b) => a - b), variant.length];
          const pieces = places.slice(1).map((place, index) => variant.slice(places[index], place));
          expect(read(...pieces).events).toEqual(whole.events);
        }),
      );
    }
  });

  it('are all answered with one end, whatever they hold', () => {
    const bit = fc.oneof(
      fc.string(),
      fc.constantFrom(
        ...'{}[]<>:\r\n'.split(''),
        'data: ',
        'event: error\n',
        '\n\n',
        '[DONE]',
        data(says('Hel')),
        data(stop()),
        '"error":1',
      ),
      fc.jsonValue().map((value) => data(JSON.stringify(value))),
    );
    fc.assert(
      fc.property(fc.array(bit, { maxLength: 30 }), (pieces) => {
        const { error } = read(...pieces);
        if (error !== undefined) expect(error.name).toBe('AgentError');
      }),
      { numRuns: 1000 },
    );
  });

  it('emit at once what they complete', () => {
    const seen: string[] = [];
    const ignore = () => undefined;
    const answer = new OpenAiAnswer({ next: ({ type }) => seen.push(type), error: ignore, complete: ignore });
    answer.write(data(...'12345678'.split('').map(says)));
    expect(seen).toHaveLength(8);
  });
});
