import { expect } from 'chai';
import type { Delta } from '@chat-stream/protocol';
import { cleanUp, mountLinked, need, part, texts, until } from './support/element.js';

describe('What the model thinks', () => {
  afterEach(cleanUp);

  const setUp = async () => {
    const linked = await mountLinked();
    const { link } = linked;
    link.frame({ type: 'message_stream', id: 'a', stream_start: true, metadata: { streaming: true } });
    const say = (chunk: string, delta?: Delta) =>
      link.frame({
        type: 'message_stream',
        id: 'a',
        stream_chunk: true,
        chunk,
        ...(delta === undefined ? {} : { delta }),
        metadata: { streaming: true },
      });
    const end = () =>
      link.frame({ type: 'message_stream', id: 'a', stream_end: true, metadata: { status: 'complete' } });
    return { ...linked, say, end };
  };
  const details = (element: Element) => part<HTMLDetailsElement>(element, 'reasoning');

  it('is in the answer, closed, and grows with what comes', async () => {
    const { element, say, end } = await setUp();
    say('', { type: 'reasoning', text: 'First <b>this</b>,\n' });
    say('', { type: 'reasoning', text: 'then that.' });
    say('It is so.');
    end();
    await until(() => texts(element, 'content').join() === 'It is so.');
    await until(() => texts(element, 'reasoning').length === 1);
    const thought = need<HTMLDetailsElement>(element, 'reasoning');
    expect(thought.open).to.equal(false);
    expect(thought.querySelector('summary')?.textContent).to.equal('Reasoning');
    // It is text, and nothing of it is taken for markup.
    expect(thought.querySelector('span')?.textContent).to.equal('First <b>this</b>,\nthen that.');
    expect(thought.querySelectorAll('b').length).to.equal(0);
  });

  it('opens with the keyboard, and stays open while it grows', async () => {
    const { element, say } = await setUp();
    say('', { type: 'reasoning', text: 'First' });
    await until(() => details(element));
    const thought = need<HTMLDetailsElement>(element, 'reasoning');
    const summary = thought.querySelector('summary')!;
    summary.focus();
    expect(element.shadowRoot?.activeElement === summary, 'has the focus').to.equal(true);
    summary.click();
    expect(thought.open).to.equal(true);
    say('', { type: 'reasoning', text: ', second' });
    await until(() => thought.textContent.includes('First, second'));
    expect(details(element) === thought, 'is the same').to.equal(true);
    expect(thought.open).to.equal(true);
  });

  it('is one part before and another after a tool', async () => {
    const { element, say, end } = await setUp();
    say('', { type: 'reasoning', text: 'I must look.' });
    say('', { type: 'tool_call', call_id: 'c', tool_name: 'look', parse_status: 'succeeded', target: 'server' });
    say('', { type: 'reasoning', text: 'I see.' });
    end();
    await until(() => texts(element, 'reasoning').length === 2);
    const shown = [...(element.shadowRoot?.querySelectorAll('[part=reasoning], [part=tool]') ?? [])];
    const words = shown.map((one) => (one.querySelector('span') ?? one).textContent);
    expect(words).to.deep.equal(['I must look.', 'look', 'I see.']);
  });

  it('a tool that runs before the first word can be seen, and the answer appears with it', async () => {
    const { element, say } = await setUp();
    const isSeen = (name: string) => part(element, name)?.checkVisibility() === true;
    say('', { type: 'step', step_id: 's', step_type: 'inference', phase: 'start' });
    await until(() => part(element, 'message-ai'));
    expect(isSeen('message-ai'), 'an answer that holds nothing yet').to.equal(false);
    say('', { type: 'tool_call', call_id: 'c', tool_name: 'look', parse_status: 'succeeded', target: 'server' });
    await until(() => part(element, 'tool'));
    expect(isSeen('tool'), 'the tool').to.equal(true);
    expect(need(element, 'tool').dataset['state']).to.equal('running');
    expect(isSeen('content'), 'the text that is not there yet').to.equal(false);
  });

  it('an answer of steps alone says that it was empty', async () => {
    const { element, say, end } = await setUp();
    say('', { type: 'step', step_id: 's', step_type: 'inference', phase: 'start' });
    say('', { type: 'step', step_id: 's', step_type: 'inference', phase: 'complete' });
    end();
    await until(() => texts(element, 'note').join() === 'The answer was empty.');
  });
});
