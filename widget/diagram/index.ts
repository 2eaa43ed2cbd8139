import type { LazyModule } from '../lazy/lazy-module.js';
import { adopt } from '../lazy/adopt.js';
import { PlainSource } from '../lazy/plain-source.js';
import { DiagramFrame } from './diagram-frame.js';
import { DIAGRAM_STRINGS } from './strings.js';

/** A diagram with more UTF-16 units than this stays as it was written. */
export const MAX_SOURCE = 20_000;

const STYLES = `
.diagram-source[hidden], .diagram-frame[hidden] { display: none; }
.diagram-frame { display: block; width: 100%; border: 0; background: transparent; }
.diagram-toggle {
  display: block; margin-block-start: 8px; padding: 4px 8px; border: 1px solid var(--_edge); border-radius: 6px;
  font: inherit; font-size: 13px; color: inherit; background: none; cursor: pointer;
}
`;

/**
 * Shows a diagram in the language of Mermaid, when it is complete: drawn in a frame of the server that can do nothing but
 * draw. The source stays until then, and where it cannot be drawn; later a button changes between the two.
 */
export const render: LazyModule['render'] = (target, _info, context) => {
  const source = new PlainSource(target);
  source.element.className = 'diagram-source';
  return {
    grow: (text) => source.grow(text),
    end() {
      if (source.text.length > MAX_SOURCE || source.text.trim() === '') return;
      adopt(target, STYLES);
      const { diagram } = { ...DIAGRAM_STRINGS, ...context.words() };
      const url = `${context.server()}/chat-stream/diagram`;
      const frame = new DiagramFrame(url, diagram, source.text, () =>
        target.append(toggle(source.element, frame, context)),
      );
      frame.begin();
      target.append(frame.element);
    },
  };
};

/** Shows the diagram, and makes the button that shows the source again. */
function toggle(source: HTMLElement, frame: DiagramFrame, context: Parameters<LazyModule['render']>[2]): HTMLElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'diagram-toggle';
  button.part.add('diagram-toggle');
  const show = (isSource: boolean): void => {
    source.hidden = !isSource;
    frame.element.hidden = isSource;
    if (!isSource) frame.themeChanged();
    const { showSource, showDiagram } = { ...DIAGRAM_STRINGS, ...context.words() };
    button.textContent = isSource ? showDiagram : showSource;
  };
  button.addEventListener('click', () => show(Boolean(source.hidden)));
  show(false);
  return button;
}
