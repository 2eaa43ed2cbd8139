import type { ChatStreamElement } from '@chat-stream/widget';
import { expect } from 'chai';
import { cleanUp, mountLinked, need, painted, part, type Setup, texts, until } from './support/element.js';

const REFUND = {
  type: 'tool_call' as const,
  call_id: 'c1',
  tool_name: 'refund',
  arguments: { order: 7 },
  parse_status: 'succeeded' as const,
  target: 'server' as const,
  needs_approval: true,
};

const button = (element: Element, name: 'approve' | 'decline') => need<HTMLButtonElement>(element, name);
const isHidden = (element: Element, name: string) => getComputedStyle(need(element, name)).display === 'none';
/** What is said with the call: that it waits, or what became of it. */
const said = (element: Element) => part(element, 'approval')?.querySelector('span')?.textContent;
const state = (element: Element) => part(element, 'tool')?.dataset['state'];
const announced = (element: ChatStreamElement) => part(element, 'announcer')?.textContent ?? '';

describe('A call that needs an approval', () => {
  afterEach(cleanUp);

  const setUp = async (setup: Setup = {}) => {
    const linked = await mountLinked(setup);
    const { link } = linked;
    const stream = (fields: object) =>
      link.frame({ type: 'message_stream', id: 'a', metadata: { streaming: true }, ...fields });
    stream({ stream_start: true });
    return {
      ...linked,
      say: (delta: object) => stream({ stream_chunk: true, chunk: '', delta }),
      end: (status: string) => stream({ stream_end: true, metadata: { status } }),
      decisions: () => link.sentOf('approval'),
    };
  };
  const asked = async (setup: Setup = {}) => {
    const chat = await setUp(setup);
    chat.say(REFUND);
    await until(() => part(chat.element, 'approve'));
    return chat;
  };

  it('shows what would be done, and a button for either decision; what is pressed goes to the server, once', async () => {
    const { element, say, decisions } = await asked();
    expect(state(element)).to.equal('waiting');
    expect(said(element)).to.equal('Needs your approval');
    expect(JSON.parse(need(element, 'approval-arguments').textContent ?? '')).to.deep.equal({ order: 7 });
    expect([texts(element, 'approve'), texts(element, 'decline')]).to.deep.equal([['Approve'], ['Decline']]);
    button(element, 'approve').click();
    button(element, 'decline').click();
    expect(decisions()).to.deep.equal([{ type: 'approval', id: 'a', call_id: 'c1', approved: true }]);
    expect([button(element, 'approve').disabled, button(element, 'decline').disabled]).to.deep.equal([true, true]);
    say({ ...REFUND, approved: true });
    await until(() => said(element) === 'Approved');
    expect([isHidden(element, 'approve'), isHidden(element, 'decline')]).to.deep.equal([true, true]);
    expect(state(element)).to.equal('running');
    say({ type: 'tool_result', call_id: 'c1', tool_name: 'refund', content: 'ok' });
    await until(() => state(element) === 'done');
  });

  it('shows that it was declined, and what was said to it', async () => {
    const { element, say, decisions } = await asked();
    button(element, 'decline').click();
    expect(decisions()).to.deep.equal([{ type: 'approval', id: 'a', call_id: 'c1', approved: false }]);
    say({ ...REFUND, approved: false, comment: 'Not on a \u202eFriday.' });
    say({ type: 'tool_result', call_id: 'c1', tool_name: 'refund', content: 'Not on a Friday.', is_error: true });
    await until(() => state(element) === 'failed');
    expect(said(element)).to.equal('Declined: Not on a \ufffdFriday.');
  });

  it('shows what another tab decided first, and what the server says to the second decision is no news', async () => {
    const { element, link, say } = await asked();
    button(element, 'approve').click();
    say({ ...REFUND, approved: false });
    await until(() => said(element) === 'Declined');
    link.frame({ type: 'error', code: 'conflict', message: 'It was declined before.', ref: 'c1' });
    await painted(element);
    expect(part(element, 'error') === null, 'no failure is shown').to.equal(true);
    expect(isHidden(element, 'approve')).to.equal(true);
  });

  it('is decided when the connection is back, where there is none', async () => {
    const { element, link, say, decisions } = await asked();
    link.state('reconnecting');
    button(element, 'approve').click();
    expect(decisions()).to.deep.equal([]);
    expect(button(element, 'approve').disabled).to.equal(true);
    link.state('open');
    await until(() => decisions().length === 1);
    // It was on its way when the connection was lost: nobody knows whether it arrived.
    link.state('reconnecting');
    link.state('open');
    await until(() => decisions().length === 2);
    expect(decisions()[1]).to.deep.equal(decisions()[0]);
    say({ ...REFUND, approved: true });
    await until(() => said(element) === 'Approved');
    link.state('reconnecting');
    link.state('open');
    await painted(element);
    expect(decisions()).to.have.length(2);
  });

  it('asks again after a reload, while nobody decided; and shows what was decided before', async () => {
    const { element, link, decisions } = await setUp();
    link.frame({ type: 'session', session_id: 'another', epoch: 'e2', seq: 4, resumed: false });
    link.frame({ type: 'history', messages: [], has_more: false, seq: 4, catch_up: 3 });
    link.frame({ type: 'message_stream', id: 'b', stream_start: true, metadata: { streaming: true } });
    const chunk = { type: 'message_stream' as const, id: 'b', stream_chunk: true, chunk: '' };
    link.frame({ ...chunk, delta: { ...REFUND, approved: true } });
    link.frame({ ...chunk, delta: { ...REFUND, call_id: 'c2', tool_name: 'ship' } });
    await until(() => texts(element, 'approve').length === 2);
    const [first, second] = [...(element.shadowRoot?.querySelectorAll<HTMLElement>('[part~=approval]') ?? [])];
    expect(first?.querySelector('span')?.textContent).to.equal('Approved');
    expect(second?.querySelector('span')?.textContent).to.equal('Needs your approval');
    second?.querySelector<HTMLButtonElement>('[part~=decline]')?.click();
    expect(decisions()).to.deep.equal([{ type: 'approval', id: 'b', call_id: 'c2', approved: false }]);
  });

  it('stands below the text, where the answer is read, also when it was told of before it asked', async () => {
    const { element, say } = await setUp();
    say({ type: 'source', url: 'https://example.com/page', title: 'A page' });
    say({ ...REFUND, needs_approval: undefined, parse_status: 'in_progress' });
    say({ ...REFUND, call_id: 'c2', tool_name: 'look', needs_approval: undefined });
    const order = () =>
      [...(element.shadowRoot?.querySelectorAll('[part~=tool], [part~=content], [part~=source]') ?? [])]
        .map((one) => one.firstChild?.nodeValue ?? one.part[0])
        .join();
    await until(() => order() === 'refund,look,content,A page');
    say(REFUND);
    await until(() => order() === 'look,content,A page,refund');
  });

  it('asks no more when the answer has ended: it was not decided', async () => {
    const { element, end } = await asked();
    end('stopped');
    await until(() => state(element) === 'failed');
    expect(said(element)).to.equal('Nobody decided');
    expect(isHidden(element, 'approve')).to.equal(true);
  });

  it('of which nothing is heard after it was approved is done with the answer', async () => {
    const { element, say, end } = await asked();
    say({ ...REFUND, approved: true });
    end('complete');
    await until(() => state(element) === 'done');
    expect(said(element)).to.equal('Approved');
  });

  it('that is one of the page runs when it was approved, and not before', async () => {
    const { element, link, say } = await setUp();
    let runs = 0;
    element.tools = [{ name: 'refund', execute: () => ++runs }];
    say({ ...REFUND, target: 'page' });
    await until(() => part(element, 'approve'));
    await painted(element);
    expect(runs).to.equal(0);
    say({ ...REFUND, target: 'page', approved: true });
    await until(() => link.sentOf('tool_result').length === 1);
    expect(runs).to.equal(1);
    say({ ...REFUND, call_id: 'c2', target: 'page', approved: false });
    await painted(element);
    expect(runs).to.equal(1);
  });

  it('is told to screen readers, as is what became of it, and has a name', async () => {
    const { element, say } = await asked();
    expect(announced(element)).to.contain('Needs your approval: refund');
    const group = need(element, 'approval');
    expect([group.getAttribute('role'), group.getAttribute('aria-label')]).to.deep.equal([
      'group',
      'Needs your approval: refund',
    ]);
    say({ ...REFUND, approved: true });
    await until(() => announced(element).includes('Approved'));
  });

  it('is decided by keyboard, and the focus stays with it', async () => {
    const { element, say } = await asked();
    button(element, 'approve').focus();
    expect(element.shadowRoot?.activeElement === button(element, 'approve'), 'it has the focus').to.equal(true);
    button(element, 'approve').click();
    const isWithin = () => need(element, 'approval').contains(element.shadowRoot?.activeElement ?? null);
    await painted(element);
    expect(isWithin()).to.equal(true);
    say({ ...REFUND, approved: true });
    await until(() => said(element) === 'Approved');
    await painted(element);
    expect(isWithin()).to.equal(true);
  });

  it('speaks the words of the page', async () => {
    const strings = { approval: 'Braucht Ihre Zustimmung', approve: 'Ja', decline: 'Nein', approved: 'Zugestimmt' };
    const { element, say } = await asked({ strings });
    expect(said(element)).to.equal('Braucht Ihre Zustimmung');
    expect([texts(element, 'approve'), texts(element, 'decline')]).to.deep.equal([['Ja'], ['Nein']]);
    say({ ...REFUND, approved: true });
    await until(() => said(element) === 'Zugestimmt');
  });

  it('hides nothing of what it would do: text as the model wrote it, with a mark for what nobody sees', async () => {
    const { element, say } = await setUp();
    say({ ...REFUND, arguments: '{"to":"a","to":"\u202eb"}' });
    say({ ...REFUND, call_id: 'c2', arguments: '{ }' });
    await until(() => texts(element, 'approval-arguments').length === 2);
    expect(texts(element, 'approval-arguments')).to.deep.equal(['{"to":"a","to":"\ufffdb"}', '']);
  });
});
