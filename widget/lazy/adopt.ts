import { addStyle } from '../styles/add-style.js';

/** One sheet for each text of styles, however many elements use it. */
const sheets = new Map<string, CSSStyleSheet>();

/**
 * Gives the shadow root around an element these styles, once. A sheet that is made by a script needs neither a
 * `<style>` nor a `style` attribute, which strict pages forbid.
 */
export function adopt(inside: Element, styles: string): void {
  const root = inside.getRootNode();
  // Not in a document yet: the one who draws it puts it there first.
  if (!(root instanceof ShadowRoot)) return;
  if (!Reflect.has(root, 'adoptedStyleSheets')) {
    // The text of a root has that of its styles in it.
    if (!root.textContent.includes(styles)) addStyle(root, styles);
    return;
  }
  let sheet = sheets.get(styles);
  if (sheet === undefined) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
    sheets.set(styles, sheet);
  }
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}
