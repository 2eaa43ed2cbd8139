import { encodeFrame, readBack, type StreamFrame } from '@chat-stream/protocol';
import type { LoggedFrame } from './frame-log.js';

/**
 * Merges the chunks of one answer that follow each other, so that a client that comes back late reads a few large frames
 * instead of thousands of small ones. A merged frame carries the last one's `seq` and the first one's as `first_seq`.
 */
export function coalesce(frames: readonly LoggedFrame[]): readonly LoggedFrame[] {
  if (frames.length < 2) return frames;
  const merged: LoggedFrame[] = [];
  let open: { first: number; frame: StreamFrame; chunks: string[]; last: LoggedFrame } | undefined;

  const settle = () => {
    if (open === undefined) return;
    const { first, frame, chunks, last } = open;
    const json =
      chunks.length === 1
        ? last.json
        : encodeFrame({ ...frame, chunk: chunks.join(''), seq: last.seq, first_seq: first });
    merged.push({ seq: last.seq, json });
    open = undefined;
  };

  for (const logged of frames) {
    const chunk = textChunk(logged);
    if (chunk === undefined) {
      settle();
      merged.push(logged);
    } else if (open?.frame.id === chunk.id) {
      open.chunks.push(chunk.chunk ?? '');
      open.last = logged;
    } else {
      settle();
      open = { first: logged.seq, frame: chunk, chunks: [chunk.chunk ?? ''], last: logged };
    }
  }
  settle();
  return merged;
}

/**
 * The frame, when it is nothing but text of an answer. Not decoded: after a crash this is done with every frame of every
 * session before anybody is served. What is not looked at goes on as it was written.
 */
function textChunk({ json }: LoggedFrame): StreamFrame | undefined {
  const frame = readBack(json) as Partial<StreamFrame>;
  const isOther = frame.type !== 'message_stream' || frame.stream_start === true || frame.stream_end === true;
  if (isOther || typeof frame.id !== 'string' || typeof frame.chunk !== 'string') return undefined;
  return frame.delta === undefined ? (frame as StreamFrame) : undefined;
}
