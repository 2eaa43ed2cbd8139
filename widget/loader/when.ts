/** How long a page that never gets quiet puts the rest off, in milliseconds. */
const IDLE_TIMEOUT_MS = 5_000;

/** How long after the page has loaded, where the browser does not say when it is quiet, in milliseconds. */
const IDLE_FALLBACK_MS = 1_000;

/** How near an element comes to the viewport before it is worth loading. */
const NEAR = '600px';

/** Calls `work` when the page has loaded and has nothing else to do; never for visitors who save data. */
export function whenIdle(work: () => void): void {
  const { connection } = navigator as Navigator & { connection?: { saveData?: boolean } };
  if (connection?.saveData === true) return;
  const schedule = () => {
    if (typeof requestIdleCallback === 'function') requestIdleCallback(work, { timeout: IDLE_TIMEOUT_MS });
    else setTimeout(work, IDLE_FALLBACK_MS);
  };
  if (document.readyState === 'complete') schedule();
  else addEventListener('load', schedule, { once: true });
}

/** Calls `work` once, when one of the elements is near to being seen. */
export function whenNear(elements: Iterable<Element>, work: () => void): void {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      work();
    },
    { rootMargin: NEAR },
  );
  for (const element of elements) observer.observe(element);
}

/** Calls `work` once, when there is all of the document. */
export function whenParsed(work: () => void): void {
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', work, { once: true });
  else work();
}
