// What many chats do: once per frame the whole answer is parsed again and handed to innerHTML. Without a sanitizer, which
// such a page would need and pay for.
import { marked } from 'marked';
import { peerOf } from './shell.js';

export const mount = peerOf((element) => {
  let source = '';
  return {
    push: (chunk) => (source += chunk),
    flush: () => (element.innerHTML = marked.parse(source)),
  };
}, 'text');
