/** Something that is drawn in the colours of the theme. */
export interface Themed {
  /** What it is drawn in. */
  readonly element: Element;
  /** The theme may be another one now. */
  themeChanged(): void;
}

/** All that is drawn. What left the page goes from here with the next look: nobody tells it of the end. */
const themed = new Set<Themed>();
let system: MediaQueryList | undefined;
const attributes = new MutationObserver(changed);

/** Tells `one` of changes of the theme (the attribute `theme`, the system's own) for as long as it is on a page. */
export function followTheme(one: Themed): void {
  forgetGone();
  themed.add(one);
  if (system === undefined) {
    system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', changed);
  }
  const root = one.element.closest('[data-theme]');
  if (root !== null) attributes.observe(root, { attributeFilter: ['data-theme'] });
}

/** Whether text is light here: a page may force either theme on the element. */
export function isDark(element: Element): boolean {
  const scheme = getComputedStyle(element).colorScheme;
  if (scheme.includes('light') && scheme.includes('dark')) return matchMedia('(prefers-color-scheme: dark)').matches;
  return scheme.includes('dark');
}

function changed(): void {
  forgetGone();
  for (const one of themed) one.themeChanged();
}

function forgetGone(): void {
  for (const one of themed) if (!one.element.isConnected) themed.delete(one);
  if (themed.size > 0) return;
  system?.removeEventListener('change', changed);
  system = undefined;
  attributes.disconnect();
}
