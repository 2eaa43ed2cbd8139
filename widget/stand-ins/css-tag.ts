/**
 * What the files of `SCRIPTS` (scripts.mjs) have in place of Lit's module of the same name, which has ways for browsers
 * without sheets made by scripts, and guards for what is put into styles. Our styles need newer browsers, and are constant.
 */

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

export function adoptStyles(root: ShadowRoot, styles: readonly Styles[]): void {
  root.adoptedStyleSheets = styles.map(({ styleSheet }) => styleSheet);
}
