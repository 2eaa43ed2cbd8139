import { expect } from 'chai';
import fc from 'fast-check';
import type { ChatStreamElement } from '@chat-stream/widget';
import { createLlamaStackLink } from '@chat-stream/widget/llama-stack';
import { mount, part, record, texts, until } from './support/element.js';
import type { FakeServer, Request } from './support/fake-server.js';
import { useFakeServer } from './support/use-fake-server.js';

const AGENT = { agent_id: 'agent-1', agent_config: { model: 'm', instructions: '', name: 'Ada' } };
const TURN = 'POST /v1/agents/agent-1/session/s1/turn';
const event = (payload: object) => ({ event: { payload } });
const progress = (text: string, step_id = 'step') =>
  event({ event_type: 'step_progress', step_type: 'inference', step_id, delta: { type: 'text', text } });
const complete = (content: string, tool_calls: object[] = [], step_id = 'step') =>
  event({
    event_type: 'step_complete',
    step_type: 'inference',
    step_id,
    step_details: { step_type: 'inference', step_id, turn_id: 't1', model_response: { content, tool_calls } },
  });
const end = (content: string) =>
  event({ event_type: 'turn_complete', turn: { turn_id: 't1', steps: [], output_message: { content } } });
const call = { call_id: 'c1', tool_name: 'locate', arguments: '{"precise":true}' };
const awaiting = event({
  event_type: 'turn_awaiting_input',
  turn: { turn_id: 't1', steps: [], output_message: { content: '', tool_calls: [call] } },
});

