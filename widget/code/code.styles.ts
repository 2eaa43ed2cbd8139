/**
 * The colours of code, adopted where the first block of it is shown. Each can be set by the page, and both themes have
 * a contrast of at least 4.5 on the ground of code; with forced colours the browser's own replace them.
 */
export const CODE_STYLES = `
.code-lines { display: block; }
.tok-comment { color: var(--chat-stream-code-comment, light-dark(#5c6470, #a3abb8)); font-style: italic; }
.tok-string, .tok-inserted { color: var(--chat-stream-code-string, light-dark(#0b6640, #8fd6a8)); }
.tok-number, .tok-constant { color: var(--chat-stream-code-number, light-dark(#0a5a9c, #8ec8f6)); }
.tok-keyword { color: var(--chat-stream-code-keyword, light-dark(#8a2199, #dcb0f2)); }
.tok-type { color: var(--chat-stream-code-type, light-dark(#7a4b00, #ecc687)); }
.tok-function, .tok-heading { color: var(--chat-stream-code-function, light-dark(#2446b8, #adc2ff)); }
.tok-property, .tok-variable { color: var(--chat-stream-code-property, light-dark(#9a3412, #f6b393)); }
.tok-meta { color: var(--chat-stream-code-meta, light-dark(#4a5568, #b8c0cc)); }
.tok-deleted { color: var(--chat-stream-code-deleted, light-dark(#a81c1c, #f7aaaa)); }
.tok-heading { font-weight: 600; }
`;
