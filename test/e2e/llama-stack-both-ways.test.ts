import { randomUUID } from 'node:crypto';
import { type Agent, type AgentEvent, type AgentTurn, LlamaStackAgent } from '@chat-stream/backend';
import { Observable } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.js';
import { startBrowser, Visitor } from '../support/browser.js';
import { startPages } from '../support/pages.js';
import { TestClient } from '../support/ws-client.js';

/** Says everything back, word by word; where it may call a tool, it does. */
class Echo implements Agent {
  readonly info = { name: 'echo' };

  execute({ message, tools }: AgentTurn): Observable<AgentEvent> {
    return new Observable((subscriber) => {
      const speak = async () => {
        for (const text of message.content.split(/(?<= )/)) subscriber.next({ type: 'text', text });
        if (tools === undefined) return;
        const call = { type: 'tool_call', call_id: 'c1', tool_name: 'locate', arguments: '{"precise":true}' } as const;
        subscriber.next({ ...call, parse_status: 'succeeded', target: tools.target });
        const { content } = await tools.call({ id: 'c1', name: 'locate' });
        subscriber.next({ type: 'text', text: ` You are in ${String(content)}.` });
      };
      speak().then(
        () => subscriber.complete(),
        (error: unknown) => subscriber.error(error),
      );
    });
  }
}

const LOCATE = { name: 'locate', description: 'Where the visitor is.', parameters: [] };

describe('our Llama Stack server and our Llama Stack clients understand each other', () => {
  let server: TestApp;
  beforeAll(async () => void (server = await startApp({ agents: [new Echo()], auth: { mode: 'open' } })));
  afterAll(() => server.close());

  it('a backend that is a client of another one: text, sessions and tools of the page', async () => {
    const config = { client_tools: [LOCATE] };
    const agent = new LlamaStackAgent({ url: server.url, model: 'any', agentConfig: config });
    await using app = await startApp({ agents: [agent], auth: { mode: 'open' } });
    const { client } = await TestClient.open(app.chatUrl, { session_id: randomUUID() });
    await using _ = client;
    for (const [index, content] of ['Grüße an dich.', 'And again.'].entries()) {
      client.send({ type: 'message', id: `m${index}`, content, metadata: {} });
      const asked = await client.next(
        'message_stream',
        ({ delta }) => delta?.type === 'tool_call' && delta.target === 'page',
      );
      expect(asked.delta).toMatchObject({ tool_name: 'locate', parse_status: 'succeeded' });
      const { call_id } = asked.delta as { call_id: string };
      client.send({ type: 'tool_result', call_id, content: 'Wien' });
      const end = await client.next('message_stream', ({ stream_end }) => stream_end);
      expect(end.metadata).toMatchObject({ status: 'complete' });
      const frames = client.received.flatMap(({ frame }) =>
        frame.type === 'message_stream' && frame.id === end.id ? frame : [],
      );
      const said = frames.map(({ chunk }) => chunk ?? '').join('');
      expect(said.replace(/\s+/g, ' ')).toBe(`${content} You are in Wien.`);
    }
  });

  it('a page straight to it: an answer, a tool of the page, and the conversation after a reload', async () => {
    const made = await fetch(`${server.url}/v1/agents`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ agent_config: { model: 'any', instructions: '', client_tools: [LOCATE] } }),
    });
    const { agent_id: agent } = (await made.json()) as { agent_id: string };
    await using pages = await startPages();
    await using browser = await startBrowser();
    const html = `<!doctype html><meta charset="utf-8"><script src="${server.url}/chat-stream.js"></script>
      <div style="height: 500px"><chat-stream server="${server.url}" agent="${agent}" transport="llama-stack"></chat-stream></div>
      <script>document.querySelector('chat-stream').tools = [{ name: 'locate', execute: () => 'Wien' }];</script>`;
    let visitor = await Visitor.open(browser, pages.put('/', html));
    await visitor.ask('Grüße an dich.');
    await visitor.reads('Wien');
    await visitor.answered();
    const [question, answer] = await visitor.transcript();
    expect(question).toBe('user: Grüße an dich.');
    expect(answer?.replace(/\s+/g, ' ')).toBe('ai: Grüße an dich. You are in Wien.');
    await visitor.page.reload();
    visitor = await Visitor.at(visitor.page);
    await visitor.until(({ messages }) => messages.length === 2);
    expect((await visitor.transcript()).map((line) => line.replace(/\s+/g, ' '))).toEqual([
      question,
      answer?.replace(/\s+/g, ' '),
    ]);
    expect(visitor.complaints).toEqual([]);
  });

  it('a page, our backend, another server: a tool of the page answers over all of them', async () => {
    const agent = new LlamaStackAgent({ url: server.url, model: 'any', agentConfig: { client_tools: [LOCATE] } });
    await using app = await startApp({ agents: [agent], auth: { mode: 'open' } });
    await using pages = await startPages();
    await using browser = await startBrowser();
    for (const transport of ['websocket', 'sse']) {
      const html = `<!doctype html><meta charset="utf-8"><script src="${app.url}/chat-stream.js"></script>
        <div style="height: 500px"><chat-stream server="${app.url}" transport="${transport}"></chat-stream></div>
        <script>document.querySelector('chat-stream').tools = [{ name: 'locate', execute: () => 'Wien' }];</script>`;
      const visitor = await Visitor.open(browser, pages.put(`/${transport}`, html));
      await visitor.ask('Hello there.');
      await visitor.reads('Wien');
      await visitor.answered();
      const [, answer] = await visitor.transcript();
      expect(answer?.replace(/\s+/g, ' ')).toBe('ai: Hello there. You are in Wien.');
      expect(await visitor.text('tool')).toBe('locate');
      expect(visitor.complaints).toEqual([]);
      await visitor.page.evaluate(() => localStorage.clear());
    }
  });
});
