import { expect } from 'chai';
import type { ChatStreamElement, FrameDetail } from '@chat-stream/widget';
import { cleanUp, mount, mountLinked, need, painted, part, record, until } from './support/element.js';
import type { FakeLink } from './support/fake-link.js';
import type { FakeServer } from './support/fake-server.js';
import { useFakeServer } from './support/use-fake-server.js';

const rows = (element: Element) =>
  [...(element.shadowRoot?.querySelectorAll('[part=debug-frames] tbody tr') ?? [])].map((row) =>
    [...row.children].map(({ textContent }) => textContent),
  );
const types = (element: Element) => rows(element).map((cells) => cells[3]);
const answers = (element: Element) =>
  [...(element.shadowRoot?.querySelectorAll('.debug-answers li') ?? [])].map((line) => line.textContent ?? '');
const press = (element: Element, text: string): HTMLButtonElement => {
  const found = [...need(element, 'debug').querySelectorAll('button')].find((one) => one.textContent === text);
  if (found === undefined) throw new Error(`There is no button "${text}".`);
  found.click();
  return found;
};
const filterBy = (element: Element, text: string): void => {
  const input = need(element, 'debug').querySelector('input');
  if (input === null) throw new Error('There is no filter.');
  input.value = text;
  input.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
};
const names = (frames: readonly FrameDetail[]) => frames.map(({ direction, frame }) => `${direction} ${frame.type}`);

/** An element over a link, with its panel. */
async function debugged(
  attributes = {},
): Promise<{ element: ChatStreamElement; link: FakeLink; frames: FrameDetail[] }> {
  const told: FrameDetail[] = [];
  const hear = (event: Event) => told.push((event as CustomEvent<FrameDetail>).detail);
  document.addEventListener('chat-stream-frame', hear);
  const { element, link } = await mountLinked({ attributes: { debug: '', ...attributes } });
  await until(() => part(element, 'debug'));
  await painted(element);
  document.removeEventListener('chat-stream-frame', hear);
  const frames = [...told];
  element.addEventListener('chat-stream-frame', ({ detail }) => frames.push(detail));
  return { element, link, frames };
}

/** What is written to the clipboard; a test never touches the real one. */
function withClipboard(write: (text: string) => Promise<void>): () => void {
  const own = Object.getOwnPropertyDescriptor(navigator, 'clipboard');
  Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { writeText: write } });
  return () => {
    if (own === undefined) Reflect.deleteProperty(navigator, 'clipboard');
    else Object.defineProperty(navigator, 'clipboard', own);
  };
}

