import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DemoAgent } from '../../../backend/agent/demo.agent.js';
import { run, start, textOf, turnOf } from './running.js';

describe('DemoAgent', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  async function answerTo(question: string): Promise<string[]> {
    const outcome = run(new DemoAgent(), question);
    await vi.runAllTimersAsync();
    const { events, error } = await outcome;
    expect(error).toBeUndefined();
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'stop' });
    return events.slice(0, -1).map((event) => (event.type === 'text' ? event.text : expect.fail(event.type)));
  }

  it('writes ten characters every 100 ms', async () => {
    const { events } = start(new DemoAgent());
    await vi.advanceTimersByTimeAsync(99);
    expect(events).toEqual([]);
    for (let step = 1; step <= 20; step++) {
      await vi.advanceTimersByTimeAsync(step === 1 ? 1 : 100);
      expect(textOf(events)).toHaveLength(step * 10);
    }
  });

  it('says what it is, how to connect a model, and what was asked', async () => {
    const answer = (await answerTo('Where is my parcel?')).join('');
    expect(answer).toContain('built-in demo agent');
    expect(answer).toContain('OPENAI_API_KEY');
    expect(answer).toContain('OPENAI_BASE_URL');
    expect(answer).toContain('Where is my parcel?');
  });

  it('says the same whenever the same is asked, whatever was said before', async () => {
    const agent = new DemoAgent();
    const first = run(agent, 'again');
    const second = run(agent, turnOf('again', [{ role: 'user', content: 'something else' }]));
    await vi.runAllTimersAsync();
    expect((await second).text).toBe((await first).text);
    expect((await answerTo('again')).join('')).toBe((await first).text);
  });

  it('takes at least 3 s for a message of 200 characters, and some for an empty one', async () => {
    expect((await answerTo('x'.repeat(200))).length * 100).toBeGreaterThanOrEqual(3000);
    expect((await answerTo('')).length).toBeGreaterThan(0);
  });

  it('does not repeat a whole book', async () => {
    expect((await answerTo('x'.repeat(60_000))).join('').length).toBeLessThan(2000);
  });

  it('never cuts within what a reader sees as one character', async () => {
    const family = '👩‍👩‍👧‍👦';
    const steps = await answerTo(family.repeat(25));
    expect(steps.join('')).toContain(family.repeat(25));
    for (const step of steps) expect(step).not.toMatch(/^\u200d|\u200d$/);
  });

  it('emits well-formed text for any question', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 100 }), async (question) => {
        const steps = await answerTo(question);
        for (const step of steps) expect(step).not.toMatch(/\p{Surrogate}/u);
        expect(steps.join('')).toContain(question.trim());
      }),
      { numRuns: 50 },
    );
  });

  it('leaves no timer behind when nobody listens any more', async () => {
    const { subscription, events } = start(new DemoAgent());
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(250);
    subscription.unsubscribe();
    expect(vi.getTimerCount()).toBe(0);
    expect(events).toHaveLength(2);
  });

  it('begins only when somebody listens', () => {
    new DemoAgent().execute(turnOf('hello'));
    expect(vi.getTimerCount()).toBe(0);
  });
});
