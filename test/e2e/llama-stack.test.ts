import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Visitor } from '../support/browser.js';
import { LlamaStackServer, says } from '../support/llama-stack-server.js';
import { ScriptedAgent } from '../support/scripted-agent.js';
import { useSite } from './support/site.js';

/** What a browser itself writes to the console about a connection that broke, which no page can prevent. */
const BY_THE_BROWSER = /^Failed to load resource/;

describe('a page straight to a Llama Stack server', () => {
  const site = useSite({ agents: [new ScriptedAgent()] });
  let stack: LlamaStackServer;
  let visitor: Visitor;
  let requests: string[];

  beforeEach(async () => {
    stack = await LlamaStackServer.start();
    requests = [];
    const script =
      'document.querySelector("chat-stream").tools = [{ name: "add", execute: ({ a, b }) => String(a + b) }];';
    const html = `<!doctype html><meta charset="utf-8"><script src="${site.app.url}/chat-stream.js"></script>
      <div style="height: 500px"><chat-stream server="${stack.url}" transport="llama-stack"></chat-stream></div>
      <script>${script}</script>`;
    const newPage = async () => {
      const page = await site.browser.newPage();
      page.on('request', (request) => requests.push(request.url()));
      return page;
    };
    visitor = await Visitor.open({ newPage }, site.pages.put('/', html));
    await visitor.until(({ connectionState }) => connectionState === 'open');
  });
  afterEach(async () => {
    expect(visitor.complaints.filter((text) => !BY_THE_BROWSER.test(text))).toEqual([]);
    await visitor.page.close();
    await stack[Symbol.asyncDispose]();
  });

  it('loads what it takes beside the script, and shows an answer token by token', async () => {
    await visitor.ask('hi');
    const turn = await stack.nextTurn();
    const step = turn.start();
    for (const [index, piece] of ['Grüße ', '👩‍👩‍👧 ', 'end.'].entries()) {
      turn.text(step, piece);
      await visitor.reads(['Grüße', 'Grüße 👩‍👩‍👧', 'end.'][index] ?? '');
    }
    turn.finish(says('Grüße 👩‍👩‍👧 end.'), [turn.complete(step, { model_response: says('Grüße 👩‍👩‍👧 end.') })]);
    await visitor.answered();
    expect(await visitor.transcript()).toEqual(['user: hi', 'ai: Grüße 👩‍👩‍👧 end.']);
    const ours = requests.filter((url) => url.startsWith(site.app.url)).map((url) => new URL(url).pathname);
    // The last one for the tools that the page has.
    expect(ours).toEqual(['/chat-stream.js', '/chat-stream-llama-stack.js', '/chat-stream-parts.js']);
  });

  it('runs a tool of the page, and goes on', async () => {
    await visitor.ask('1 + 2?');
    const turn = await stack.nextTurn();
    const call = { call_id: 'c1', tool_name: 'add', arguments: { a: 1, b: 2 } };
    const step = turn.start();
    turn.await([call], [turn.complete(step, { model_response: says('', [call]) })]);
    const resumed = await stack.nextTurn();
    expect(resumed.request.body['tool_responses']).toEqual([{ call_id: 'c1', tool_name: 'add', content: '3' }]);
    resumed.answer('It is ', '3.');
    await visitor.answered();
    expect(await visitor.transcript()).toEqual(['user: 1 + 2?', 'ai: It is 3.']);
    expect(await visitor.text('tool')).toBe('add');
  });

  it('a connection that breaks ends the answer, and the next question works', async () => {
    await visitor.ask('hi');
    const turn = await stack.nextTurn();
    turn.text(turn.start(), 'Half');
    await visitor.reads('Half');
    turn.reset();
    await visitor.until(({ status }) => status === 'error');
    await visitor.ask('again');
    (await stack.nextTurn()).answer('Whole');
    await visitor.reads('Whole');
    await visitor.until(({ status }) => status === 'ready');
  });

  it('stop closes the connection to the server', async () => {
    await visitor.ask('hi');
    const turn = await stack.nextTurn();
    turn.text(turn.start(), 'Half');
    await visitor.reads('Half');
    await visitor.click('stop');
    await turn.request.closed;
    await visitor.until(({ status }) => status === 'ready');
    expect(await visitor.transcript()).toEqual(['user: hi', 'ai: Half']);
  });
});
