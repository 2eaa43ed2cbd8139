import { NODE_WORK } from './limits.js';
import { work } from './work.js';

/** Every element that an answer can become, and every attribute that one of them may have. There is no other way to make one. */
const ALLOWED = {
  a: ['href', 'title', 'target', 'rel'],
  bdi: ['title'],
  blockquote: [],
  br: [],
  button: ['type'],
  caption: [],
  code: [],
  del: [],
  div: [],
  em: [],
  h1: [],
  h2: [],
  h3: [],
  h4: [],
  h5: [],
  h6: [],
  hr: [],
  img: ['alt', 'title', 'src', 'loading', 'decoding', 'referrerpolicy'],
  input: ['type', 'checked', 'disabled'],
  li: [],
  ol: ['start'],
  p: [],
  pre: ['tabindex'],
  span: ['title'],
  strong: [],
  table: ['tabindex'],
  tbody: [],
  td: ['align'],
  th: ['align'],
  thead: [],
  tr: [],
  ul: [],
} as const;

/** The name of an element that an answer can become. */
export type Tag = keyof typeof ALLOWED;

/** Attributes of every element: all values of these are our own. */
type Common = 'class' | 'part' | 'dir';

/**
 * Makes an element. Names are ours, never the answer's; attributes are those of the list above.
 *
 * @param kids Text becomes text nodes.
 */
export function make<T extends Tag>(
  tag: T,
  attributes: Partial<Record<(typeof ALLOWED)[T][number] | Common, string>> = {},
  ...kids: readonly (Node | string)[]
): HTMLElement {
  const element = document.createElement(tag);
  work.done += NODE_WORK;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...kids);
  return element;
}

/** The attributes of a link to `href`; none where it leads nowhere that a link may lead. */
export function linkTo(address: string): { url?: URL; attributes: { href?: string; target?: string; rel?: string } } {
  // A browser reads a backslash as a slash: `/\\host` would lead to another site.
  const href = address.replaceAll('\\', '%5C');
  let url: URL;
  try {
    url = new URL(href, document.baseURI);
  } catch {
    return { attributes: {} };
  }
  if (!/^(?:https?|mailto|tel):$/.test(url.protocol)) return { attributes: {} };
  return { url, attributes: { href: url.href, target: '_blank', rel: 'noopener noreferrer nofollow' } };
}

/** Where a link leads, for people: the host in ASCII, so that no letter looks like another; or the address. */
export function placeOf(url: URL): string {
  return url.host === '' ? url.pathname : url.host;
}

/** Whether the text of a link says where it leads, so that nothing has to be added. */
export function isHonest(text: string, url: URL): boolean {
  if (url.host === '') return text.trim() === url.pathname;
  if (url.host === location.host) return true;
  const said = text.trim();
  // Letters that look like others are shown as what they are: `xn--…`.
  if (/[^!-~]/.test(said)) return false;
  const address = /^[a-z][\w+.-]*:/i.test(said) ? said : `https://${said}`;
  return URL.canParse(address) && withoutWww(new URL(address).host) === withoutWww(url.host);
}

function withoutWww(host: string): string {
  return host.replace(/^www\./, '');
}

/** The image that may be loaded from `href`: only from hosts that the site allows (`example.com`, `*.example.com`). */
export function imageFrom(href: string, hosts: readonly string[]): URL | undefined {
  const { url } = linkTo(href);
  if (url === undefined || !/^https?:$/.test(url.protocol)) return undefined;
  const { host } = url;
  const isAllowed = hosts.some((allowed) =>
    allowed.startsWith('*.') ? host.endsWith(allowed.slice(1)) : host === allowed,
  );
  return isAllowed ? url : undefined;
}
