// The script of the page that is shown in a frame (`GET /chat-stream/frame`), where a page forbids the element itself.
import { CARRIED_ATTRIBUTES, type FrameMessage } from './framed/frame-protocol.js';
import { TAG_NAME } from './script-tag.js';

const element = document.createElement(TAG_NAME);

/** Takes the settings from the fragment of the address. */
function configure(): void {
  const settings = new URLSearchParams(location.hash.slice(1));
  for (const name of CARRIED_ATTRIBUTES) {
    const value = settings.get(name);
    if (value === null) element.removeAttribute(name);
    else element.setAttribute(name, value);
  }
  // Only these two fill a page.
  if (element.getAttribute('mode') !== 'inline') element.setAttribute('mode', 'fullscreen');
  element.setAttribute('server', '/');
  const heading = element.getAttribute('heading');
  if (heading !== null) document.title = heading;
}

function tell(message: FrameMessage): void {
  if (parent !== window) parent.postMessage(message, '*');
}

function fillPage(): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('html, body { block-size: 100%; margin: 0; color-scheme: light dark }');
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

async function show(): Promise<void> {
  await customElements.whenDefined(TAG_NAME);
  fillPage();
  configure();
  document.body.append(element);
  addEventListener('hashchange', configure);
  addEventListener('keydown', ({ key, isComposing }) => {
    if (key === 'Escape' && !isComposing) tell('chat-stream:close');
  });
  addEventListener('message', ({ source, data }) => {
    if (source !== parent || data !== ('chat-stream:focus' satisfies FrameMessage)) return;
    (element as HTMLElement & { focusComposer(): void }).focusComposer();
  });
  tell('chat-stream:ready');
}

void show();
