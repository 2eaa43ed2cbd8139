import type { BlockRenderer } from '../markdown/block-view.js';

/** Makes a renderer that never throws: when `renderer` does, the block shows its text, and goes on as plain text. */
export function guard(renderer: BlockRenderer, failed: (thrown: unknown) => void): BlockRenderer {
  return (target, info) => {
    let source = '';
    let isPlain = false;
    const attempt = <T>(work: () => T): T | undefined => {
      try {
        return work();
      } catch (thrown) {
        isPlain = true;
        target.replaceChildren(source);
        failed(thrown);
        return undefined;
      }
    };
    const view = attempt(() => renderer(target, info));
    return (
      view && {
        grow(text) {
          source += text;
          if (isPlain) target.append(text);
          else attempt(() => view.grow(text));
        },
        end() {
          if (!isPlain) attempt(() => view.end());
        },
      }
    );
  };
}
