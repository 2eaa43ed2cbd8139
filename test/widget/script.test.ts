import { expect } from 'chai';
import type { ChatStreamElement } from '@chat-stream/widget';
import { need, until } from './support/element.js';
import { FakeServer } from './support/fake-server.js';

describe('The script tag', () => {
  let server: FakeServer;
  let frame: HTMLIFrameElement;

  beforeEach(async () => {
    server = await FakeServer.open();
    frame = document.createElement('iframe');
    document.body.append(frame);
  });

  afterEach(() => {
    frame.remove();
    server.close();
  });

  const page = (): Document => {
    if (frame.contentDocument === null) throw new Error('no document');
    return frame.contentDocument;
  };

  /** Adds the script of the fake server's origin, and waits until it ran. */
  const load = async (
    attributes: Record<string, string> = {},
    file = '/chat-stream.js',
  ): Promise<HTMLScriptElement> => {
    const script = page().createElement('script');
    script.src = server.origin + file;
    for (const [name, value] of Object.entries(attributes)) script.setAttribute(name, value);
    const loaded = new Promise((resolve, reject) => {
      script.addEventListener('load', resolve);
      script.addEventListener('error', () => reject(new Error('The script did not load.')));
    });
    page().head.append(script);
    await loaded;
    return script;
  };

  const elementClass = () =>
    frame.contentWindow?.customElements.get('chat-stream') as { observedAttributes?: readonly string[] } | undefined;

  const elements = (): ChatStreamElement[] => [...page().querySelectorAll('chat-stream')];

  for (const kind of ['classic', 'module'] as const) {
    const type: Record<string, string> = kind === 'module' ? { type: 'module' } : {};

    it(`as a ${kind} defines the element, and puts none on the page by itself`, async () => {
      await load(type);
      expect(frame.contentWindow?.customElements.get('chat-stream')).not.to.equal(undefined);
      expect(elements()).to.have.length(0);
    });

    it(`as a ${kind} with data-mode puts one element on the page, with its attributes`, async () => {
      await load({ ...type, 'data-mode': 'inline', 'data-heading': 'Support', 'data-theme': 'dark' });
      await until(() => elements().length === 1);
      const element = elements()[0];
      expect(element?.getAttribute('mode')).to.equal('inline');
      expect(element?.heading).to.equal('Support');
      expect(element?.getAttribute('theme')).to.equal('dark');
    });

    it(`as a ${kind} with any other attribute makes a launcher`, async () => {
      await load({ ...type, 'data-heading': 'Support' });
      await until(() => elements().length === 1);
      const element = elements()[0];
      expect(element?.getAttribute('mode')).to.equal('launcher');
      if (element) expect(need(element, 'launcher').getAttribute('aria-label')).to.equal('Open chat');
    });
  }

  it('takes every attribute of the element as data-…', async () => {
    await load();
    const names = elementClass()?.observedAttributes ?? [];
    expect(names).to.include.members(['mode', 'heading', 'session-id']);
    await load(Object.fromEntries(names.map((name) => [`data-${name}`, `of ${name}`])));
    await until(() => elements().length === 1);
    for (const name of names) expect(elements()[0]?.hasAttribute(name), name).to.equal(true);
  });

  it('connects to the origin that it came from, which is not the page’s', async () => {
    await load({ 'data-mode': 'inline', 'data-server': server.url });
    expect(await server.connection()).to.have.property('id');
    const own = page().createElement('chat-stream');
    page().body.append(own);
    await until(() => own.connectionState !== 'idle');
    expect(server.origin).not.to.equal(location.origin);
    expect(own.getAttribute('server')).to.equal(null);
    expect(own.connectionState).to.equal('connecting');
  });

  it('with data-mode and no server names its own origin', async () => {
    await load({ 'data-mode': 'launcher' }, '/assets/chat-stream.js?v=3');
    await until(() => elements().length === 1);
    expect(elements()[0]?.getAttribute('server')).to.equal(server.origin);
  });

  it('may run twice: one element per tag, and nothing thrown', async () => {
    const errors: string[] = [];
    frame.contentWindow?.addEventListener('error', ({ message }) => errors.push(message));
    await load({ 'data-mode': 'inline' });
    await load();
    await load({ type: 'module' });
    await until(() => elements().length === 1);
    expect(elements()).to.have.length(1);
    expect(errors).to.deep.equal([]);
  });

  it('shows its letters right on a page that names no encoding', async () => {
    const text = await (await fetch(`${server.origin}/chat-stream.js`)).text();
    expect(/[\u0080-\uffff]/.test(text)).to.equal(false);
  });
});