describe('A chat with a Llama Stack server, and no server of ours', () => {
  let server: FakeServer;
  useFakeServer((opened) => (server = opened), true);

  /** Answers what opens a session. */
  const welcome = async (sessionId = 's1'): Promise<void> => {
    (await server.request('GET /v1/agents')).json(200, { data: [AGENT], has_more: false });
    const create = await server.request('POST /v1/agents/agent-1/session');
    expect(create.body['session_name']).to.be.a('string');
    create.json(200, { session_id: sessionId });
  };
  const visit = async (attributes = {}, properties = {}): Promise<ChatStreamElement> =>
    mount({ attributes: { server: server.url, transport: 'llama-stack', ...attributes }, ...properties });
  const open = async (properties = {}): Promise<ChatStreamElement> => {
    const element = await visit({}, properties);
    await welcome();
    await until(() => element.connectionState === 'open');
    return element;
  };
  const ask = async (element: ChatStreamElement, text: string): Promise<Request> => {
    await element.sendMessage(text);
    const request = await server.request(TURN);
    request.events();
    return request;
  };
  const ready = (element: ChatStreamElement) =>
    until(() => !['submitted', 'streaming'].includes(element.status) && part(element, 'stop') === null);
  const last = (element: ChatStreamElement) => element.messages.at(-1);

  it('opens a session with the first agent, streams an answer by POST, and shows it in one bubble', async () => {
    const element = await open();
    expect(element.sessionId).to.equal('s1');
    const request = await ask(element, 'hi');
    expect(request.body).to.deep.equal({ messages: [{ role: 'user', content: 'hi' }], stream: true });
    request.send(progress('Hel'));
    await until(() => texts(element).at(-1) === 'Hel');
    expect(element.status).to.equal('streaming');
    request.send(progress('lo'));
    request.send(complete('Hello'));
    request.send(end('Hello'));
    request.end();
    await ready(element);
    expect(texts(element)).to.deep.equal(['hi', 'Hello']);
    expect(last(element)?.metadata).to.include({ status: 'complete', finish_reason: 'stop' });
    const second = await ask(element, 'more');
    expect(second.body['messages']).to.deep.equal([{ role: 'user', content: 'more' }]);
    second.send(end('Yes'));
    await ready(element);
    expect(texts(element)).to.deep.equal(['hi', 'Hello', 'more', 'Yes']);
  });

  it('talks to the agent that the page names, where the server keeps it', async () => {
    const element = await visit({ agent: 'mine' });
    (await server.request('GET /v1/agents')).json(404, { detail: 'Not Found' });
    (await server.request('GET /v1alpha/agents')).json(405, { detail: 'Method Not Allowed' });
    (await server.request('POST /v1alpha/agents/mine/session')).json(200, { session_id: 's1' });
    await until(() => element.connectionState === 'open');
  });

  it('brings the conversation back after a reload', async () => {
    const before = await open();
    before.remove();
    const element = await visit();
    (await server.request('GET /v1/agents')).json(200, { data: [AGENT] });
    const turn = {
      turn_id: 't1',
      input_messages: [{ role: 'user', content: 'hi' }],
      steps: [],
      output_message: { role: 'assistant', content: 'Hello' },
      started_at: '2025-04-03T20:36:22Z',
    };
    (await server.request('GET /v1/agents/agent-1/session/s1')).json(200, { session_id: 's1', turns: [turn] });
    await until(() => texts(element).length === 2);
    expect(texts(element)).to.deep.equal(['hi', 'Hello']);
    expect(element.status).to.equal('ready');
  });

  it('begins anew where the server does not know the session any more', async () => {
    (await open()).remove();
    const element = await visit();
    (await server.request('GET /v1/agents')).json(200, { data: [AGENT] });
    (await server.request('GET /v1/agents/agent-1/session/s1')).json(404, { detail: 'Session not found' });
    (await server.request('POST /v1/agents/agent-1/session')).json(200, { session_id: 's2' });
    await until(() => element.sessionId === 's2');
  });

  it('says what is wrong with a server that has no agents', async () => {
    const element = await visit();
    const errors = record(element, 'chat-stream-error');
    (await server.request('GET /v1/agents')).json(404, {});
    (await server.request('GET /v1alpha/agents')).json(404, {});
    await until(() => element.connectionState === 'closed');
    expect(errors.at(-1)?.message).to.contain('no Llama Stack agents');
  });

  it('comes back by itself to a server that was down', async () => {
    server.serve(false);
    const element = await visit();
    await until(() => element.connectionState === 'reconnecting');
    server.serve();
    await welcome();
    await until(() => element.connectionState === 'open');
  });

  it('shows the tools that the server calls', async () => {
    const element = await open();
    const request = await ask(element, 'look');
    const found = { call_id: 'c1', tool_name: 'web_search', arguments: {} };
    const delta = { type: 'tool_call', tool_call: found, parse_status: 'in_progress' };
    request.send(event({ event_type: 'step_start', step_type: 'tool_execution', step_id: 'b' }));
    request.send(event({ event_type: 'step_progress', step_type: 'tool_execution', step_id: 'b', delta }));
    await until(() => part(element, 'tool')?.textContent === 'web_search');
    expect(part(element, 'tool')?.dataset['state']).to.equal('running');
    const details = {
      step_type: 'tool_execution',
      step_id: 'b',
      tool_calls: [found],
      tool_responses: [{ ...found, content: 'x' }],
    };
    request.send(
      event({ event_type: 'step_complete', step_type: 'tool_execution', step_id: 'b', step_details: details }),
    );
    await until(() => part(element, 'tool')?.dataset['state'] === 'done');
    request.send(progress('Found.'));
    request.send(end('Found.'));
    await ready(element);
    expect(texts(element, 'tool')).to.deep.equal(['web_search']);
    expect(texts(element).at(-1)).to.equal('Found.');
  });

  it('runs a tool of the page, resumes the turn, and stays in the same bubble', async () => {
    const ran: unknown[] = [];
    const execute = async (args: unknown) => (ran.push(args), 'Wien');
    const element = await open({ tools: [{ name: 'locate', execute }] });
    const calls = record(element, 'chat-stream-tool-call');
    const request = await ask(element, 'where am I?');
    request.send(progress('Wait. '));
    request.send(complete('Wait. ', [call]));
    request.send(awaiting);
    request.end();
    const resumed = await server.request(`${TURN}/t1/resume`);
    expect(resumed.body).to.deep.equal({
      tool_responses: [{ call_id: 'c1', tool_name: 'locate', content: 'Wien' }],
      stream: true,
    });
    expect(ran).to.deep.equal([{ precise: true }]);
    expect(calls).to.have.length(1);
    expect(calls[0]).to.deep.include({ callId: 'c1', name: 'locate', arguments: { precise: true } });
    resumed.events();
    resumed.send(progress('You are in Wien.', 'second'));
    resumed.send(end('You are in Wien.'));
    await ready(element);
    expect(texts(element)).to.deep.equal(['where am I?', 'Wait.You are in Wien.']);
    expect(element.messages.at(-1)?.content).to.equal('Wait. \n\nYou are in Wien.');
    expect(texts(element, 'tool')).to.deep.equal(['locate']);
  });

  it('answers for a tool that the page does not have, or that throws, with an error', async () => {
    const element = await open({ tools: [{ name: 'locate', execute: () => Promise.reject(new Error('no GPS')) }] });
    const request = await ask(element, 'where am I?');
    const unknown = { call_id: 'c2', tool_name: 'nothing', arguments: {} };
    const turn = { turn_id: 't1', steps: [], output_message: { content: '', tool_calls: [call, unknown] } };
    request.send(event({ event_type: 'turn_awaiting_input', turn }));
    request.end();
    const resumed = await server.request(`${TURN}/t1/resume`);
    const responses = resumed.body['tool_responses'] as { content: string }[];
    expect(responses.map(({ content }) => content)).to.deep.equal([
      'Error: no GPS',
      'Error: This page has no tool "nothing".',
    ]);
    resumed.events();
    resumed.send(end('Then I can’t tell.'));
    await ready(element);
    expect(texts(element).at(-1)).to.equal('Then I can’t tell.');
  });

  it('stop closes the connection, and the next turn tells the server what it missed', async () => {
    const element = await open();
    const request = await ask(element, 'hi');
    request.send(progress('Hel'));
    await until(() => texts(element).at(-1) === 'Hel');
    element.stop();
    await request.gone();
    await ready(element);
    expect(last(element)?.metadata.status).to.equal('stopped');
    const second = await ask(element, 'go on');
    const messages = second.body['messages'] as { content: string }[];
    expect(messages).to.have.length(2);
    expect(messages[0]?.content).to.contain('User: hi\n\nAssistant: Hel');
    second.send(end('lo'));
    await ready(element);
    expect(texts(element)).to.deep.equal(['hi', 'Hel', 'go on', 'lo']);
  });

  it('a message during an answer ends that one', async () => {
    const element = await open();
    const request = await ask(element, 'one');
    request.send(progress('First'));
    await until(() => texts(element).at(-1) === 'First');
    const second = await ask(element, 'two');
    await request.gone();
    second.send(end('Second'));
    await ready(element);
    expect(texts(element)).to.deep.equal(['one', 'First', 'two', 'Second']);
    expect(element.messages.map(({ metadata }) => metadata.status)).to.deep.equal([
      undefined,
      'stopped',
      undefined,
      'complete',
    ]);
  });

  it('what the server says at the end is what is shown', async () => {
    const element = await open();
    const request = await ask(element, 'hi');
    request.send(progress('Helo'));
    request.send(complete('Hello'));
    request.send(end('Hello'));
    await ready(element);
    expect(texts(element)).to.deep.equal(['hi', 'Hello']);
  });

  describe('whatever the server does, the answer ends and the composer is free', () => {
    const faults: Record<string, { go: (request: Request) => void; code?: string; text?: string }> = {
      'a line that is no JSON is skipped': {
        go: (request) => {
          request.write('data: {"event": oops\n\n: comment\n\nevent: x\ndata: [DONE]\n\n');
          request.send({ event: { payload: { event_type: 'of_the_future' } } });
          request.send(progress('lo'));
          request.send(end('Hello'));
        },
        text: 'Hello',
      },
      'the last event without its blank line counts': {
        go: (request) => (request.write(`data: ${JSON.stringify(end('Hello'))}`), request.end()),
        text: 'Hello',
      },
      'an end without a terminal event': { go: (request) => request.end(), code: 'cut_off' },
      'a reset': { go: (request) => request.reset(), code: 'cut_off' },
      'an error event': {
        go: (request) => (request.send({ error: { message: '500: Internal RAW' } }), request.end()),
        code: 'unavailable',
      },
    };
    for (const [name, { go, code, text }] of Object.entries(faults)) {
      it(name, async () => {
        const element = await open();
        const request = await ask(element, 'hi');
        request.send(progress('Hel'));
        await until(() => texts(element).at(-1) === 'Hel');
        go(request);
        await ready(element);
        expect(last(element)?.metadata.status).to.equal(code === undefined ? 'complete' : 'error');
        expect(last(element)?.metadata.error?.code).to.equal(code);
        if (text === undefined) expect(texts(element).at(-1)).to.match(/^Hel\n*[A-Z].*\.$/);
        else expect(texts(element).at(-1)).to.equal(text);
        expect(texts(element).at(-1)).not.to.contain('RAW');
        const second = await ask(element, 'again');
        second.send(end('Yes'));
        await ready(element);
        expect(texts(element).at(-1)).to.equal('Yes');
      });
    }

    it('a server that falls silent; what comes puts that off', async () => {
      const element = await mount({ link: createLlamaStackLink({ server: server.url, idleMs: 400 }) });
      await welcome();
      await until(() => element.connectionState === 'open');
      const request = await ask(element, 'hi');
      request.send(progress('Hel'));
      await until(() => texts(element).at(-1) === 'Hel');
      const began = performance.now();
      request.write(': still there\n\n');
      await ready(element);
      await request.gone();
      expect(performance.now() - began).to.be.greaterThan(300);
      expect(last(element)?.metadata.error?.code).to.equal('timeout');
    });

    for (const status of [400, 404, 429, 500]) {
      it(`HTTP ${status}: the question can be sent again`, async () => {
        const element = await open();
        const id = await element.sendMessage('hi');
        (await server.request(TURN)).json(status, { detail: 'RAW' });
        await until(() => last(element)?.metadata['delivery'] === 'failed');
        await ready(element);
        expect(last(element)?.id).to.equal(id);
        part(element, 'retry')?.click();
        const second = await server.request(TURN);
        second.events();
        second.send(end('Yes'));
        await ready(element);
        expect(texts(element)).to.deep.equal(['hi', 'Yes']);
      });
    }

    it('a session that is gone is replaced, and the new one hears the conversation so far', async () => {
      const element = await open();
      (await ask(element, 'hi')).send(end('Hello'));
      await ready(element);
      const lost = await ask(element, 'again');
      lost.send({ error: { message: "400: Invalid value: Session 's1' not found or access denied." } });
      lost.end();
      (await server.request('POST /v1/agents/agent-1/session')).json(200, { session_id: 's2' });
      const second = await server.request('POST /v1/agents/agent-1/session/s2/turn');
      expect(second.body['messages']).to.have.length(2);
      second.events();
      second.send(end('Yes'));
      await ready(element);
      expect(texts(element)).to.deep.equal(['hi', 'Hello', 'again', 'Yes']);
    });
  });

  it('reads the same however the bytes are cut', async function () {
    this.timeout(60_000);
    const seed = Date.now() & 0x7fffffff;
    console.info(`fast-check seed ${seed}`);
    const text = 'Grüße 👩‍👩‍👧, 日本語\r\nand more';
    const bytes = new TextEncoder().encode(
      `: hello\r\n\r\ndata:${JSON.stringify(progress('Grüße '))}\r\n\r\ndata: oops\n\ndata: ${JSON.stringify(progress(text.slice(6)))}\n\ndata: ${JSON.stringify(end(text))}`,
    );
    const element = await open();
    let turns = 0;
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 12 }), async (cuts) => {
        const request = await ask(element, `question ${(turns += 1)}`);
        const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        for (const [index, from] of places.slice(0, -1).entries()) {
          if (from !== places[index + 1]) request.write(bytes.slice(from, places[index + 1]));
        }
        request.end();
        await ready(element);
        expect(last(element)?.content).to.equal(text);
        expect(element.messages).to.have.length(2 * turns);
      }),
      { seed, numRuns: 40 },
    );
  });
});
