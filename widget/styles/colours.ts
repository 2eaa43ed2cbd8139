// Not from 'lit': the loader draws its button by these styles, and has no room for all of Lit.
import { css } from '@lit/reactive-element/css-tag.js';

/** Light and dark, derived from one accent and one neutral colour. */
export const colours = css`
  .root {
    --_accent: var(--chat-stream-accent, oklch(0.52 0.17 264));
    --_neutral: var(--chat-stream-neutral, oklch(0.55 0.012 264));
    --_bg: var(
      --chat-stream-background,
      light-dark(oklch(from var(--_neutral) 1 0 h), oklch(from var(--_neutral) 0.205 calc(c * 0.8) h))
    );
    --_raised: light-dark(oklch(from var(--_neutral) 1 0 h), oklch(from var(--_neutral) 0.245 calc(c * 0.9) h));
    --_hover: light-dark(oklch(from var(--_neutral) 0.955 calc(c * 0.4) h), oklch(from var(--_neutral) 0.29 c h));
    --_text: var(
      --chat-stream-text,
      light-dark(oklch(from var(--_neutral) 0.25 c h), oklch(from var(--_neutral) 0.93 calc(c * 0.4) h))
    );
    --_muted: var(
      --chat-stream-muted,
      light-dark(oklch(from var(--_neutral) 0.5 calc(c * 1.2) h), oklch(from var(--_neutral) 0.72 c h))
    );
    --_line: var(
      --chat-stream-line,
      light-dark(oklch(from var(--_neutral) 0.915 calc(c * 0.5) h), oklch(from var(--_neutral) 0.32 c h))
    );
    --_edge: light-dark(oklch(from var(--_neutral) 0.66 c h), oklch(from var(--_neutral) 0.52 c h));
    /* Filled with the accent: dark enough, whatever the accent is, for white on it to be read. */
    --_fill: oklch(from var(--_accent) min(l, 0.52) c h);
    --_fill-hover: oklch(from var(--_accent) calc(min(l, 0.52) - 0.05) c h);
    --_on-fill: #fff;
    --_accent-text: light-dark(
      oklch(from var(--_accent) min(l, 0.5) c h),
      oklch(from var(--_accent) max(l, 0.76) calc(c * 0.8) h)
    );
    --_bubble: var(
      --chat-stream-bubble,
      light-dark(color-mix(in oklab, var(--_accent) 9%, white), color-mix(in oklab, var(--_accent) 26%, var(--_bg)))
    );
    --_danger: light-dark(oklch(0.5 0.17 25), oklch(0.78 0.12 25));
    --_danger-bg: light-dark(oklch(0.97 0.015 25), oklch(0.27 0.045 25));
    --_caution: light-dark(oklch(0.47 0.09 70), oklch(0.82 0.1 80));
    --_shadow: 0 1px 2px oklch(0 0 0 / 0.06), 0 12px 40px -8px oklch(0 0 0 / 0.22);
    color-scheme: light dark;
  }
  .root[data-theme='light'] {
    color-scheme: light;
  }
  .root[data-theme='dark'] {
    color-scheme: dark;
  }
`;
