import { css } from '@lit/reactive-element/css-tag.js';

/** What answers are made of. Nothing here depends on a class or style that an answer names: it can name none. */
export const content = css`
  .markdown {
    white-space: pre-line;
  }
  .markdown > :first-child {
    margin-block-start: 0;
  }
  .markdown > :last-child {
    margin-block-end: 0;
  }
  /* Takes the margin of its last block off. No selector that looks into the last part: when it is no longer the last, the styles of all in it would be made anew. */
  .markdown > .part:last-child {
    margin-block-end: calc(var(--_u) * -3);
  }
  /* A block that changes costs nothing in the others. Room for focus rings; where there can be none, they go first. Not in Safari: see .group. */
  @supports (overflow-clip-margin: 1px) and (overflow-anchor: auto) {
    .markdown > *,
    .part > * {
      contain: content;
      overflow-clip-margin: 6px;
    }
    /* Numbers of three digits and more stand further out than the list. */
    .markdown :is(ol, .past) {
      overflow-clip-margin: 2em;
    }
    .part > :is(h1, h2, h3, h4, h5, h6, hr):first-child {
      margin-block-start: calc(var(--_u) * 2);
    }
    .part:not(:last-child) {
      contain-intrinsic-size: auto 1000px;
    }
    .part.past {
      content-visibility: auto;
    }
  }
  .markdown :is(p, ul, ol, blockquote, pre, table, .block) {
    margin: 0 0 calc(var(--_u) * 3);
  }
  .markdown .more {
    margin-block-start: calc(var(--_u) * -3);
  }
  .markdown :is(h1, h2, h3, h4, h5, h6) {
    margin: calc(var(--_u) * 5) 0 calc(var(--_u) * 2);
    font-size: 1em;
    font-weight: 650;
    line-height: 1.35;
  }
  .markdown h1 {
    font-size: 1.3em;
  }
  .markdown h2 {
    font-size: 1.15em;
  }
  .markdown :is(ul, ol) {
    padding-inline-start: 1.6em;
  }
  .markdown :is(li + li, li > :is(ul, ol)) {
    margin-block-start: var(--_u);
  }
  /* Deeper ones stand where the sixth does: in a text that leaves no room, each letter would be a line. */
  .markdown
    :is(ul, ol, blockquote)
    :is(li, blockquote)
    :is(li, blockquote)
    :is(li, blockquote)
    :is(li, blockquote)
    :is(li, blockquote)
    :is(ul, ol, blockquote) {
    padding: 0;
  }
  .markdown blockquote > :last-child {
    margin-block-end: 0;
  }
  .markdown li > :is(p, ul, ol):last-child {
    margin-block-end: 0;
  }
  /* Each text runs its own way; lists, quotes and tables run as they begin. */
  .markdown :is(p, li, th, td) {
    unicode-bidi: plaintext;
  }
  .markdown li > :is(p, pre) {
    margin-block: var(--_u) calc(var(--_u) * 2);
  }
  .markdown .task {
    list-style: none;
  }
  /* Beside a paragraph as well as beside bare text. */
  .markdown .task > input {
    float: inline-start;
    margin: 0.35em 0 0;
    margin-inline-start: -1.5em;
  }
  .markdown blockquote {
    padding-inline-start: calc(var(--_u) * 3);
    border-inline-start: 3px solid var(--_line);
    color: var(--_muted);
  }
  .markdown hr {
    margin: calc(var(--_u) * 5) 0;
    border: 0;
    border-block-start: 1px solid var(--_line);
  }
  .markdown a {
    color: var(--_accent-text);
  }
  .markdown :is(.host, .chip) {
    font-size: 0.85em;
    color: var(--_muted);
  }
  .markdown .chip {
    display: inline-block;
    padding: 0 8px;
    border: 1px solid var(--_line);
    border-radius: 8px;
    text-decoration: none;
  }
  /* A wide formula: in Firefox and Safari it does not scroll by itself. */
  .markdown .block {
    overflow: auto hidden;
  }
  .markdown img {
    max-inline-size: 100%;
    block-size: auto;
  }
  .markdown code {
    padding: 0.1em 0.3em;
    border-radius: 5px;
    background: var(--_hover);
    font:
      0.9em/1.5 ui-monospace,
      Menlo,
      Consolas,
      monospace;
    unicode-bidi: isolate;
  }
  .markdown pre {
    border: 1px solid var(--_line);
    border-radius: calc(var(--_radius) * 0.6);
    overflow: hidden;
    font: inherit;
  }
  .markdown pre > code {
    display: block;
    padding: calc(var(--_u) * 2.5) calc(var(--_u) * 3);
    background: none;
    overflow-x: auto;
    white-space: pre;
    overflow-wrap: normal;
    tab-size: 4;
  }
  .markdown :is(code > span, .rest, .rest > span) {
    display: block;
  }
  .markdown .bar {
    display: flex;
    justify-content: space-between;
    min-block-size: 30px;
    align-items: center;
    padding-inline: calc(var(--_u) * 3) var(--_u);
    font-size: 12px;
    color: var(--_muted);
    -webkit-user-select: none;
    user-select: none;
  }
  .markdown .bar button {
    font-weight: inherit;
    text-decoration: none;
  }
  .older:hover,
  .markdown .bar button:hover {
    background: var(--_hover);
    color: var(--_text);
  }
  .markdown pre .bar {
    border-block-end: 1px solid var(--_line);
  }
  .markdown caption.bar {
    padding-inline: 3px;
  }
  .markdown table {
    display: block;
    inline-size: fit-content;
    max-inline-size: 100%;
    overflow-x: auto;
    border-collapse: collapse;
    font-size: 0.93em;
  }
  .markdown :is(th, td) {
    padding: 5px 10px;
    border-block-end: 1px solid var(--_line);
    vertical-align: top;
    overflow-wrap: normal;
  }
  .markdown th:not([align]) {
    text-align: start;
  }
  .markdown .hidden-mark::after {
    content: '\\fffd';
    color: var(--_danger);
  }
`;
