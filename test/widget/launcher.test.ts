import { expect } from 'chai';
import { FakeLink } from './support/fake-link.js';
import { box, cleanUp, mount, need, painted, part, press, record } from './support/element.js';

describe('The launcher', () => {
  afterEach(cleanUp);

  const launch = async (open = false) => {
    const link = new FakeLink();
    const element = await mount({ link, open, attributes: { mode: 'launcher' } });
    return { element, link };
  };

  it('is a button of 56 pixels in the corner, and its panel is out of reach until it opens', async () => {
    const { element } = await launch();
    const button = need(element, 'launcher').getBoundingClientRect();
    expect([button.width, button.height]).to.deep.equal([56, 56]);
    // Without the page's scrollbars, which take room in Firefox.
    const { clientWidth, clientHeight } = document.documentElement;
    expect(clientWidth - button.right).to.equal(20);
    expect(clientHeight - button.bottom).to.equal(20);
    expect(need(element, 'panel').inert).to.equal(true);
    expect(need(element, 'panel').checkVisibility({ visibilityProperty: true })).to.equal(false);
    expect(need(element, 'launcher').getAttribute('aria-expanded')).to.equal('false');
  });

  for (const style of [
    'transform:rotate(3deg)',
    'filter:blur(1px)',
    'contain:paint',
    'transform:scale(.5);overflow:hidden',
  ]) {
    it(`is in the corner of the window, and works there, inside of an element with ${style}`, async () => {
      const parent = box(200, 150);
      parent.style.cssText += style;
      const focused = parent.appendChild(document.createElement('button'));
      focused.focus();
      const element = await mount({ link: new FakeLink(), parent, attributes: { mode: 'launcher' } });
      const { clientWidth, clientHeight } = document.documentElement;
      const inCorner = () => {
        const { right, bottom, width } = need(element, 'launcher').getBoundingClientRect();
        expect([clientWidth - right, clientHeight - bottom, width]).to.deep.equal([20, 20, 56]);
      };
      inCorner();
      expect(document.activeElement).to.equal(focused);
      need(element, 'launcher').click();
      await painted(element);
      expect(element.shadowRoot?.activeElement).to.equal(need(element, 'input'));
      const panel = need(element, 'panel').getBoundingClientRect();
      expect(panel.right).to.be.within(clientWidth - 20, clientWidth);
      // Whatever is there on the page, a press finds the panel.
      expect(document.elementFromPoint(panel.left + panel.width / 2, panel.top + 20)).to.equal(element);
      press(need(element, 'input'), 'Escape');
      await painted(element);
      expect(element.open).to.equal(false);
      element.remove();
      parent.append(element);
      await painted(element);
      inCorner();
      // The page's own dialogs stand above it.
      const dialog = document.body.appendChild(document.createElement('dialog'));
      dialog.style.cssText = 'position:fixed;inset:auto 0 0 auto;margin:0;width:200px;height:200px';
      dialog.showModal();
      expect(document.elementFromPoint(clientWidth - 48, clientHeight - 48)).to.equal(dialog);
      dialog.close();
      dialog.remove();
    });
  }

  it('stays out of the top layer where it need not be there', async () => {
    const { element } = await launch();
    element.show();
    await painted(element);
    expect([element.popover, element.matches(':popover-open')]).to.deep.equal([null, false]);
  });

  it('does not connect before it is opened for the first time', async () => {
    const { element, link } = await launch();
    expect(link.connects).to.have.length(0);
    expect(element.connectionState).to.equal('idle');
    element.show();
    await painted(element);
    expect(link.connects).to.have.length(1);
    element.hide();
    await painted(element);
    expect(link.closes).to.equal(0);
  });

  it('connects when the page sends a message through it', async () => {
    const { element, link } = await launch();
    await element.sendMessage('Hello');
    expect(link.sentOf('message')).to.have.length(1);
  });

  it('opens with a click, has the caret in the composer, and tells the page', async () => {
    const { element } = await launch();
    const toggles = record(element, 'chat-stream-toggle');
    need(element, 'launcher').click();
    await painted(element);
    expect(element.open).to.equal(true);
    expect(element.hasAttribute('open')).to.equal(true);
    expect(need(element, 'panel').inert).to.equal(false);
    expect(element.shadowRoot?.activeElement).to.equal(need(element, 'input'));
    need(element, 'launcher').click();
    await painted(element);
    expect(toggles).to.deep.equal([{ open: true }, { open: false }]);
  });

  it('closes on Escape, and the focus goes back to the launcher', async () => {
    const { element } = await launch();
    need(element, 'launcher').focus();
    need(element, 'launcher').click();
    await painted(element);
    press(need(element, 'input'), 'Escape');
    await painted(element);
    expect(element.open).to.equal(false);
    expect(need(element, 'panel').inert).to.equal(true);
    expect(element.shadowRoot?.activeElement).to.equal(need(element, 'launcher'));
  });

  it('gives the focus back to the page’s own button that opened it', async () => {
    const { element } = await launch();
    const button = document.createElement('button');
    document.body.append(button);
    button.focus();
    element.show();
    await painted(element);
    expect(document.activeElement).to.equal(element);
    press(need(element, 'input'), 'Escape');
    await painted(element);
    expect(document.activeElement).to.equal(button);
    button.remove();
  });

  it('that is open from the start takes no focus, and fires no event that nobody waits for', async () => {
    const { element } = await launch(true);
    expect(need(element, 'panel').inert).to.equal(false);
    expect(document.activeElement).not.to.equal(element);
  });

  it('toggles, and has a close button', async () => {
    const { element } = await launch();
    element.toggle();
    await painted(element);
    expect(element.open).to.equal(true);
    need(element, 'close').click();
    await painted(element);
    expect(element.open).to.equal(false);
  });

  it('keeps its text over closing and opening', async () => {
    const { element } = await launch(true);
    need<HTMLTextAreaElement>(element, 'input').value = 'half a';
    element.hide();
    await painted(element);
    element.show();
    await painted(element);
    expect(need<HTMLTextAreaElement>(element, 'input').value).to.equal('half a');
  });
});

describe('The modes', () => {
  afterEach(cleanUp);

  it('inline has no launcher, and a header only with a heading', async () => {
    const element = await mount({ link: new FakeLink() });
    expect(part(element, 'launcher')).to.equal(null);
    expect(part(element, 'header')).to.equal(null);
    element.heading = 'Support';
    await painted(element);
    expect(need(element, 'title').textContent).to.equal('Support');
  });

  it('fullscreen covers the page, and connects at once', async () => {
    const link = new FakeLink();
    const element = await mount({ link, attributes: { mode: 'fullscreen' } });
    const { left, top, width, height } = element.getBoundingClientRect();
    expect([left, top, width, height]).to.deep.equal([0, 0, document.documentElement.clientWidth, innerHeight]);
    expect(link.connects).to.have.length(1);
  });
});
