import { expect } from 'chai';
import { box, cleanUp, mountLinked, need, part, until } from './support/element.js';
import { FakeServer } from './support/fake-server.js';

const ANSWER = '```mermaid\nflowchart LR\n  A[One] --> B[Two]\n```\n';

describe('Diagrams in an answer', () => {
  let server: FakeServer;
  let drawings = 0;
  const listening = new AbortController();

  before(async () => {
    server = await FakeServer.open();
    addEventListener(
      'message',
      ({ data }: MessageEvent<unknown>) => {
        const { type, size } = (data ?? {}) as { type?: unknown; size?: unknown };
        if (type === 'chat-stream:drawn' && size !== undefined) drawings++;
      },
      { signal: listening.signal },
    );
  });
  beforeEach(() => (drawings = 0));
  afterEach(cleanUp);
  after(() => {
    listening.abort();
    server.close();
  });

  const show = async (theme: string) => {
    const { element, link } = await mountLinked({ attributes: { server: server.origin, theme } });
    link.answer('a', ANSWER);
    await until(() => part(element, 'diagram-toggle'));
    return element;
  };

  it('are drawn anew when the theme changes, and not when nothing about it does', async () => {
    const element = await show('light');
    expect(drawings).to.equal(1);
    element.theme = 'dark';
    await until(() => drawings === 2);
    element.heading = 'Another title';
    element.theme = 'light';
    await until(() => drawings === 3);
    expect(element.shadowRoot?.querySelectorAll('iframe')).to.have.length(1);
    expect(need(element, 'diagram').getBoundingClientRect().height).to.be.above(20);
  });

  it('are there again after the element was moved, which makes their frames load anew', async () => {
    const element = await show('light');
    box().append(element);
    await until(() => drawings === 2);
    expect(need(element, 'diagram').getBoundingClientRect().height).to.be.above(20);
  });
});
