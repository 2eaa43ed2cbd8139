/**
 * What the files of `SCRIPTS` (scripts.mjs) have in place of Lit's module of the same name, which has guards for what is
 * put into styles. Ours are constant.
 */
import { addStyle } from '../styles/add-style.js';

/** Styles, and the sheet of them that all elements share. */
class Styles {
  #sheet: CSSStyleSheet | undefined;

  constructor(readonly cssText: string) {}

  get styleSheet(): CSSStyleSheet {
    if (this.#sheet === undefined) {
      this.#sheet = new CSSStyleSheet();
      this.#sheet.replaceSync(this.cssText);
    }
    return this.#sheet;
  }
}

export type { Styles as CSSResult };

export function css([text = '']: TemplateStringsArray): Styles {
  return new Styles(text);
}

/** Every browser that knows our colours has such sheets; a page may have taken them away. Then as Lit does it. */
export function adoptStyles(root: ShadowRoot, styles: readonly Styles[]): void {
  if ('adoptedStyleSheets' in root) root.adoptedStyleSheets = styles.map(({ styleSheet }) => styleSheet);
  else for (const { cssText } of styles) addStyle(root, cssText);
}
