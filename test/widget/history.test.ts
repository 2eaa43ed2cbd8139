import { expect } from 'chai';
import type { ChatStreamElement } from '@chat-stream/widget';
import { cleanUp, mountLinked, need, painted, until } from './support/element.js';

type Past = { id: string; content: string; sender: 'user' | 'ai' };

const past = (from: number, to: number): Past[] =>
  Array.from({ length: to - from }, (_, index) => ({
    id: `m${from + index}`,
    content: `message ${from + index}`,
    sender: index % 2 === 0 ? 'user' : 'ai',
  }));

/** The ids of the messages in the document, in its order. */
const drawn = (element: ChatStreamElement): (string | undefined)[] =>
  [...(element.shadowRoot?.querySelectorAll<HTMLElement>('[part~=message]') ?? [])].map(({ dataset }) => dataset.id);

const message = (element: ChatStreamElement, id: string): HTMLElement => {
  const found = element.shadowRoot?.querySelector<HTMLElement>(`[data-id=${id}]`);
  if (!found) throw new Error(`${id} is not there`);
  return found;
};

const ids = (messages: readonly Past[]): string[] => messages.map(({ id }) => id);

describe('A long history', () => {
  afterEach(cleanUp);

  it('appears from its end on, which stays in view, and is there as a whole soon after', async () => {
    const { element, link } = await mountLinked();
    link.frame({ type: 'history', messages: past(0, 500), has_more: false, seq: 0 });
    const scroller = need(element, 'transcript');
    let most = 0;
    const observer = new MutationObserver((records) => {
      const added = records.flatMap(({ addedNodes }) => [...addedNodes]);
      most = Math.max(most, added.filter((node) => node instanceof Element && node.matches('[part~=message]')).length);
    });
    observer.observe(scroller, { childList: true, subtree: true });
    for (let count = 0; count < 500;) {
      await painted(element);
      const there = drawn(element);
      expect(there).to.deep.equal(ids(past(500 - there.length, 500)));
      expect(there.length).to.be.greaterThan(count);
      expect(scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop).to.be.at.most(2);
      count = there.length;
    }
    observer.disconnect();
    // So that no step of it stops the page. Safari does not hold what is read in its place meanwhile: there it is one step.
    expect(most).to.be.within(1, CSS.supports('overflow-anchor', 'auto') ? 4 : 500);
  });

  it('keeps each message where it is in the document when others come before and behind it', async () => {
    const { element, link } = await mountLinked();
    link.frame({ type: 'history', messages: past(100, 130), has_more: true, seq: 0 });
    await until(() => drawn(element).length === 30);
    const known = past(100, 130).map(({ id }) => message(element, id));
    let moved = 0;
    const observer = new MutationObserver((records) => {
      for (const { removedNodes } of records) {
        for (const node of removedNodes) if (known.some((each) => node === each || node.contains(each))) moved++;
      }
    });
    observer.observe(element.shadowRoot ?? element, { childList: true, subtree: true });
    link.frame({ type: 'history', before: 'm100', messages: past(60, 100), has_more: true });
    for (const each of past(130, 170)) link.frame({ type: 'message', ...each });
    link.frame({ type: 'history', before: 'm60', messages: past(0, 60), has_more: false });
    await until(() => drawn(element).length === 170);
    expect(drawn(element)).to.deep.equal(ids(past(0, 170)));
    expect(past(100, 130).map(({ id }) => message(element, id))).to.deep.equal(known);
    await painted(element);
    observer.disconnect();
    expect(moved).to.equal(0);
  });

  it('gives way to another conversation as a whole', async () => {
    const { element, link } = await mountLinked();
    link.frame({ type: 'history', messages: past(0, 100), has_more: false, seq: 0 });
    await until(() => drawn(element).length === 100);
    link.frame({ type: 'history', messages: past(200, 300), has_more: false, seq: 0 });
    await until(() => drawn(element).at(-1) === 'm299' && drawn(element).length === 100);
    expect(drawn(element)).to.deep.equal(ids(past(200, 300)));
  });

  it('follows the server when it gives another order', async () => {
    const { element, link } = await mountLinked();
    link.frame({ type: 'history', messages: past(0, 40), has_more: false, seq: 0 });
    await until(() => drawn(element).length === 40);
    const order = past(0, 40).toSpliced(9, 0, { id: 'late', content: 'late', sender: 'ai' });
    const [first, second] = [order[3], order[20]];
    if (first === undefined || second === undefined) throw new Error('there are more');
    // Two have changed places, as far from one another as two groups.
    const swapped = order.with(3, second).with(20, first);
    link.frame({ type: 'history', messages: swapped, has_more: false, seq: 0 });
    await until(() => drawn(element).length === 41);
    expect(drawn(element)).to.deep.equal(ids(swapped));
  });
});
