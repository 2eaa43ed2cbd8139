import { type nothing, render, type TemplateResult } from 'lit/html.js';
import type { Group } from './groups.js';

/** A group in the document, and what it was drawn from. */
interface DrawnGroup {
  readonly element: HTMLElement;
  inputs: readonly unknown[];
}

/** This many messages at the end are drawn even when they are out of sight. */
const ALWAYS_DRAWN = 4;

/**
 * The groups of messages in the document. One of which nothing changed is not drawn again, so a long history costs nothing
 * when something happens at its end; and none is moved, so that selections, focus and what was scrolled stay.
 */
export class GroupList {
  /** What all of them stand in. */
  readonly element = box('groups');
  readonly #drawn = new Map<number, DrawnGroup>();

  /**
   * Draws what changed.
   *
   * @param groups All there are, in the order of their keys.
   * @param inputsOf What the drawing of a group depends on.
   */
  draw(
    groups: readonly Group[],
    inputsOf: (group: Group) => readonly unknown[],
    drawGroup: (group: Group) => readonly (TemplateResult | typeof nothing)[],
  ): void {
    const keys = new Set(groups.map(({ key }) => key));
    for (const [key, { element }] of this.#drawn) {
      if (keys.has(key)) continue;
      element.remove();
      this.#drawn.delete(key);
    }
    for (const [index, group] of groups.entries()) {
      const drawn = this.#drawn.get(group.key) ?? { element: box('group'), inputs: [] };
      this.#drawn.set(group.key, drawn);
      const { element } = drawn;
      const place = this.element.children[index] ?? null;
      if (place !== element) this.element.insertBefore(element, place);
      element.toggleAttribute('data-past', group.newer > 0);
      element.toggleAttribute('data-old', group.newer >= ALWAYS_DRAWN);
      element.toggleAttribute('data-blank', group.waiting === group.messages.length);
      const inputs = inputsOf(group);
      if (inputs.length === drawn.inputs.length && inputs.every((input, at) => input === drawn.inputs[at])) continue;
      render(drawGroup(group), element);
      drawn.inputs = inputs;
    }
  }
}

function box(className: string): HTMLElement {
  const element = document.createElement('div');
  element.className = className;
  return element;
}
