/** The words that the loader needs before the rest is there. */
export const LAUNCHER_STRINGS = {
  /** The launcher while the panel is closed. */
  open: 'Open chat',
  /** The button after a failure. */
  retry: 'Try again',
  /** Beside the launcher, where the rest of the chat could not be loaded. */
  notLoaded: 'The chat could not be loaded.',
} as const;
