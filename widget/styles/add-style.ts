/** Styles for a page without sheets made by scripts. A strict page allows them by a nonce in `litNonce`, as Lit reads it. */
export function addStyle(root: ShadowRoot, text: string): HTMLStyleElement {
  const style = document.createElement('style');
  const { litNonce } = globalThis as { litNonce?: string };
  if (litNonce !== undefined) style.nonce = litNonce;
  style.textContent = text;
  root.append(style);
  return style;
}
