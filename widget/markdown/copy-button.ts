import type { MarkdownHost } from './context.js';
import { make } from './elements.js';

/** A button that copies a text, and says that it did until the pointer or the focus leaves it. */
export function copyButton(host: MarkdownHost, label: string, text: () => string): HTMLElement | undefined {
  if (!host.canCopy()) return undefined;
  const button = make('button', { type: 'button', class: 'text-button', part: 'copy' }, label);
  const rest = (): void => void (button.textContent = label);
  button.addEventListener('click', () => {
    void host.copy(text()).then((isCopied) => isCopied && (button.textContent = host.words().copied));
  });
  button.addEventListener('pointerleave', rest);
  button.addEventListener('blur', rest);
  return button;
}
