/** What a script tag may say as `data-…`: the attributes of the element. */
export const ATTRIBUTES = [
  'server',
  'agent',
  'session-id',
  'mode',
  'open',
  'theme',
  'heading',
  'placeholder',
  'locale',
  'transport',
  'scroll',
  'image-hosts',
  'debug',
] as const;

/** The name of the element. */
export const TAG_NAME = 'chat-stream';

/** The name of one of our files on a server, with or without a hash. */
const FILE = /\/chat-stream[^/]*\.js$/;

/** Marks the tags that have had their element, also for a second copy of this script, and for the one that the loader loads. */
const SERVED = Symbol.for('chat-stream.script');

/** A script tag of ours. */
export type ScriptTag = HTMLScriptElement & { [SERVED]?: true };

/**
 * The tags that this run is for: a classic script knows its own. A module runs once, however many tags name it, and
 * does not know them, so it looks for them.
 */
export function findTags(): readonly ScriptTag[] {
  const { currentScript } = document;
  if (currentScript instanceof HTMLScriptElement) return [currentScript];
  return [...document.querySelectorAll<HTMLScriptElement>('script[src]')].filter((tag) =>
    FILE.test(urlOf(tag)?.pathname ?? ''),
  );
}

/** The server that the first of these tags came from; `undefined` where none came from one. */
export function originOf(tags: readonly ScriptTag[]): string | undefined {
  return tags.map((tag) => urlOf(tag)?.origin).find((origin) => origin !== undefined && origin !== 'null');
}

/** The address of a file beside the one that a tag loads. */
export function besides(tag: ScriptTag, file: string): string | undefined {
  return urlOf(tag) === undefined ? undefined : new URL(file, tag.src).href;
}

/**
 * Puts the element on the page that the tag asks for.
 *
 * @param then What to do with it once it is there: at once, or when there is a body.
 */
export function place(tag: ScriptTag, then: (element: HTMLElement) => void = () => {}): void {
  const given = ATTRIBUTES.filter((name) => tag.hasAttribute(`data-${name}`));
  if (given.length === 0 || tag[SERVED] === true) return;
  tag[SERVED] = true;
  const element = document.createElement(TAG_NAME);
  element.setAttribute('mode', 'launcher');
  for (const name of given) element.setAttribute(name, tag.getAttribute(`data-${name}`) ?? '');
  const origin = originOf([tag]);
  if (!given.includes('server') && origin !== undefined) element.setAttribute('server', origin);
  whenBody(() => {
    document.body.append(element);
    then(element);
  });
}

function urlOf(tag: ScriptTag): URL | undefined {
  return URL.canParse(tag.src) ? new URL(tag.src) : undefined;
}

/** A script in the head runs before there is a body. */
function whenBody(work: () => void): void {
  if (document.body !== null) return work();
  document.addEventListener('DOMContentLoaded', work, { once: true });
}
