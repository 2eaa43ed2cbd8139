import { type Agent, type AgentContext, type AgentEvent, type AgentTurn, LlamaStackAgent } from '@chat-stream/backend';
import { from, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { startApp } from '../support/app.js';
import { Visitor } from '../support/browser.js';
import { message, startResponsesServer } from '../support/responses-server.js';
import { eventually, PageChat, watchedPage } from './support/page-chat.js';
import { useSite } from './support/site.js';

/** Gives money back, if somebody lets it. */
class Clerk implements Agent {
  readonly info = { name: 'clerk' };

  execute(turn: AgentTurn, context: AgentContext): Observable<AgentEvent> {
    return from(this.answer(turn, context));
  }

  private async *answer({ answerId, message: { content } }: AgentTurn, context: AgentContext) {
    yield* this.work(answerId, context, content.includes('at length') ? 60 : 0);
  }

  private async *work(answerId: string, context: AgentContext, lines: number): AsyncGenerator<AgentEvent> {
    for (let line = 0; line < lines; line++) yield { type: 'text', text: `Line ${line} of many.\n\n` };
    const call = { id: `refund-${answerId}`, name: 'refund' };
    const written = { call_id: call.id, tool_name: call.name };
    const asked = { arguments: { order: 7 }, target: 'server', needs_approval: true } as const;
    yield { type: 'tool_call', ...written, ...asked, parse_status: 'succeeded' };
    const { approved, reason } = await context.askApproval(call);
    if (approved) yield { type: 'tool_result', ...written, content: 'Paid.' };
    yield { type: 'text', text: approved ? 'You have your money back.' : `I did not. ${reason}` };
  }
}

const state = (visitor: Visitor, wanted: string) =>
  visitor.until(
    ({ shadowRoot }, argument) => shadowRoot?.querySelector<HTMLElement>('[part~=tool]')?.dataset['state'] === argument,
    wanted,
  );

describe('a call that needs an approval, from an agent to a page and back', () => {
  const site = useSite({ agents: [new Clerk()] });
  const page = (attributes: string, server = site.app.url) =>
    site.pages.put(
      '/',
      `<!doctype html><meta charset="utf-8"><script src="${server}/chat-stream.js"></script>
      <div style="height: 500px"><chat-stream server="${server}" ${attributes}></chat-stream></div>`,
    );

  /** A visitor whose question waits for their approval. */
  const asked = async (question: string) => {
    const person = await site.browser.createBrowserContext();
    const visitor = await Visitor.open(person, page(''));
    await visitor.ask(question);
    await state(visitor, 'waiting');
    return { person, visitor };
  };

  it.each(['websocket', 'sse'])(
    'runs when the visitor approves, in every tab, after a reload: over %s',
    async (way) => {
      const person = await site.browser.createBrowserContext();
      const url = page(`transport="${way}"`);
      let visitor = await Visitor.open(person, url);
      await visitor.ask('My money back, please.');
      await state(visitor, 'waiting');
      await visitor.page.reload();
      visitor = await Visitor.at(visitor.page);
      await state(visitor, 'waiting');
      const tab = await Visitor.open(person, url);
      await state(tab, 'waiting');
      expect(JSON.parse((await tab.text('approval-arguments')) ?? '')).toEqual({ order: 7 });
      await tab.click('approve');
      for (const one of [visitor, tab]) {
        await one.reads('You have your money back.');
        await one.answered();
        await state(one, 'done');
        expect(await one.text('approve')).toBeUndefined();
        expect(await one.text('approval')).toContain('Approved');
        expect(one.complaints).toEqual([]);
      }
      await tab.page.reload();
      const again = await Visitor.at(tab.page);
      await state(again, 'done');
      expect(await again.text('approval')).toContain('Approved');
      await person.close();
    },
  );

  it('does not run when the visitor declines', async () => {
    const { person, visitor } = await asked('My money back, please.');
    await visitor.click('decline');
    await visitor.reads('I did not. The person who was asked declined this call.');
    await state(visitor, 'failed');
    expect(await visitor.text('approval')).toContain('Declined');
    expect(visitor.complaints).toEqual([]);
    await person.close();
  });

  it('is in sight below a long text', async () => {
    const { person, visitor } = await asked('My money back, at length.');
    await visitor.until(({ shadowRoot }) => {
      const box = shadowRoot?.querySelector('[part~=transcript]')?.getBoundingClientRect();
      const button = shadowRoot?.querySelector('[part~=approve]')?.getBoundingClientRect();
      return box !== undefined && button !== undefined && button.top >= box.top && button.bottom <= box.bottom;
    });
    await visitor.click('approve');
    await visitor.reads('You have your money back.');
    await person.close();
  });

  it('is decided in a frame of the service’s own page, too', async () => {
    const person = await site.browser.createBrowserContext();
    const watched = await watchedPage(person);
    const { url } = site.app;
    const policy = `script-src ${url}; require-trusted-types-for 'script'; trusted-types 'none'; frame-src ${url}`;
    const html = `<!doctype html><title>A page</title><body><script src="${url}/chat-stream.js" data-mode="inline"></script>`;
    await watched.page.goto(site.pages.put('/framed', html, { 'content-security-policy': policy }));
    const frame = await eventually('the frame is there', async () =>
      watched.page.frames().find((one) => one.url().startsWith(`${url}/chat-stream/frame`)),
    );
    const chat = await PageChat.on(watched.page, frame);
    await (await chat.part('input')).focus();
    await watched.page.keyboard.type('My money back, please.');
    await watched.page.keyboard.press('Enter');
    await (await chat.part('approve')).focus();
    await watched.page.keyboard.press('Enter');
    await eventually('the answer goes on', () =>
      chat.element.evaluate(({ messages }) => messages.at(-1)?.content === 'You have your money back.'),
    );
    await person.close();
  });

  it('of an agent behind a Llama Stack server runs there when the visitor approves', async () => {
    const responses = await startResponsesServer();
    await using _ = responses.stack;
    const agent = new LlamaStackAgent({ url: responses.stack.url, approvals: 'ask' });
    await using app = await startApp({ agents: [agent], allowedOrigins: [site.pages.origin] });
    const person = await site.browser.createBrowserContext();
    const visitor = await Visitor.open(person, page('', app.url));
    await visitor.ask('Delete it.');
    const wanted = { type: 'mcp_approval_request', id: 'ap1', name: 'delete_all', arguments: '{"in":"/tmp"}' };
    (await responses.next()).complete([wanted]);
    await state(visitor, 'waiting');
    expect(await visitor.text('tool')).toContain('delete_all');
    await visitor.click('approve');
    const second = await responses.next();
    expect(second.request.body['input']).toEqual([
      { type: 'mcp_approval_response', approval_request_id: 'ap1', approve: true },
    ]);
    const ran = { ...wanted, type: 'mcp_call', id: 'mcp-1', output: 'All gone.' };
    second.complete([ran, message('msg-2', 'It is gone.')]);
    await visitor.reads('It is gone.');
    await state(visitor, 'done');
    expect(visitor.complaints).toEqual([]);
    await person.close();
  });
});
