import { AgentError } from '@chat-stream/backend';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.js';
import { fc } from '../../support/properties.js';
import { type Run, ScriptedAgent } from '../../support/scripted-agent.js';
import { rawPost } from './raw-http.js';
import { call, eventsIn, openSession, says } from './service.js';

/** The bytes of a stream, as clients of Llama Stack need them. */
describe('a stream of a turn', () => {
  const agent = new ScriptedAgent();
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ agents: [agent], auth: { mode: 'open' }, heartbeatMs: 15_000 });
  });
  afterAll(() => app.close());

  const ask = { messages: [says('hi')], stream: true };

  async function post(path: string, body: unknown = ask, headers: string[] = ['Accept: application/json']) {
    const pending = rawPost(app.port, `${path}/turn`, body, headers);
    return { run: await agent.nextRun(), response: await pending };
  }

  it('is unnamed data lines, each with its blank line, the last one too, and nothing else', async () => {
    const { path } = await openSession(app.url);
    const { run, response } = await post(path);
    run.say('Hello ');
    await response.until('Hello');
    run.finish('world – 🔧');
    const body = await response.whole;
    expect(response.head).toMatch(/^HTTP\/1\.1 200 /);
    expect(response.head).toMatch(/^content-type: text\/event-stream; charset=utf-8\r?$/im);
    expect(response.head).not.toMatch(/content-encoding/i);
    expect(body).toMatch(/^(data: \{.*\}\n\n)+$/);
    expect(body).not.toContain('[DONE]');
    const types = eventsIn(body).map(({ event }) => event?.payload['event_type']);
    expect(types).toEqual(['step_start', 'step_progress', 'step_progress', 'step_complete', 'turn_complete']);
    response.socket.destroy();
  });

  it('is sent event by event: each one is there before the next is written', async () => {
    const { path } = await openSession(app.url);
    const { run, response } = await post(path);
    for (const word of ['one', 'two', 'three']) {
      run.say(word);
      await response.until(`"text":"${word}"`);
    }
    run.finish();
    expect(eventsIn(await response.whole)).toHaveLength(6);
    response.socket.destroy();
  });

  it.each([[[]], [['Accept: text/html']], [['Accept: text/event-stream']], [['Accept: nonsense']]])(
    'is the same whatever the client accepts: %s',
    async (headers) => {
      const { path } = await openSession(app.url);
      const { run, response } = await post(path, ask, headers);
      run.finish('yes');
      expect(await response.whole).toContain('"event_type":"turn_complete"');
      expect(response.head).toMatch(/text\/event-stream/);
      response.socket.destroy();
    },
  );

  it('is asked for in the body, and not in the query', async () => {
    const { path } = await openSession(app.url);
    const pending = call(app.url, 'POST', `${path}/turn?stream=true`, { ...ask, stream: false });
    (await agent.nextRun()).finish('whole');
    expect((await pending).body).toMatchObject({ output_message: { content: 'whole' } });
  });

  it('can be read as the seed’s page reads it: no text is lost between the pieces and the end', async () => {
    const { path } = await openSession(app.url);
    const { run, response } = await post(path);
    run.say('a');
    run.say('');
    run.say('b\n\n');
    run.finish('c');
    const events = eventsIn(await response.whole).map(({ event }) => event!.payload);
    const pieces = events.map((payload) => (payload as { delta?: { text: string } }).delta?.text ?? '').join('');
    expect(pieces).toBe('ab\n\nc');
    expect(events.at(-1)).toMatchObject({ turn: { output_message: { content: pieces } } });
    response.socket.destroy();
  });

  it('ends with exactly one terminal event, whatever the agent does', async () => {
    const acts: Record<string, (run: Run) => void> = {
      nothing: (run) => run.finish(),
      text: (run) => run.finish('text'),
      throws: (run) => run.subscriber.error(new Error('secret')),
      'throws late': (run) => {
        run.say('half');
        run.subscriber.error(new AgentError('unavailable', 'The model is away.'));
      },
      'emits rubbish': (run) => run.subscriber.next({ type: 'text', text: 7 as unknown as string }),
      steps: (run) => {
        run.subscriber.next({ type: 'step', step_id: 's1', step_type: 'shield_call', phase: 'start' });
        run.subscriber.next({ type: 'step', step_id: 's1', step_type: 'shield_call', phase: 'complete' });
        run.subscriber.next({ type: 'step', step_id: 's2', step_type: 'inference', phase: 'start' });
        run.say('said');
        run.subscriber.next({ type: 'step', step_id: 's2', step_type: 'inference', phase: 'complete' });
        run.finish();
      },
      'a tool of its own': (run) => {
        const named = { call_id: 'c', tool_name: 't' };
        run.subscriber.next({ type: 'tool_call', ...named, arguments: { a: 1 }, parse_status: 'succeeded' });
        run.subscriber.next({ type: 'tool_result', ...named, content: { b: 2 } });
        run.finish('done');
      },
      'a step of no kind we know': (run) => {
        run.subscriber.next({ type: 'step', step_id: 'x', step_type: 'dreaming', phase: 'start' });
        run.finish('awake');
      },
    };
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(acts)), fc.boolean(), async (name, streams) => {
        const { path } = await openSession(app.url);
        const pending = call(app.url, 'POST', `${path}/turn`, { ...ask, stream: streams });
        acts[name]?.(await agent.nextRun());
        const { status, text } = await pending;
        expect(text).not.toContain('secret');
        const fails = /throws|rubbish/.test(name);
        expect(status).toBe(fails && !streams ? 400 : 200);
        if (!streams) return;
        const events = eventsIn(text);
        const terminal = (one: (typeof events)[number]) =>
          one.error !== undefined || one.event?.payload['event_type'] === 'turn_complete';
        expect(events.map(terminal)).toEqual(events.map((_, index) => index === events.length - 1));
        expect(events.at(-1)?.error !== undefined).toBe(fails);
        // Every step that begins is complete before the turn is, and what was streamed is what is read later.
        if (fails) return;
        const ids = (type: string) =>
          events.flatMap(({ event }) => (event?.payload['event_type'] === type ? [event.payload['step_id']] : []));
        expect(ids('step_start')).toEqual(ids('step_complete'));
        const { turn } = events.at(-1)!.event!.payload as { turn: { turn_id: string } };
        expect((await call(app.url, 'GET', `${path}/turn/${turn.turn_id}`)).body).toEqual(turn);
      }),
      { numRuns: 40 },
    );
  });

  it('tells a tool that the agent runs itself as a step of its own', async () => {
    const { path } = await openSession(app.url);
    const { run, response } = await post(path);
    const named = { call_id: 'c', tool_name: 'search' };
    run.say('Let me look.');
    run.subscriber.next({
      type: 'tool_call',
      ...named,
      arguments: { q: 'x' },
      parse_status: 'succeeded',
      target: 'server',
    });
    run.subscriber.next({ type: 'tool_result', ...named, content: 'found' });
    run.finish('Here it is.');
    const events = eventsIn(await response.whole).map(({ event }) => event!.payload);
    const steps = events
      .filter(({ event_type }) => event_type === 'step_complete')
      .map(({ step_details }) => step_details);
    expect(steps).toMatchObject([
      {
        step_type: 'inference',
        model_response: { content: 'Let me look.', tool_calls: [named], stop_reason: 'end_of_message' },
      },
      { step_type: 'tool_execution', tool_calls: [named], tool_responses: [{ ...named, content: 'found' }] },
      { step_type: 'inference', model_response: { content: 'Here it is.', stop_reason: 'end_of_turn' } },
    ]);
    const { turn } = events.at(-1) as unknown as { turn: { turn_id: string } };
    expect((await call(app.url, 'GET', `${path}/turn/${turn.turn_id}`)).body).toEqual(turn);
    response.socket.destroy();
  });
});
