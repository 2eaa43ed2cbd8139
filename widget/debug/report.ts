import type { FrameDetail } from '../events.js';
import type { DebuggedElement } from './index.js';
import type { Recording } from './recording.js';

/**
 * What is copied, as JSON: for a bug report, or for a program. Times are in milliseconds with one digit behind the point.
 *
 * @param id An answer; `undefined`: everything, with the conversation as it stands.
 */
export function report(element: DebuggedElement, recording: Recording, id: string | undefined): string {
  const frames = recording.framesOf(id);
  const figures = recording.answers.filter((answer) => id === undefined || answer.id === id);
  const whole = {
    copiedAt: new Date().toISOString(),
    page: navigator.userAgent,
    sessionId: element.sessionId,
    connection: element.connectionState,
    transport: recording.transport,
    cursor: recording.cursor,
    ...(id === undefined ? {} : { messageId: id }),
    answers: figures,
    droppedFrames: recording.dropped,
    frames: frames.map(timed),
    ...(id === undefined ? { messages: element.messages } : {}),
  };
  return JSON.stringify(
    whole,
    (_, value: unknown) => (typeof value === 'number' ? Math.round(value * 10) / 10 : value),
    2,
  );
}

/** The same with the time of day, which can be compared with a log of the server. */
function timed({ at, ...detail }: FrameDetail): object {
  return { time: new Date(performance.timeOrigin + at).toISOString(), at, ...detail };
}
