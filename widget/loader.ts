// The small script (`chat-stream-loader.js`): puts the button on the page, and loads the rest when it is wanted.
import { Rest } from './loader/rest.js';
import { StandIn } from './loader/stand-in.js';
import { whenIdle, whenNear, whenParsed } from './loader/when.js';
import { besides, findTags, place, TAG_NAME } from './script-tag.js';

const tags = findTags();
const [first] = tags;
/** The launchers that have their button. */
const standing = new WeakSet<Element>();
const url = first === undefined ? undefined : besides(first, 'chat-stream.js');

if (url !== undefined) begin(new Rest(url, TAG_NAME));

function begin(rest: Rest): void {
  const load = () => void rest.load();
  for (const tag of tags) place(tag, (element) => stand(element, rest));
  whenParsed(() => {
    const inline: Element[] = [];
    for (const element of document.querySelectorAll<HTMLElement>(TAG_NAME)) {
      if (element.getAttribute('mode') === 'launcher') stand(element, rest);
      else inline.push(element);
    }
    whenNear(inline, load);
  });
  whenIdle(load);
}

/** Gives a launcher its button. Others show nothing until they are loaded, which is at once. */
function stand(element: HTMLElement, rest: Rest): void {
  if (customElements.get(TAG_NAME) !== undefined || standing.has(element)) return;
  standing.add(element);
  const isClosedLauncher = element.getAttribute('mode') === 'launcher' && !element.hasAttribute('open');
  if (isClosedLauncher) void new StandIn(element, rest);
  else void rest.load();
}
