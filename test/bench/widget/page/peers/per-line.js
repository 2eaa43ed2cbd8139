// The floor: the text as it is, without Markdown, once per frame, each line in an element of its own. (One text node for
// all of it would cost more: the browser shapes a text node as a whole.)
import { add, peerOf } from './shell.js';

export const mount = peerOf((element) => {
  element.classList.add('lines');
  const newLine = () => add(element, 'div').appendChild(document.createTextNode(''));
  let line = newLine();
  let pending = '';
  return {
    push: (chunk) => (pending += chunk),
    flush() {
      const [first, ...others] = pending.split('\n');
      pending = '';
      if (first !== '') line.appendData(first);
      for (const text of others) {
        line = newLine();
        line.appendData(text);
      }
    },
  };
}, 'source');
