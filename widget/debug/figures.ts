import type { FrameDetail } from '../events.js';

/** What the frames of one answer say about it. All times in milliseconds. */
export interface AnswerFigures {
  /** The answer. */
  readonly id: string;
  /** `streaming`, or how it ended. */
  status: string;
  /** When its first frame came, by `performance.now()`. */
  readonly begunAt: number;
  /** How long the first text took, from when its question was sent; from its first frame, where that was not seen. */
  firstChunkMs: number | undefined;
  /** Frames that brought text. */
  chunks: number;
  /** What they brought, in UTF-16 units, as `String.length` counts. */
  characters: number;
  /** Frames of the conversation that were found missing when one of this answer came. The widget asks for them anew. */
  missing: number;
  /** The longest time without a frame of it. */
  longestPauseMs: number;
  /** From its first frame to its last one so far. */
  durationMs: number;
}

/** Takes one more frame of an answer into its figures, which it makes with the first one. */
export function observe(
  before: AnswerFigures | undefined,
  { frame, at }: FrameDetail,
  askedAt: number | undefined,
  missing: number,
): AnswerFigures {
  const figures = before ?? begin(frame['id'] as string, at);
  // Once more from the start, after frames were lost: what is counted is what stands there.
  if (frame['stream_start'] === true) Object.assign(figures, { chunks: 0, characters: 0, status: 'streaming' });
  figures.longestPauseMs = Math.max(figures.longestPauseMs, at - figures.begunAt - figures.durationMs);
  figures.durationMs = at - figures.begunAt;
  figures.missing += missing;
  const { chunk } = frame;
  if (typeof chunk === 'string' && chunk !== '') {
    figures.chunks++;
    figures.characters += chunk.length;
    figures.firstChunkMs ??= at - (askedAt ?? figures.begunAt);
  }
  if (frame['stream_end'] === true) figures.status = statusOf(frame['metadata']) ?? 'complete';
  return figures;
}

function begin(id: string, begunAt: number): AnswerFigures {
  return {
    id,
    status: 'streaming',
    begunAt,
    firstChunkMs: undefined,
    chunks: 0,
    characters: 0,
    missing: 0,
    longestPauseMs: 0,
    durationMs: 0,
  };
}

function statusOf(metadata: unknown): string | undefined {
  const { status } = (metadata ?? {}) as Record<string, unknown>;
  return typeof status === 'string' ? status : undefined;
}
