import { ChatStreamElement } from '@chat-stream/widget';
import { expect } from 'chai';
import { FakeLink } from './support/fake-link.js';
import { box, cleanUp, mount, need, part } from './support/element.js';

describe('the element', () => {
  afterEach(cleanUp);

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
