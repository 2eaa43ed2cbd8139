import { CHAT_PATH } from './launcher-icons.js';

const SVG = 'http://www.w3.org/2000/svg';

/** The button in the corner, built without Lit: it looks as the one of the element does, by the same styles. */
export function plainLauncher(label: string): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'launcher';
  button.setAttribute('part', 'launcher');
  button.setAttribute('aria-expanded', 'false');
  labelLauncher(button, label);
  drawOn(button, CHAT_PATH);
  return button;
}

/** Says what the button does, to those who see it and those who hear it. */
export function labelLauncher(button: HTMLElement, label: string): void {
  button.setAttribute('aria-label', label);
  button.title = label;
}

/** Puts another drawing on the button. */
export function drawOn(button: HTMLElement, path: string): void {
  const icon = document.createElementNS(SVG, 'svg');
  const attributes = {
    class: 'icon',
    viewBox: '0 0 20 20',
    width: '20',
    height: '20',
    fill: 'none',
    stroke: 'currentColor',
    'stroke-width': '1.75',
    'stroke-linecap': 'round',
    'stroke-linejoin': 'round',
    'aria-hidden': 'true',
    focusable: 'false',
  };
  for (const [name, value] of Object.entries(attributes)) icon.setAttribute(name, value);
  const drawing = document.createElementNS(SVG, 'path');
  drawing.setAttribute('d', path);
  icon.append(drawing);
  button.replaceChildren(icon);
}
