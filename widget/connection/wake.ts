/** What the browser says about the page's chances to reach anything. */
export interface WakeHandlers {
  /** The page came back: to the network, to the foreground, out of the back-forward cache. */
  wake(): void;
  /** The browser lost its network. */
  offline(): void;
}

/** Listens until `signal` is aborted. */
export function watchWake(handlers: WakeHandlers, signal: AbortSignal): void {
  window.addEventListener('online', () => handlers.wake(), { signal });
  window.addEventListener('pageshow', () => handlers.wake(), { signal });
  window.addEventListener('offline', () => handlers.offline(), { signal });
  document.addEventListener(
    'visibilitychange',
    () => {
      if (document.visibilityState === 'visible') handlers.wake();
    },
    { signal },
  );
}

/** Whether the browser is sure that there is no network. */
export function isOffline(): boolean {
  return typeof navigator !== 'undefined' && !navigator.onLine;
}
