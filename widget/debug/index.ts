// The file `chat-stream-debug.js`: loaded with the attribute `debug`. Of the protocol it has types only.
import type { Message } from '@chat-stream/protocol';
import type { Seen } from '../connection/sight.js';
import type { ConnectionState } from '../connection/transport.js';
import { emitterOf, type FrameDetail } from '../events.js';
import { DebugPanel } from './panel.js';
import { Recording } from './recording.js';

/** The element that is debugged: events are fired at it, and its shadow root has the panel in it. */
export interface DebuggedElement extends HTMLElement {
  readonly connectionState: ConnectionState;
  readonly sessionId: string | undefined;
  readonly messages: readonly Message[];
  readonly link: unknown;
  /** Set while it is debugged. */
  framesOf: ((id?: string) => readonly FrameDetail[]) | undefined;
  requestUpdate(): void;
}

/** Records what a connection does, shows it, and tells the page. */
export interface Debugger {
  /** What to show. */
  readonly panel: Element;
  /** Takes what the connection does. */
  push(seen: Seen): void;
  /** Nothing waits here: always 0. */
  readonly length: number;
  /** Ends: nothing runs or listens any more. */
  close(): void;
}

/** Begins to debug. @param before What was seen until now. */
export function openDebugger(element: DebuggedElement, before: readonly Seen[]): Debugger {
  const emit = emitterOf(element);
  const recording = new Recording(() => element.link !== undefined && element.link !== null);
  const panel = new DebugPanel(element, recording);
  const push = (seen: Seen): void => {
    const detail = recording.add(seen);
    panel.changed();
    if (detail !== undefined) emit('chat-stream-frame', detail);
  };
  for (const seen of before) push(seen);
  element.framesOf = (id) => recording.framesOf(id);
  // Drawn a microtask later, when the element knows the panel.
  element.requestUpdate();
  const close = (): void => {
    element.framesOf = undefined;
    panel.close();
  };
  return { panel: panel.element, push, length: 0, close };
}
