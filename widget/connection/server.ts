import { ChatStreamError } from '../errors.js';

/** Where to find a server. */
export interface ServerAddress {
  /** What identities are kept under: origin and path, without a slash at the end. */
  readonly key: string;
  /** The socket's URL. */
  readonly socketUrl: string;
}

let scriptOrigin: string | undefined;

/** Says which server to use where no element names one: the script tag's own origin. */
export function setDefaultServer(origin: string): void {
  scriptOrigin = origin;
}

/**
 * Reads the `server` attribute, an `http:`, `https:`, `ws:` or `wss:` URL, or one that is relative to the page.
 *
 * @throws {ChatStreamError} `bad_setting` for anything else, `no_server` where neither it nor a script tag says a server.
 * @example serverAddress('https://chat.example/') // { key: 'https://chat.example', socketUrl: 'wss://chat.example/ws/chat' }
 */
export function serverAddress(attribute: string | undefined): ServerAddress {
  const server = attribute?.trim() || scriptOrigin;
  if (server === undefined) {
    throw new ChatStreamError('no_server', 'No server is known: set the attribute "server" to its URL.');
  }
  const url = URL.canParse(server, document.baseURI) ? new URL(server, document.baseURI) : undefined;
  if (url === undefined || !/^(https?|wss?):$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new ChatStreamError(
      'bad_setting',
      `The attribute "server" should be an http or https URL without a password, not "${server.slice(0, 80)}".`,
    );
  }
  const secure = url.protocol === 'https:' || url.protocol === 'wss:';
  const base = `${url.host}${url.pathname.replace(/\/+$/, '')}`;
  return { key: `${secure ? 'https' : 'http'}://${base}`, socketUrl: `${secure ? 'wss' : 'ws'}://${base}/ws/chat` };
}
