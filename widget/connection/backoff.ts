/** The limit of the wait right after a loss, in milliseconds; each failure doubles it. */
export const BACKOFF_BASE_MS = 500;

/** The longest wait of all, in milliseconds. */
export const BACKOFF_CAP_MS = 10_000;

/**
 * How long to wait before the next try, in milliseconds: anything between nothing and a limit that doubles with every
 * failure ("full jitter"), so that a server which comes back is not met by all its visitors in one instant.
 *
 * @param failures Tries that failed one after the other; 0 right after a connection was lost.
 * @param random Gives a number from 0 up to 1.
 * @example backoffDelay(0, () => 0.5) // 250
 */
export function backoffDelay(failures: number, random: () => number = Math.random): number {
  return random() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** failures);
}