describe('The attribute debug', () => {
  let restore = (): void => {};
  afterEach(async () => {
    restore();
    restore = () => {};
    await cleanUp();
  });

  it('shows every frame in and out, those that came before its file was there included', async () => {
    const { element, link, frames } = await debugged();
    await element.sendMessage('Why?');
    link.start('answer-1');
    link.chunk('answer-1', 'Because.');
    link.end('answer-1');
    await until(() => rows(element).length === 8);
    expect(names(frames).slice(0, 3)).to.deep.equal(['out hello', 'in session', 'in history']);
    expect(types(element).join(', ')).to.equal(
      'hello, session, history, message, message, stream start, stream chunk, stream end',
    );
    expect(rows(element)[6]?.slice(4)).to.deep.equal(['3', String(frames[6]?.bytes), '"Because."']);
    expect(need(element, 'debug-state').textContent).to.equal('open · link · seq 4 · 8 frames · epoch e1');
  });

  it('tells the page of each frame, with times, its size and a copy that is the page’s own', async () => {
    const { element, link, frames } = await debugged();
    link.start('a');
    link.chunk('a', 'Zoë');
    const [start, chunk] = frames.slice(-2);
    if (start === undefined || chunk === undefined) throw new Error('There were no events.');
    expect(chunk.direction).to.equal('in');
    expect(chunk.transport).to.equal('link');
    expect(chunk.at).to.be.at.least(start.at);
    expect(chunk.sincePrevious).to.equal(chunk.at - start.at);
    expect(chunk.sinceConnect).to.be.at.least(chunk.sincePrevious);
    expect(chunk.bytes).to.equal(new TextEncoder().encode(JSON.stringify(chunk.frame)).length);
    Object.assign(chunk.frame, { chunk: 'what a listener writes into it' });
    await painted(element);
    expect(element.messages.at(-1)?.content).to.equal('Zoë');
  });

  it('shows no token, password or key of anyone, and the text of the messages', async () => {
    const told = record(document.body, 'chat-stream-frame');
    const { element, link } = await mountLinked({ attributes: { debug: '' }, getToken: () => 'the page’s token' });
    await until(() => part(element, 'debug'));
    link.session({ token: 'the server’s token', resumed: true });
    const delta = {
      type: 'tool_result',
      call_id: 'c',
      tool_name: 't',
      content: { apiKey: 'sk-1', nested: [{ user_password: 'hunter2' }], total_tokens: 12, text: 'a token is a word' },
    } as const;
    link.frame({ type: 'message_stream', id: 'a', stream_start: true, seq: 1 });
    link.frame({ type: 'message_stream', id: 'a', delta, seq: 2 });
    await until(() => rows(element).length >= 6);
    const everything = JSON.stringify(told) + (need(element, 'debug').textContent ?? '');
    for (const secret of ['the page’s token', 'the server’s token', 'sk-1', 'hunter2']) {
      expect(everything, secret).not.to.include(secret);
    }
    expect(told[0]?.frame['token']).to.equal('[masked]');
    const result = told.at(-1)?.frame['delta'] as { readonly content: unknown } | undefined;
    expect(result?.content).to.include({ apiKey: '[masked]', total_tokens: 12, text: 'a token is a word' });
  });

  it('says of each answer when its text began, what came, and what went missing', async () => {
    const { element, link } = await debugged();
    await element.sendMessage('Why?');
    const question = link.sentOf('message')[0]?.id;
    link.start('answer-1', question);
    link.chunk('answer-1', 'one ');
    link.chunk('answer-1', 'two');
    await until(() => answers(element)[0]?.includes('2 chunks, 7 characters'));
    expect(answers(element)[0]).to.match(
      /^answer-1Copy as JSONstreaming · first text after \d+ ms · .* · no gap · longest pause/,
    );
    link.frame({ type: 'message_stream', id: 'answer-1', stream_chunk: true, chunk: 'late', seq: link.seq + 3 });
    await until(() => answers(element)[0]?.includes('2 missing'));
  });

  it('shows what was no frame, and why', async () => {
    const { element, link } = await debugged();
    link.frame({ type: 'message', sender: 'nobody' } as never);
    await until(() => types(element).at(-1) === 'invalid');
    expect(rows(element).at(-1)?.[6]).to.include('"code":"bad_message"');
  });

  it('filters by type and by text, holds still, and forgets', async () => {
    const { element, link } = await debugged();
    link.answer('a', 'needle');
    link.answer('b', 'hay');
    filterBy(element, 'NEEDLE');
    await until(() => rows(element).length === 1);
    filterBy(element, 'stream end');
    await until(() => rows(element).length === 2);
    const pause = press(element, 'Pause');
    expect(pause.getAttribute('aria-pressed')).to.equal('true');
    link.answer('c', 'meanwhile');
    await painted(element);
    expect(rows(element)).to.have.length(2);
    filterBy(element, 'stream start');
    await painted(element);
    expect(rows(element)).to.have.length(2);
    press(element, 'Pause');
    await until(() => rows(element).length === 3);
    press(element, 'Clear');
    filterBy(element, '');
    await painted(element);
    expect(rows(element)).to.deep.equal([]);
    expect(answers(element)).to.deep.equal([]);
    link.answer('d', 'again');
    await until(() => rows(element).length === 3);
  });

  it('copies the frames of one answer as JSON, with its question, its figures and times', async () => {
    const copied: string[] = [];
    restore = withClipboard(async (text) => void copied.push(text));
    const { element, link } = await debugged();
    await element.sendMessage('Why?');
    const question = link.sentOf('message')[0]?.id;
    link.start('answer-1', question);
    link.chunk('answer-1', 'Because.');
    link.end('answer-1');
    link.answer('answer-2', 'another');
    await until(() => answers(element).length === 2);
    need(element, 'debug').querySelector<HTMLButtonElement>('[data-id=answer-1] button')?.click();
    await until(() => copied.length === 1);
    const { messageId, frames, answers: figures } = JSON.parse(copied[0] ?? '') as Record<string, unknown>;
    expect(messageId).to.equal('answer-1');
    expect(names(frames as FrameDetail[]).join(', ')).to.equal(
      'out message, in message, in message_stream, in message_stream, in message_stream',
    );
    expect((frames as { time: string }[])[0]?.time).to.match(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(figures).to.have.length(1);
    expect((figures as object[])[0]).to.include({ id: 'answer-1', status: 'complete', chunks: 1, characters: 8 });
    expect(element.framesOf?.('answer-1')).to.have.length(5);
    await until(() => need(element, 'debug').querySelector('[role=status]')?.textContent === 'Copied');
    press(element, 'Copy all as JSON');
    await until(() => copied.length === 2);
    expect(copied[1]).to.include('"messages"').and.include('answer-2');
  });

  it('lets one select the text where a page may not copy', async () => {
    restore = withClipboard(() => Promise.reject(new DOMException('no', 'NotAllowedError')));
    const { element } = await debugged();
    press(element, 'Copy all as JSON');
    const area = need(element, 'debug').querySelector('textarea');
    await until(() => element.shadowRoot?.activeElement === area);
    expect(JSON.parse(area?.value ?? '')).to.have.property('frames');
    expect(area?.selectionEnd).to.equal(area?.value.length);
    press(element, 'Hide');
    expect(area?.checkVisibility()).to.equal(false);
  });

  it('leaves the composer in view, folds, and is reached by keyboard', async () => {
    for (const [width, height] of [
      [400, 600],
      [320, 480],
    ] as const) {
      const { element, link } = await debugged();
      element.parentElement?.style.setProperty('width', `${width}px`);
      element.parentElement?.style.setProperty('height', `${height}px`);
      for (let number = 0; number < 80; number++) link.answer(`answer-${number}`, 'Some text. '.repeat(20));
      await until(() => rows(element).length === 200);
      await painted(element);
      const panel = need(element, 'debug').getBoundingClientRect();
      const composer = need(element, 'composer').getBoundingClientRect();
      const around = element.getBoundingClientRect();
      expect(panel.bottom).to.be.at.most(around.top + height / 2);
      expect(composer.bottom).to.be.at.most(around.bottom);
      expect(panel.right).to.be.at.most(around.right);
      const reachable = [...need(element, 'debug').querySelectorAll<HTMLElement>('button, input, [tabindex="0"]')];
      for (const one of reachable.filter((other) => other.checkVisibility())) {
        one.focus();
        expect(element.shadowRoot?.activeElement === one).to.equal(true);
      }
      const toggle = press(element, 'Debug');
      expect(toggle.getAttribute('aria-expanded')).to.equal('false');
      expect(part(element, 'debug-frames')?.checkVisibility()).to.equal(false);
      expect(need(element, 'debug').getBoundingClientRect().height).to.be.below(48);
    }
  });

  it('stays at the newest frame, until one scrolls up', async () => {
    const { element, link } = await debugged();
    const table = need(element, 'debug-frames');
    const isAtEnd = () => table.scrollHeight - table.scrollTop - table.clientHeight < 2;
    link.answer('a', 'The figures of an answer take some of the place.');
    for (let number = 0; number < 30; number++) link.answer(`answer-${number}`, 'text');
    await until(() => rows(element).length === 96);
    await painted(element);
    expect(isAtEnd()).to.equal(true);
    table.scrollTop = 40;
    await painted(element);
    link.answer('b', 'text');
    await until(() => rows(element).length === 99);
    await painted(element);
    expect(table.scrollTop).to.equal(40);
    table.scrollTop = table.scrollHeight;
    await painted(element);
    link.answer('c', 'text');
    await until(() => rows(element).length === 102);
    await painted(element);
    expect(isAtEnd()).to.equal(true);
  });

  it('can be set and taken away at any time, and leaves nothing behind', async () => {
    const { element, link } = await mountLinked();
    const told = record(element, 'chat-stream-frame');
    const sheets = element.shadowRoot?.adoptedStyleSheets.length;
    link.answer('a', 'not debugged');
    expect(told).to.deep.equal([]);
    expect(element.framesOf).to.equal(undefined);
    element.debug = true;
    await until(() => part(element, 'debug'));
    link.answer('b', 'debugged');
    // The session that was open, and three of the answer.
    await until(() => rows(element).length === 4);
    expect(told[1]?.sinceConnect, 'the time since the connection that was there').to.be.above(0);
    element.debug = false;
    await painted(element);
    expect(part(element, 'debug') === null).to.equal(true);
    expect(element.framesOf).to.equal(undefined);
    expect(element.shadowRoot?.adoptedStyleSheets.length).to.equal(sheets);
    link.answer('c', 'not debugged');
    expect(told).to.have.length(4);
    element.debug = true;
    element.debug = false;
    element.debug = true;
    await until(() => part(element, 'debug'));
    await painted(element);
    expect(element.shadowRoot?.querySelectorAll('[part=debug]')).to.have.length(1);
    expect(element.shadowRoot?.adoptedStyleSheets.length).to.equal((sheets ?? 0) + 1);
  });

  it('keeps the newest 5,000 frames, and says how many it let go', async () => {
    const { element, link } = await debugged();
    link.start('long');
    for (let number = 0; number < 6_000; number++) link.chunk('long', 'x');
    await until(() => answers(element)[0]?.includes('6000 chunks'));
    const kept = element.framesOf?.() ?? [];
    expect(kept.length).to.be.within(4_500, 5_000);
    expect(kept.at(-1)?.frame['seq']).to.equal(link.seq);
    expect(rows(element).length).to.be.at.most(200);
  });
});

describe('The attribute debug, by transport', () => {
  let server: FakeServer;
  useFakeServer((opened) => (server = opened));

  it('names a WebSocket, and counts the time since each attempt anew', async () => {
    const element = await mount({ attributes: { server: server.url, debug: '', transport: 'auto' } });
    const { visitor } = await server.arrival();
    visitor.send({ type: 'session', session_id: 's', epoch: 'e', seq: 0, resumed: true });
    await until(() => types(element).includes('session'));
    const frames = element.framesOf?.() ?? [];
    expect(names(frames)).to.deep.equal(['in connected', 'out hello', 'in session']);
    expect(new Set(frames.map(({ transport }) => transport))).to.deep.equal(new Set(['websocket']));
    visitor.close(1012);
    await server.arrival();
    await until(() => types(element).filter((type) => type === 'hello').length === 2);
    const again = element.framesOf?.().find(({ at }) => at > (frames.at(-1)?.at ?? 0));
    expect(again?.sinceConnect).to.be.below(again?.sincePrevious ?? 0);
  });

  it('knows the session, its epoch and when it came, also when it is switched on later', async () => {
    const element = await mount({ attributes: { server: server.url } });
    const { visitor } = await server.arrival();
    visitor.send({ type: 'session', session_id: 's', epoch: 'e-of-the-server', seq: 7, resumed: false });
    visitor.send({ type: 'history', messages: [], has_more: false, seq: 7 });
    await until(() => element.connectionState === 'open');
    element.debug = true;
    await until(() => part(element, 'debug-state')?.textContent?.includes('epoch e-of-the-server'));
    expect(need(element, 'debug-state').textContent).to.include('seq 7');
    const [first, ...rest] = element.framesOf?.() ?? [];
    expect([first?.frame.type, rest]).to.deep.equal(['session', []]);
    expect(first?.transport).to.equal('websocket');
    expect(first?.sinceConnect).to.be.above(0);
  });

  it('names server-sent events', async () => {
    server.serve();
    const element = await mount({ attributes: { server: server.url, debug: '', transport: 'sse' } });
    await until(() => types(element).includes('hello'));
    expect(element.framesOf?.().map(({ transport }) => transport)).to.deep.equal(['sse', 'sse']);
  });

  it('names a Llama Stack server, and shows what its events became', async () => {
    server.serve();
    const element = await mount({ attributes: { server: server.url, debug: '', transport: 'llama-stack' } });
    const agent = { agent_id: 'agent-1', agent_config: { model: 'm', instructions: '', name: 'Ada' } };
    (await server.request('GET /v1/agents')).json(200, { data: [agent], has_more: false });
    (await server.request('POST /v1/agents/agent-1/session')).json(200, { session_id: 's1' });
    await until(() => element.connectionState === 'open');
    await element.sendMessage('hi');
    const turn = await server.request('POST /v1/agents/agent-1/session/s1/turn');
    turn.events();
    const delta = { type: 'text', text: 'Hello' };
    turn.send({
      event: { payload: { event_type: 'step_progress', step_type: 'inference', step_id: 'x', delta } },
    });
    await until(() => types(element).includes('stream chunk'));
    expect(element.framesOf?.().every(({ transport }) => transport === 'llama-stack')).to.equal(true);
    expect(answers(element)[0]).to.include('1 chunk, 5 characters');
  });
});
