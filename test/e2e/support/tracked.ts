import type { Visitor } from '../../support/browser.js';

/** What a page of {@link trackedPage} saw since it was loaded. */
export interface Tracked {
  /** From the first attempt to connect until the chat was open, in milliseconds. */
  readonly openedWithinMs: number;
  /** From the start of the navigation until the text of an answer was there, in milliseconds. */
  readonly textWithinMs: number;
  /** WebSockets that were made. */
  readonly sockets: number;
  /** Requests of the element. */
  readonly requests: number;
  /** The connection's states, in order. */
  readonly states: readonly string[];
  /** Codes of the errors that the element reported. */
  readonly errors: readonly string[];
}

/** Runs in the page, before anything else. */
const TRACKER = `(() => {
  // Waits between attempts are drawn at random: short ones, so that no test sits them out.
  Math.random = () => 0.1;
  const tracked = (window.tracked = { openedWithinMs: NaN, textWithinMs: NaN, sockets: 0, requests: 0, states: [], errors: [] });
  let began;
  window.WebSocket = class extends WebSocket { constructor(...args) { super(...args); tracked.sockets++; } };
  const { fetch } = window;
  window.fetch = (...args) => (tracked.requests++, fetch(...args));
  document.addEventListener('chat-stream-error', ({ detail }) => tracked.errors.push(detail.code));
  document.addEventListener('chat-stream-connection', ({ detail: { state } }) => {
    tracked.states.push(state);
    if (state === 'connecting') began = performance.now();
    if (state === 'open') tracked.openedWithinMs = Math.min(performance.now() - began, tracked.openedWithinMs || Infinity);
  });
  const look = () => {
    const shown = document.querySelector('chat-stream')?.shadowRoot?.querySelector('[part~=message-ai] [part~=content]');
    if (shown?.textContent) tracked.textWithinMs = performance.now();
    else requestAnimationFrame(look);
  };
  look();
})();
var getToken;
`;

/** A page with one element that keeps account of what happens; `script` may set `getToken`. */
export function trackedPage(src: string, attributes: string, script = ''): string {
  return `<!doctype html><meta charset="utf-8"><title>A page</title><script>${TRACKER}${script}</script>
    <div style="height:400px"><chat-stream ${attributes}></chat-stream></div>
    <script>if (getToken) document.querySelector('chat-stream').getToken = getToken;</script>
    <script src="${src}"></script>`;
}

/** The account so far. */
export async function tracked(visitor: Visitor): Promise<Tracked> {
  return visitor.page.evaluate(() => (window as unknown as { tracked: Tracked }).tracked);
}
