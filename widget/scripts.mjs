/**
 * Every file that a page can load from the service, in `dist/script`. One more file is one more line: the build makes it
 * (scripts/bundle.mjs), and the service serves what was built (backend/http/widget.controller.ts).
 *
 * - `entry`: the compiled module that it is made of, all its imports included;
 * - `format`: `iife` for what a `<script>` may load as a classic script and as a module alike, `es` for what is only ever
 *   loaded with `import()`. A classic script of another origin has no base for a relative `import('./…')` (browsers give
 *   it `about:blank`): resolve the name against the `src` of our own script tag.
 * - `isSplit`: what it imports later is in files of its own beside it. Only for code of others that is large, and comes
 *   without a source map then: Mermaid has a file for each kind of diagram.
 * - `isForeign`: most of it is code of others, of which the minifier may assume nothing.
 */
export const SCRIPTS = [
  { file: 'chat-stream.js', entry: 'dist/script.js', format: 'iife' },
  { file: 'chat-stream-loader.js', entry: 'dist/loader.js', format: 'iife' },
  { file: 'chat-stream-framed.js', entry: 'dist/framed/index.js', format: 'es' },
  { file: 'chat-stream-sse.js', entry: 'dist/connection/sse.js', format: 'es' },
  { file: 'chat-stream-debug.js', entry: 'dist/debug/index.js', format: 'es' },
  { file: 'chat-stream-parts.js', entry: 'dist/parts/index.js', format: 'es' },
  { file: 'chat-stream-code.js', entry: 'dist/code/index.js', format: 'es' },
  { file: 'chat-stream-math.js', entry: 'dist/math/index.js', format: 'es', isForeign: true },
  { file: 'chat-stream-diagram.js', entry: 'dist/diagram/index.js', format: 'es' },
  { file: 'chat-stream-mermaid.js', entry: 'dist/diagram/page.js', format: 'es', isSplit: true },
  { file: 'chat-stream-llama-stack.js', entry: 'dist/llama-stack/index.js', format: 'es' },
  { file: 'chat-stream-frame.js', entry: 'dist/frame-page.js', format: 'iife' },
];
