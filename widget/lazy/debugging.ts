import type { Seen, Sight } from '../connection/sight.js';
import type { DebuggedElement, Debugger } from '../debug/index.js';
import { importDebug } from './debug-module.js';

/** How many sights wait for the file at most: where it never comes, they would be without end. */
const MAX_WAITING = 5_000;

/** The attribute `debug`: while it is there, `chat-stream-debug.js` is loaded, and shows what the connection does. */
export class Debugging {
  /** What shows the frames, once it is there. */
  tool: Debugger | undefined;
  readonly #element: DebuggedElement;
  /** The last attempt to connect: who begins to debug later is told of it, too. */
  #opened: Seen | undefined;
  /** Where sights go: into a list until there is a {@link tool}; `undefined`: nobody debugs. */
  #sink: Pick<Seen[], 'push' | 'length'> | Debugger | undefined;

  constructor(element: DebuggedElement) {
    this.#element = element;
  }

  /** Takes what the connection does. */
  readonly see = (...sight: Sight): void => {
    const seen = { at: performance.now(), sight };
    if (sight[0] === 'open') this.#opened = seen;
    if (this.#sink && this.#sink.length < MAX_WAITING) this.#sink.push(seen);
  };

  /** Begins, or ends and leaves nothing behind. @param server The attribute `server`. */
  set(isOn: boolean, server: string | undefined): void {
    if (isOn === (this.#sink !== undefined)) return;
    this.tool?.close();
    this.#sink = this.tool = undefined;
    if (!isOn) return;
    const waiting: Seen[] = (this.#sink = this.#opened === undefined ? [] : [this.#opened]);
    importDebug(server).then(({ openDebugger }) => {
      // Not when it was switched off meanwhile.
      if (this.#sink === waiting) this.#sink = this.tool = openDebugger(this.#element, waiting);
    }, console.warn);
  }
}
