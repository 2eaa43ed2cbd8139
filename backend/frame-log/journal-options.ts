import { FrameLogUnavailable } from './frame-log.js';
import type { HeadStore } from './journal-heads.js';

/** How a {@link JournalFrameLog} works. */
export interface JournalOptions {
  /** Keeps the heads of sessions that have no frames left. */
  readonly heads: HeadStore;
  /** Gets a sentence about everything that is not as it should be, and does not stop the rest. */
  readonly warn: (message: string) => void;
  /** A file of this many bytes is followed by another; default 16 MiB. */
  readonly fileSize?: number;
  /**
   * Whether to wait for the disk before a frame counts as safe; default `false`. Without it every frame survives the death
   * of the process, however sudden, but a power failure may take the last moments.
   */
  readonly fsync?: boolean;
  /** Called when it is closed and needs the head store no more. */
  readonly onClose?: () => void;
}

/** Says why a journal can't be used, and what to do. */
export function unavailable(dir: string, cause: unknown): FrameLogUnavailable {
  if (cause instanceof FrameLogUnavailable) return cause;
  return new FrameLogUnavailable(`The frame log in ${dir} can't be used: ${reasonOf(cause)}`, { cause });
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return 'the disk is full. Nothing that was stored is lost; free some space, and it works again.';
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'it may not be written. Check its permissions.';
  return cause instanceof Error ? cause.message : String(cause);
}
