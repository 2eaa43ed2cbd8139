/** What an element begins with: attributes by name, and what is in it. */
type Setup = Readonly<Record<string, string>>;

/** Builds an element: the file has no room for a template, and a page may forbid those. */
export function el<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Setup = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  element.append(...children);
  return element;
}

/** A button with a text. */
export function button(text: string, onClick: () => void, attributes: Setup = {}): HTMLButtonElement {
  const element = el('button', { type: 'button', class: 'debug-button', ...attributes }, text);
  element.addEventListener('click', onClick);
  return element;
}
