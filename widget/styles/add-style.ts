/** Styles for a page without sheets made by scripts. A strict page allows them by a nonce in `litNonce`, as Lit reads it. */
export function addStyle(root: ShadowRoot, text: string): HTMLStyleElement {
  const { litNonce: nonce = '' } = globalThis as { litNonce?: string };
  return root.appendChild(Object.assign(document.createElement('style'), { nonce, textContent: text }));
}
