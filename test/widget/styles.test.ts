import { expect } from 'chai';
import { box, cleanUp, need, part, until } from './support/element.js';
import { FakeLink } from './support/fake-link.js';

const LOADED = {
  package: `<script type="module">import '/widget/dist/define.js';</script>`,
  'script tag': `<script src="/widget/dist/script/chat-stream.js"></script>`,
};

/** What takes sheets made by scripts away, before anything of ours is there. */
const TAKEN = `for (const { prototype } of [Document, ShadowRoot]) delete prototype.adoptedStyleSheets;
  delete CSSStyleSheet.prototype.replace;`;

describe('On a page without sheets made by scripts (adoptedStyleSheets)', () => {
  afterEach(cleanUp);

  async function pageWith(script: string, policy = '', before = TAKEN): Promise<Window> {
    const frame = document.createElement('iframe');
    const meta = policy === '' ? '' : `<meta http-equiv="Content-Security-Policy" content="${policy}">`;
    frame.srcdoc = `<!doctype html><head>${meta}<script>${before}</script>${script}</head><body>`;
    frame.width = frame.height = '400';
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
    box().append(frame);
    await loaded;
    await until(() => frame.contentWindow?.customElements.get('chat-stream'));
    return frame.contentWindow!;
  }

  const show = async (page: Window) => {
    const link = new FakeLink();
    const element = page.document.createElement('chat-stream');
    element.link = link;
    element.debug = true;
    page.document.body.append(element);
    await element.updateComplete;
    return { element, link, look: (name: string) => page.getComputedStyle(need(element, name)) };
  };

  for (const [kind, script] of Object.entries(LOADED)) {
    it(`the chat of the ${kind} is styled, and so is what loads later`, async () => {
      const { element, link, look } = await show(await pageWith(script));
      expect([look('panel').display, look('panel').flexDirection]).to.deep.equal(['flex', 'column']);
      await until(() => part(element, 'debug'));
      expect(look('debug').borderBlockEndStyle).to.equal('solid');
      link.answer('a', 'It is $x^2$ and\n\n```js\nconst a = 1;\n```\n');
      await until(() => element.shadowRoot?.querySelector('.math-inline') && part(element, 'content'));
      const math = element.shadowRoot?.querySelector('.math-inline');
      expect(math && element.ownerDocument.defaultView?.getComputedStyle(math).display).to.equal('inline-flex');
      element.debug = false;
      await until(() => part(element, 'debug') === null);
      const styles = [...(element.shadowRoot?.querySelectorAll('style') ?? [])].map(({ textContent }) => textContent);
      expect(styles.length).to.equal(new Set(styles).size);
      expect(styles.some((text) => text?.includes('.debug-head'))).to.equal(false);
    });

    it(`the chat of the ${kind} is styled under a policy that allows styles by a nonce only, given as litNonce`, async () => {
      const page = await pageWith(script, "style-src 'nonce-abc'", `${TAKEN} window.litNonce = 'abc';`);
      const { look } = await show(page);
      expect(look('panel').display).to.equal('flex');
    });

    it(`the chat of the ${kind} works without its styles under a policy that allows none`, async () => {
      const { element, link, look } = await show(await pageWith(script, "style-src 'none'"));
      expect(look('panel').display).to.equal('block');
      link.answer('a', 'Still readable.');
      await until(() => part(element, 'content')?.textContent?.includes('Still readable.'));
    });
  }
});
