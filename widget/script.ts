import { setDefaultServer } from './connection/server.js';
import { TAG_NAME } from './define.js';

/** What a script tag may say as `data-…`: the attributes of the element. */
const ATTRIBUTES = [
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
] as const;

/** The name of this file on a server, with or without a hash. */
const FILE = /\/chat-stream[^/]*\.js$/;

/** Marks the tags that have had their element, also for a second copy of this script. */
const SERVED = Symbol.for('chat-stream.script');

type ScriptTag = HTMLScriptElement & { [SERVED]?: true };

/**
 * The tags that this run is for: a classic script knows its own. A module runs once, however many tags name it, and
 * does not know them, so it looks for them.
 */
function findTags(): readonly ScriptTag[] {
  const { currentScript } = document;
  if (currentScript instanceof HTMLScriptElement) return [currentScript];
  return [...document.querySelectorAll<HTMLScriptElement>('script[src]')].filter((tag) => FILE.test(pathOf(tag)));
}

function pathOf(tag: HTMLScriptElement): string {
  return URL.canParse(tag.src) ? new URL(tag.src).pathname : '';
}

function originOf(tag: HTMLScriptElement): string | undefined {
  const origin = URL.canParse(tag.src) ? new URL(tag.src).origin : 'null';
  return origin === 'null' ? undefined : origin;
}

/** Puts the element on the page that the tag asks for. */
function place(tag: ScriptTag): void {
  const given = ATTRIBUTES.filter((name) => tag.hasAttribute(`data-${name}`));
  if (given.length === 0 || tag[SERVED] === true) return;
  tag[SERVED] = true;
  const element = document.createElement(TAG_NAME);
  element.setAttribute('mode', 'launcher');
  for (const name of given) element.setAttribute(name, tag.getAttribute(`data-${name}`) ?? '');
  const origin = originOf(tag);
  if (!given.includes('server') && origin !== undefined) element.setAttribute('server', origin);
  whenBody(() => document.body.append(element));
}

/** A script in the head runs before there is a body. */
function whenBody(work: () => void): void {
  if (document.body !== null) return work();
  document.addEventListener('DOMContentLoaded', work, { once: true });
}

const tags = findTags();
const origin = tags.map(originOf).find((found) => found !== undefined);
if (origin !== undefined) setDefaultServer(origin);
for (const tag of tags) place(tag);
