import { expect } from 'chai';
import fc from 'fast-check';
import { cleanUp, mountLinked, need, painted, part, record, texts, until } from './support/element.js';

describe('A streamed answer', () => {
  afterEach(cleanUp);

  it('appears token by token, with its line breaks', async () => {
    const { element, link } = await mountLinked();
    link.start('a');
    link.chunk('a', 'One\n');
    await painted(element);
    expect(texts(element)).to.deep.equal(['One']);
    link.chunk('a', 'two\n\n  three');
    await painted(element);
    expect(texts(element)).to.deep.equal(['One\ntwothree']);
    expect(getComputedStyle(need(element, 'content')).whiteSpace).to.equal('pre-line');
    link.end('a');
    await painted(element);
    expect([...need(element, 'content').children].map(({ textContent }) => textContent)).to.deep.equal([
      'One\ntwo',
      'three',
    ]);
    expect(element.messages[0]?.content).to.equal('One\ntwo\n\n  three');
  });

  it('is tried out while the browser is idle, of which nobody sees anything, and which loads nothing', async () => {
    const { element, link } = await mountLinked();
    const loaded = performance.getEntriesByType('resource').length;
    const changes: MutationRecord[] = [];
    const observer = new MutationObserver((records) => changes.push(...records));
    observer.observe(element.shadowRoot!, { childList: true, subtree: true, characterData: true });
    // Safari does not say when it is idle: nothing is tried out there.
    await new Promise((resolve) => (globalThis.requestIdleCallback ?? setTimeout)(resolve));
    await painted(element);
    expect(changes).to.have.lengthOf(0);
    expect(performance.getEntriesByType('resource')).to.have.lengthOf(loaded);
    link.start('a');
    link.chunk('a', 'One');
    await painted(element);
    expect(texts(element)).to.deep.equal(['One']);
    expect(part(element, 'jump')).to.equal(null);
    observer.disconnect();
  });

  it('looks the same however it was cut into chunks', async () => {
    const { element, link } = await mountLinked();
    const seed = Date.now();
    console.info(`fast-check seed ${seed}`);
    let count = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string({
            unit: fc.constantFrom(
              'a',
              ' ',
              '\n',
              '\r\n',
              '\ud83d\ude00',
              '</b>',
              'ж',
              'x'.repeat(700),
              '*',
              '`',
              '- ',
              '> ',
              '|',
              '# ',
            ),
            maxLength: 40,
          }),
        ),
        async (chunks) => {
          const id = `answer-${count++}`;
          link.start(id);
          for (const [index, chunk] of chunks.entries()) {
            link.chunk(id, chunk);
            if (index % 3 === 0) await painted(element);
          }
          link.end(id);
          link.answer(`${id}-at-once`, chunks.join(''));
          await painted(element);
          const looks = () =>
            [...(element.shadowRoot?.querySelectorAll('.content') ?? [])].slice(-2).map(({ innerHTML }) => innerHTML);
          // A long text takes some frames, and more of them on a slow machine.
          let before: string[];
          do {
            before = looks();
            await painted(element);
          } while (looks().join('\n') !== before.join('\n'));
          expect(before[0]).to.equal(before[1]);
        },
      ),
      { seed, numRuns: 25 },
    );
  });

  it('touches only the end of a long text', async () => {
    const { element, link } = await mountLinked();
    link.start('a');
    link.chunk('a', 'A paragraph of an answer that is long.\n\n'.repeat(400));
    await until(() => part(element, 'content')?.querySelectorAll('p').length === 400);
    const content = need(element, 'content');
    const touched = new Set<Node>();
    const observer = new MutationObserver((records) => {
      for (const { target, removedNodes } of records) {
        touched.add(target);
        expect(removedNodes).to.have.length(0);
      }
    });
    observer.observe(content, { subtree: true, childList: true, characterData: true });
    for (let line = 0; line < 20; line++) link.chunk('a', 'and more ');
    await painted(element);
    observer.disconnect();
    expect(touched.size).to.be.greaterThan(0);
    const blocks = [...content.children];
    expect(blocks.length).to.be.greaterThan(10);
    const frozen = blocks.slice(0, -2);
    for (const node of touched) expect(frozen.some((block) => block.contains(node))).to.equal(false);
  });

  it('keeps what the visitor has selected', async () => {
    const { element, link } = await mountLinked();
    link.start('a');
    link.chunk('a', 'select me\n\n'.repeat(200));
    await painted(element);
    const text = need(element, 'content').firstElementChild?.firstChild;
    if (!text) throw new Error('no text');
    const selection = getSelection();
    selection?.setBaseAndExtent(text, 0, text, 9);
    link.chunk('a', 'more\n\n'.repeat(200));
    link.end('a');
    await painted(element);
    expect(String(selection)).to.equal('select me');
  });

  it('shows that it works from sending until the first token, and a caret until the end', async () => {
    const { element, link } = await mountLinked();
    expect(part(element, 'typing')).to.equal(null);
    const id = await element.sendMessage('Hello');
    expect(element.status).to.equal('submitted');
    await element.updateComplete;
    expect(part(element, 'typing')).not.to.equal(null);
    expect(part(element, 'stop')).not.to.equal(null);
    link.start('a', id);
    expect(element.status).to.equal('streaming');
    await element.updateComplete;
    expect(part(element, 'typing')).not.to.equal(null);
    link.chunk('a', 'Hi');
    await painted(element);
    expect(part(element, 'typing')).to.equal(null);
    expect(need(element, 'message-ai').hasAttribute('data-streaming')).to.equal(true);
    link.end('a');
    await element.updateComplete;
    expect(element.status).to.equal('ready');
    expect(part(element, 'stop')).to.equal(null);
    expect(need(element, 'message-ai').hasAttribute('data-streaming')).to.equal(false);
  });

  it('is replaced as a whole when the server corrects its text at the end', async () => {
    const { element, link } = await mountLinked();
    link.start('a');
    link.chunk('a', 'Wrong');
    await painted(element);
    const starts = record(element, 'chat-stream-stream-start');
    const ends = record(element, 'chat-stream-stream-end');
    link.frame({
      type: 'message_stream',
      id: 'a',
      stream_end: true,
      content: 'Right',
      metadata: { streaming: false },
      seq: link.seq + 1,
    });
    await painted(element);
    expect(texts(element)).to.deep.equal(['Right']);
    expect([starts.length, ends.length]).to.deep.equal([0, 1]);
  });

  it('stays apart from another one that is written at the same time', async () => {
    const { element, link } = await mountLinked();
    link.start('a');
    link.start('b');
    link.chunk('a', 'A1 ');
    link.chunk('b', 'B1 ');
    link.chunk('a', 'A2');
    link.end('a');
    link.chunk('b', 'B2');
    link.end('b');
    await painted(element);
    expect(texts(element)).to.deep.equal(['A1 A2', 'B1 B2']);
  });

  it('is told in events: start, end, message, in this order and once', async () => {
    const { element, link } = await mountLinked();
    const names: string[] = [];
    for (const name of ['stream-start', 'stream-end', 'message']) {
      document.addEventListener(`chat-stream-${name}`, () => names.push(name));
    }
    const ends = record(element, 'chat-stream-stream-end');
    link.start('a');
    link.chunk('a', 'x');
    link.end('a', 'stopped');
    link.end('a', 'complete');
    expect(names).to.deep.equal(['stream-start', 'stream-end', 'message']);
    expect(ends.map(({ id, status }) => [id, status])).to.deep.equal([['a', 'stopped']]);
  });

  it('says at its end how it ended', async () => {
    const { element, link } = await mountLinked();
    const note = () => (part(element, 'note') ?? part(element, 'error'))?.textContent?.trim();
    link.answer('a', 'fine');
    await painted(element);
    expect(note()).to.equal(undefined);
    element.clear();
    for (const [status, text, said] of [
      ['stopped', 'partial', 'Stopped'],
      ['interrupted', 'partial', 'cut off'],
      ['error', 'Sorry.', 'failed'],
      ['complete', '', 'empty'],
    ] as const) {
      link.start(status);
      if (text !== '') link.chunk(status, text);
      link.end(status, status);
      await painted(element);
      expect(note()).to.contain(said);
      element.clear();
      await element.updateComplete;
    }
  });

  it('that comes as one message is shown like any other', async () => {
    const { element, link } = await mountLinked();
    await element.sendMessage('Hello');
    link.frame({ type: 'message', id: 'm', content: 'All at once', sender: 'ai', seq: link.seq + 1 });
    await painted(element);
    expect(texts(element)).to.deep.equal(['Hello', 'All at once']);
    expect(element.status).to.equal('ready');
  });
});
