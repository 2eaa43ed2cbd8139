// The script of the page that is shown in a frame (`GET /chat-stream/frame`), where a page forbids the element itself.
import type { ChatStreamElement } from './chat-stream.js';
import { ATTACH, CARRIED_ATTRIBUTES, HELLO, RELAY } from './framed/frame-protocol.js';
import { Outlet } from './framed/outlet.js';
import { TAG_NAME } from './script-tag.js';

const settings = () => new URLSearchParams(location.hash.slice(1));

/** Takes the settings from the fragment of the address. */
function configure(element: ChatStreamElement): void {
  const given = settings();
  for (const name of CARRIED_ATTRIBUTES) {
    const value = given.get(name);
    if (value === null) element.removeAttribute(name);
    else element.setAttribute(name, value);
  }
  // Only these two fill a page.
  if (element.getAttribute('mode') !== 'inline') element.setAttribute('mode', 'fullscreen');
  // This page is at `<server>/chat-stream/frame`.
  element.setAttribute('server', new URL('..', location.href).href);
  const heading = element.getAttribute('heading');
  if (heading !== null) document.title = heading;
}

function fillPage(): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('html, body { block-size: 100%; margin: 0; color-scheme: light dark }');
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

/** The element that has this page in its frame; none for a page in a tab, or in a frame that somebody else made. */
async function findPort(): Promise<MessagePort | undefined> {
  if (parent === window || !settings().has(RELAY)) return undefined;
  return new Promise((resolve) => {
    addEventListener('message', ({ source, data, ports: [port] }) => {
      if (source === parent && data === ATTACH && port !== undefined) resolve(port);
    });
    parent.postMessage(HELLO, '*');
  });
}

async function show(): Promise<void> {
  const [port] = await Promise.all([findPort(), customElements.whenDefined(TAG_NAME)]);
  fillPage();
  const element = document.createElement(TAG_NAME);
  configure(element);
  addEventListener('hashchange', () => configure(element));
  if (port === undefined) return document.body.append(element);
  const outlet = new Outlet(element, port, () => {
    document.body.append(element);
    outlet.begin();
  });
  addEventListener('keydown', ({ key, isComposing }) => {
    if (key === 'Escape' && !isComposing) outlet.tell({ type: 'close' });
  });
}

void show();
