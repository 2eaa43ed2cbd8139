import mermaid from 'mermaid';
import { type DrawResult, readRequest } from './messages.js';

// The page in the frame of a diagram, `/chat-stream/diagram`. It draws for the window that framed it, and
// anew when that has other colours.

const LINKS = ['href', 'xlink:href', 'target'];

/** Draws, and says how large it is; without a size where the source has an error. */
async function draw(source: string, isDark: boolean): Promise<DrawResult> {
  // A frame of another scheme than the page around it gets a ground of its own, white under light lines.
  document.documentElement.style.colorScheme = isDark ? 'dark' : 'light';
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: 'strict',
    theme: isDark ? 'dark' : 'default',
    fontFamily: 'system-ui, sans-serif',
    suppressErrorRendering: true,
    maxTextSize: 20_000,
    maxEdges: 500,
  });
  try {
    const { svg } = await mermaid.render('diagram', source);
    const drawn = new DOMParser().parseFromString(svg, 'text/html').querySelector('svg');
    if (drawn === null) return { type: 'chat-stream:drawn', size: undefined };
    // A click would lead the frame away, to an address that the answer chose.
    for (const link of drawn.querySelectorAll('a')) for (const name of LINKS) link.removeAttribute(name);
    document.body.replaceChildren(drawn);
    const { width, height } = drawn.viewBox.baseVal;
    return { type: 'chat-stream:drawn', size: { width, height } };
  } catch {
    return { type: 'chat-stream:drawn', size: undefined };
  }
}

/** One at a time: Mermaid has one configuration for all. `draw` never rejects. */
let drawing = Promise.resolve();

addEventListener('message', ({ source: from, data }: MessageEvent<unknown>) => {
  const request = from === parent ? readRequest(data) : undefined;
  if (request === undefined) return;
  // Only sizes are sent, so that it does not matter who framed the page.
  drawing = drawing.then(() => draw(request.source, request.isDark)).then((result) => parent.postMessage(result, '*'));
});
