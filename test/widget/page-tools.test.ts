import { expect } from 'chai';
import { cleanUp, mountLinked, part, record, texts, until } from './support/element.js';

const call = (fields: object = {}) => ({
  type: 'tool_call' as const,
  call_id: 'c1',
  tool_name: 'locate',
  arguments: '{"precise":true}',
  parse_status: 'succeeded' as const,
  target: 'page' as const,
  ...fields,
});

describe('Tools of the page', () => {
  afterEach(cleanUp);

  const setUp = async (execute: (args: unknown) => unknown = () => 'Wien') => {
    const ran: unknown[] = [];
    const tool = { name: 'locate', execute: (args: unknown) => (ran.push(args), execute(args)) };
    const linked = await mountLinked();
    linked.element.tools = [tool];
    const { link } = linked;
    const say = (id: string, delta: object) =>
      link.frame({ type: 'message_stream', id, stream_chunk: true, chunk: '', delta, metadata: { streaming: true } });
    link.frame({ type: 'message_stream', id: 'a', stream_start: true, metadata: { streaming: true } });
    return { ...linked, ran, say, results: () => link.sentOf('tool_result') };
  };

  it('run once for each call, with what the model wrote, and the page hears of it', async () => {
    const { element, ran, say, results } = await setUp();
    const calls = record(element, 'chat-stream-tool-call');
    say('a', call({ parse_status: 'in_progress' }));
    say('a', call());
    say('a', call());
    await until(() => results().length > 0);
    expect(ran).to.deep.equal([{ precise: true }]);
    expect(results()).to.deep.equal([{ type: 'tool_result', call_id: 'c1', content: 'Wien' }]);
    expect(calls.map(({ callId, messageId }) => [callId, messageId])).to.deep.equal([['c1', 'a']]);
  });

  it('run again for another answer that uses the same ids', async () => {
    const { link, ran, say, results } = await setUp();
    say('a', call());
    await until(() => results().length === 1);
    link.frame({ type: 'message_stream', id: 'a', stream_end: true, metadata: { status: 'complete' } });
    link.frame({ type: 'message_stream', id: 'b', stream_start: true, metadata: { streaming: true } });
    say('b', call());
    await until(() => results().length === 2);
    expect(ran).to.have.length(2);
  });

  it('what is not for the page does not run here', async () => {
    const { element, ran, say } = await setUp();
    say('a', call({ target: 'server' }));
    say('a', call({ call_id: 'c2', target: 'client' }));
    say('a', call({ call_id: 'c3', needs_approval: true }));
    await until(() => texts(element, 'tool').length === 3);
    expect(ran).to.deep.equal([]);
  });

  it('a call that was answered before, here or in another tab, does not run again', async () => {
    const { element, link, ran, results } = await setUp();
    // As after a reload: a snapshot, with what the running answer holds so far.
    link.frame({ type: 'session', session_id: 'another', epoch: 'e2', seq: 4, resumed: false });
    link.frame({ type: 'history', messages: [], has_more: false, seq: 4, catch_up: 4 });
    link.frame({ type: 'message_stream', id: 'b', stream_start: true, metadata: { streaming: true } });
    const chunk = { type: 'message_stream' as const, id: 'b', stream_chunk: true, chunk: '' };
    link.frame({ ...chunk, delta: call() });
    link.frame({ ...chunk, delta: call({ call_id: 'c2' }) });
    link.frame({ ...chunk, delta: { type: 'tool_result', call_id: 'c1', tool_name: 'locate', content: 'Graz' } });
    await until(() => results().length > 0);
    expect(ran).to.have.length(1);
    expect(results().map(({ call_id }) => call_id)).to.deep.equal(['c2']);
    expect(element.status).to.equal('streaming');
  });

  it('a result that could not be sent is sent when the connection is back', async () => {
    let finish: ((value: string) => void) | undefined;
    const { link, say, results } = await setUp(() => new Promise((resolve) => (finish = resolve)));
    say('a', call());
    await until(() => finish !== undefined);
    link.state('reconnecting');
    finish?.('Wien');
    await new Promise((resolve) => setTimeout(resolve));
    expect(results()).to.deep.equal([]);
    link.state('open');
    await until(() => results().length === 1);
    expect(results()[0]).to.include({ call_id: 'c1', content: 'Wien' });
  });

  it('what they throw, arguments that are no JSON, and a tool that is not there are errors for the agent', async () => {
    const { say, results } = await setUp(() => {
      throw new Error('no GPS');
    });
    say('a', call());
    say('a', call({ call_id: 'c2', arguments: '{oops' }));
    say('a', call({ call_id: 'c3', tool_name: 'nothing' }));
    await until(() => results().length === 3);
    expect(results().every(({ is_error: isError }) => isError)).to.equal(true);
    expect(results().find(({ call_id }) => call_id === 'c1')?.content).to.equal('no GPS');
  });

  it('their name stands in the answer, and how far they have come', async () => {
    const { element, say } = await setUp(() => new Promise(() => {}));
    say('a', call());
    await until(() => part(element, 'tool')?.dataset['state'] === 'running');
    say('a', { type: 'tool_result', call_id: 'c1', tool_name: 'locate', content: 'no', is_error: true });
    await until(() => part(element, 'tool')?.dataset['state'] === 'failed');
    expect(texts(element, 'tool')).to.deep.equal(['locate']);
    expect(texts(element)).to.deep.equal(['']);
  });
});
