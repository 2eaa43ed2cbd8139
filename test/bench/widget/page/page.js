// The half of the benchmark that runs in the page. Node drives it as `window.bench`.

const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const channel = new MessageChannel();
let onTask;
channel.port1.addEventListener('message', () => onTask());
channel.port1.start();
/** A task of its own, as each message of a socket is. */
const task = () =>
  new Promise((resolve) => {
    onTask = resolve;
    channel.port2.postMessage(0);
  });

const FRAMES_PER_SECOND = 60;
/** What a widget does late (idle work, lazy loading) still belongs to the answer. */
const LATE_MS = 300;

let widget;
let given;

window.bench = {
  /** Loads the peer, and waits for a composer that one can type into. @returns how long that took from navigation, in ms. */
  async mount(peer) {
    const { mount } = await import(`/page/peers/${peer}.js`);
    widget = await mount(document.querySelector('#host'));
    for (let input = widget.composer(); !isUsable(input); input = widget.composer()) await frame();
    const usable = performance.now();
    performance.mark('bench-usable');
    await frame();
    await task();
    return usable;
  },

  /** Takes what is streamed, before anything is measured. */
  prepare(parts) {
    given = parts;
  },

  /** How many chunks there are. */
  wanted: () => given.chunks.length,

  /** Opens a conversation that has messages already; waits until all of them are drawn. */
  async openHistory() {
    performance.mark('bench-from');
    await widget.openHistory(given.history);
    // Not only until each message has its place: what they say is drawn a piece per frame, and is not the answer's.
    await settled(() => textOf(widget.root()).length);
    performance.mark('bench-to');
    return widget.shown();
  },

  /**
   * Streams what was prepared: after each frame as many chunks as the rate wants, each in a task of its own. A frame that
   * takes long delays what follows; nothing is dropped. @returns how many chunks went out: all, unless `limitMs` is over.
   */
  async stream({ perSecond, limitMs }) {
    performance.mark('bench-from');
    const { chunks } = given;
    const end = performance.now() + limitMs;
    await widget.start();
    let sent = 0;
    for (let due = 0; sent < chunks.length && performance.now() < end;) {
      await frame();
      for (due += perSecond / FRAMES_PER_SECOND; due >= 1 && sent < chunks.length; due--) {
        await task();
        widget.push(chunks[sent++]);
      }
    }
    // Its end is a message of its own, too.
    await task();
    await widget.end();
    await settled(() => textOf(widget.answer())?.length ?? 0);
    performance.mark('bench-to');
    return sent;
  },

  /** Whether exactly the text is there that should be. @returns what is wrong, or `undefined`. */
  verify() {
    const shown = plain(readable(widget.answer()));
    const wanted = plain(widget.shows === 'source' ? given.source : given.text);
    if (shown === wanted) return undefined;
    let at = 0;
    while (shown[at] === wanted[at]) at++;
    const around = (text) => JSON.stringify(text.slice(Math.max(0, at - 40), at + 40));
    return `text differs at ${at} of ${wanted.length}: wanted ${around(wanted)}, got ${around(shown)}`;
  },

  /** Counts, from now on, what is put into the answer and taken out of it. */
  observe() {
    const counts = { added: 0, removed: 0, finished: 0 };
    const finished = new WeakSet();
    const observer = new MutationObserver((records) => {
      const answer = widget.answer();
      for (const { target, addedNodes, removedNodes } of records) {
        if (!within(answer, target)) continue;
        counts.added += sizeOf(addedNodes);
        counts.removed += sizeOf(removedNodes);
        const wasFinished = finished.has(blockOf(answer, target));
        for (const node of removedNodes) if (wasFinished || finished.has(node)) counts.finished += sizeOf([node]);
      }
      for (const block of [...(answer?.childNodes ?? [])].slice(0, -1)) finished.add(block);
    });
    observer.observe(widget.root(), { childList: true, subtree: true });
    window.bench.counts = counts;
  },
};

/** Waits until a figure stays, then a while for what comes late. */
async function settled(figure) {
  for (let last = -1, same = 0; same < 2;) {
    for (let count = 0; count < 5; count++) await frame();
    // In a task of its own: to read a text of a megabyte is not the widget's work, and would lie in its frame.
    await task();
    const now = figure();
    same = now === last ? same + 1 : 0;
    last = now;
  }
  await pause(LATE_MS);
  await frame();
}

function isUsable(input) {
  return Boolean(input) && !input.disabled && input.getBoundingClientRect().width > 0;
}

const textOf = (element) => element?.textContent;

/** What is there to read: without what a widget adds (buttons, labels), as PROTOCOL.md names it. */
function readable(node) {
  if (node === null || node === undefined) return '';
  if (node.nodeType === Node.TEXT_NODE) return node.data;
  if (node.nodeType !== Node.ELEMENT_NODE && node.nodeType !== Node.DOCUMENT_FRAGMENT_NODE) return '';
  if (node.localName === 'button' || node.getAttribute?.('part')?.includes('affix')) return '';
  let text = '';
  for (const child of node.childNodes) text += readable(child);
  return text;
}

/** White space is layout, where blocks meet; and the markers of a hostile text may be shown or not. */
function plain(text) {
  const skipped = new Set([...given.markers, ' ', '\n', '\t', '\u00a0']);
  return Array.from(text)
    .filter((character) => !skipped.has(character))
    .join('');
}

function within(answer, node) {
  return answer !== undefined && answer !== null && answer.contains(node);
}

function blockOf(answer, node) {
  let block = node;
  while (block !== answer && block.parentNode !== answer) block = block.parentNode;
  return block;
}

function sizeOf(nodes) {
  let count = 0;
  for (const node of nodes) count += 1 + sizeOf(node.childNodes);
  return count;
}
