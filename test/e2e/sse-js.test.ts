import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { openSession } from '../backend/llama-stack/service.js';
import { ScriptedAgent } from '../support/scripted-agent.js';
import { useModulePage } from './support/module-page.js';

/** A page of another origin that reads turns with sse.js, in a real browser. */

const agent = new ScriptedAgent();
const site = useModulePage(agent, '/sse.js', () => readFileSync(fileURLToPath(import.meta.resolve('sse.js')), 'utf8'));

describe('sse.js, used as the document on Llama Stack streaming shows', () => {
  /** `events` holds what its handlers were called with, `message` what the visitor sees; the timer is started once, as there. */
  const PAGE = `
    import { SSE } from './sse.js';
    const state = (window.state = { events: [], texts: [], unreadable: [], failure: undefined, message: '', isSending: false });
    window.send = (url, payload, timeoutMs = 30000) => {
      state.isSending = true;
      const source = new SSE(url + '?stream=true', {
        headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream' },
        payload: JSON.stringify(payload),
      });
      window.source = source;
      const done = () => { clearTimeout(timer); state.isSending = false; source.close(); };
      const timer = setTimeout(() => { state.message = 'The response took too long.'; done(); }, timeoutMs);
      source.addEventListener('readystatechange', ({ readyState }) => state.events.push(readyState));
      source.onmessage = ({ data }) => {
        let event;
        try { event = JSON.parse(data); } catch { return void state.unreadable.push(data); }
        if (event.error) { state.message = event.error.message; return done(); }
        const { payload } = event.event;
        state.events.push(payload.event_type);
        if (payload.event_type === 'step_progress' && payload.delta.text) {
          state.texts.push(payload.delta.text);
          state.message += payload.delta.text;
        }
        if (payload.event_type === 'turn_complete') { state.message = payload.turn.output_message.content; done(); }
      };
      source.onerror = ({ responseCode, data }) => { state.failure = { responseCode, data }; done(); };
      source.stream();
    };
    document.title = 'ready';`;

  interface PageState {
    readonly events: readonly (string | number)[];
    readonly texts: readonly string[];
    readonly unreadable: readonly string[];
    readonly failure?: { readonly responseCode: number; readonly data: string };
    readonly message: string;
    readonly isSending: boolean;
  }
  const state = () => site.page.evaluate(() => (window as unknown as { state: PageState }).state);
  const until = (holds: (state: PageState, text: string) => boolean, text = '') =>
    site.page.waitForFunction(`(${holds.toString()})(window.state, ${JSON.stringify(text)})`, { polling: 20 });
  const send = (path: string, payload: object, timeoutMs?: number) =>
    site.page.evaluate(
      (...args) => (window as unknown as { send: (...given: unknown[]) => void }).send(...args),
      site.app.url + path,
      payload,
      ...(timeoutMs === undefined ? [] : [timeoutMs]),
    );
  const turn = { messages: [{ role: 'user', content: 'hi' }], stream: true };

  beforeEach(async () => {
    await site.open(PAGE);
    await site.page.waitForFunction(() => document.title === 'ready');
  });

  it('gets an answer piece by piece, then as a whole, and nothing that it can not read', async () => {
    const { path } = await openSession(site.app.url);
    await send(`${path}/turn`, turn);
    const run = await agent.nextRun();
    const pieces = ['Grüße ', '👩‍👩‍👧\n\n', 'data: end.'];
    for (const [index, piece] of pieces.entries()) {
      run.say(piece);
      await until(({ message }, text) => message === text, pieces.slice(0, index + 1).join(''));
    }
    run.finish();
    await until(({ isSending }) => !isSending);
    const { texts, message, unreadable, failure, events } = await state();
    expect(texts).toEqual(pieces);
    expect(message).toBe(pieces.join(''));
    expect(unreadable).toEqual([]);
    expect(failure).toBeUndefined();
    expect(events.filter((event) => event !== 'step_progress')).toEqual([
      // Open; of the end the page knows by the last event.
      1,
      'step_start',
      'step_complete',
      'turn_complete',
    ]);
  });

  it('shows why a turn failed, and the visitor can write again', async () => {
    const { path } = await openSession(site.app.url);
    await send(`${path}/turn`, { ...turn, toolgroups: ['builtin::websearch'] });
    await until(({ isSending }) => !isSending);
    expect((await state()).message).toBe(
      "400: Invalid value: Tool Group 'builtin::websearch' not found: this server has no tool groups and no shields.",
    );
  });

  it('hears of a request that is refused by its status', async () => {
    const { path } = await openSession(site.app.url);
    await send(`${path}/turn`, { stream: true });
    await until(({ isSending }) => !isSending);
    expect((await state()).failure).toMatchObject({ responseCode: 400, data: expect.stringContaining('messages') });
  });

  it('gives up after its time, which ends the turn and the call of the model', async () => {
    const { path } = await openSession(site.app.url);
    await send(`${path}/turn`, turn, 300);
    const run = await agent.nextRun();
    run.say('Well');
    await run.released;
    expect(await state()).toMatchObject({ message: 'The response took too long.', isSending: false });
    expect(run.subscriber.closed).toBe(true);
  });
});
