import { ChatStreamElement } from '@chat-stream/widget';
import { expect } from 'chai';
import { FakeLink } from './support/fake-link.js';
import { box, cleanUp, mount, need, part, record } from './support/element.js';

/** What the page would see as an error that nobody caught. */
function watchUncaught(window: Window): { seen: unknown[]; stop(): void } {
  const seen: unknown[] = [];
  const listening = new AbortController();
  for (const name of ['error', 'unhandledrejection']) {
    window.addEventListener(name, (event) => (event.preventDefault(), seen.push(event.type)), {
      signal: listening.signal,
    });
  }
  return { seen, stop: () => listening.abort() };
}

/** A page of its own with what a script tag loads, or the one of the test, which has the package. */
async function pageOf(kind: string): Promise<Window> {
  if (kind === 'package') return window;
  const frame = document.createElement('iframe');
  frame.srcdoc = '<!doctype html><body><script src="/widget/dist/script/chat-stream.js"></script></body>';
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
  box().append(frame);
  await loaded;
  if (frame.contentWindow === null) throw new Error('There is no page in the frame.');
  return frame.contentWindow;
}

describe('the element', () => {
  afterEach(cleanUp);

  for (const kind of ['package', 'script tag']) {
    it(`of the ${kind} tells of a drawing that throws, throws nothing into the page, and draws with the next change`, async () => {
      const page = await pageOf(kind);
      const uncaught = watchUncaught(page);
      const place = page.document.body.appendChild(page.document.createElement('div'));
      const element = page.document.createElement('chat-stream');
      const errors = record(element, 'chat-stream-error');
      let throws = true;
      const fail = () => {
        // Of that page: an error of another one is none.
        if (throws) throw new (page as Window & typeof globalThis).Error('not today');
        return 'Ask';
      };
      // The first drawing, while settings are read.
      element.strings = Object.defineProperty({}, 'placeholder', { enumerable: true, get: fail });
      element.link = new FakeLink();
      place.append(element);
      await element.updateComplete;
      expect(errors.map(({ code, message }) => [code, message])).to.deep.equal([
        ['drawing_failed', 'The chat could not be drawn: not today'],
      ]);
      throws = false;
      element.heading = 'Now';
      await element.updateComplete;
      expect(need(element, 'title').textContent).to.equal('Now');
      expect(need<HTMLTextAreaElement>(element, 'input').placeholder).to.equal('Ask');
      // A later one: what stands there stays.
      throws = true;
      element.heading = 'Not shown';
      element.theme = 'dark';
      await element.updateComplete;
      expect([errors.length, need(element, 'title').textContent]).to.deep.equal([2, 'Now']);
      throws = false;
      element.heading = 'Then';
      await element.updateComplete;
      expect(need(element, 'title').textContent).to.equal('Then');
      expect(need(element, 'panel').closest('[data-theme=dark]')).not.to.equal(null);
      await new Promise((resolve) => setTimeout(resolve));
      expect(uncaught.seen).to.deep.equal([]);
      uncaught.stop();
      place.remove();
    });
  }

  it('takes what the page set before the script was there, above its attributes', async () => {
    const element = document.createElement('early-chat') as ChatStreamElement;
    element.setAttribute('theme', 'light');
    element.setAttribute('placeholder', 'as the attribute says');
    Object.assign(element, { theme: 'dark', heading: 'set early', link: new FakeLink() });
    box().append(element);
    customElements.define('early-chat', class extends ChatStreamElement {});
    await element.updateComplete;

    expect(need(element, 'title').textContent).to.equal('set early');
    expect(need<HTMLTextAreaElement>(element, 'input').placeholder).to.equal('as the attribute says');
    expect(element.getAttribute('theme')).to.equal('dark');
    expect(Object.keys(element)).not.to.include.members(['theme', 'heading', 'link']);
  });

  it('says in its attributes what its properties say, and the other way round', async () => {
    const element = await mount({ attributes: { mode: 'launcher' }, link: new FakeLink() });
    expect([element.mode, element.open]).to.deep.equal(['launcher', false]);

    element.open = true;
    element.theme = 'dark';
    await element.updateComplete;
    expect([element.getAttribute('open'), element.getAttribute('theme')]).to.deep.equal(['', 'dark']);

    element.removeAttribute('open');
    element.setAttribute('theme', 'light');
    expect([element.open, element.theme]).to.deep.equal([false, 'light']);

    element.theme = null;
    await element.updateComplete;
    expect(element.hasAttribute('theme')).to.equal(false);
    expect(need(element, 'panel').hasAttribute('inert')).to.equal(true);
  });

  it('is drawn once for all that changes at once, and not before it is on the page', async () => {
    const element = document.createElement('chat-stream');
    element.link = new FakeLink();
    element.heading = 'one';
    await Promise.resolve();
    expect(element.shadowRoot).to.equal(null);

    box().append(element);
    await element.updateComplete;
    const title = need(element, 'title');
    const seen: unknown[] = [];
    const observer = new MutationObserver((records) => seen.push(...records));
    observer.observe(title, { characterData: true, childList: true, subtree: true });
    element.heading = 'two';
    element.heading = 'three';
    await element.updateComplete;
    expect(title.textContent).to.equal('three');
    expect(seen).to.have.length(1);
    observer.disconnect();

    element.heading = '';
    await element.updateComplete;
    expect(part(element, 'title')).to.equal(null);
  });
});
