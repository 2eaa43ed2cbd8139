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
  /** The last attempt to connect, and the session that it opened: who begins to debug later is told of them, too. */
  #before: Seen[] = [];
  /** Where sights go: into a list until there is a {@link tool}; `undefined`: nobody debugs. */
  #sink: Pick<Seen[], 'push' | 'length'> | Debugger | undefined;

  constructor(element: DebuggedElement) {
    this.#element = element;
  }

  /** Takes what the connection does. */
  readonly see = (...sight: Sight): void => {
    const [kind, what] = sight;
    const isSession = kind === 'in' && 'type' in what && what.type === 'session';
    // Each token comes by here, and hardly ever is anybody there to see it.
    if (!this.#sink && !isSession && kind !== 'open') return;
    const seen = { at: performance.now(), sight };
    if (kind === 'open') this.#before = [seen];
    if (isSession) this.#before.push(seen);
    if (this.#sink && this.#sink.length < MAX_WAITING) this.#sink.push(seen);
  };

  /** Begins, or ends and leaves nothing behind. @param server The attribute `server`. */
  set(isOn: boolean, server: string | undefined): void {
    if (isOn === (this.#sink !== undefined)) return;
    this.tool?.close();
    this.#sink = this.tool = undefined;
    if (!isOn) return;
    const waiting: Seen[] = (this.#sink = [...this.#before]);
    importDebug(server).then(({ openDebugger }) => {
      // Not when it was switched off meanwhile.
      if (this.#sink === waiting) this.#sink = this.tool = openDebugger(this.#element, waiting);
    }, console.warn);
  }
}
