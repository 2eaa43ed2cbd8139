import * as http from 'node:http';
import * as https from 'node:https';

/** Of an error body no more is read than this; it goes to a log. */
const MAX_ERROR_BYTES = 65_536;
/** A server that asks us to wait longer is not asked again: a visitor is waiting. */
const MAX_RETRY_AFTER_S = 10;
/** So long may a body take to end after its last word, for its connection to be used again. */
const RELEASE_MS = 500;

/** A successful response whose body is read as a Node stream. As a `Response` it has no body. */
export class StreamedResponse extends Response {
  constructor(
    readonly stream: http.IncomingMessage,
    init: ResponseInit,
  ) {
    super(null, init);
  }
}

/**
 * The part of `fetch` that the openai package needs, over node:http. The global `fetch` costs twice the CPU per token
 * when tokens come one by one (28 µs against 14), and ends a request that is silent for five minutes whatever the idle
 * timeout of the service is; here only the signal ends a request. Redirects are not followed.
 *
 * @returns a {@link StreamedResponse} for a success, and an ordinary response with its text for a failure.
 */
export async function httpFetch(url: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const incoming = await send(url instanceof Request ? url.url : url, init);
  const status = incoming.statusCode ?? 0;
  const headers = headersOf(incoming);
  if (status >= 200 && status < 300) return new StreamedResponse(incoming, { status, headers });
  // The openai package waits for up to a minute when it is told to, and nobody would know why nothing happens.
  if (Number(headers.get('retry-after')) > MAX_RETRY_AFTER_S) headers.set('x-should-retry', 'false');
  const text = await textOf(incoming);
  return new Response(text === '' ? null : text, { status, headers });
}

/**
 * Lets go of a stream that has said all that is wanted. The connection serves the next request when the body ends now,
 * which spares that one a handshake; it is closed when more comes or nothing does.
 */
export function release(stream: http.IncomingMessage): void {
  stream.removeAllListeners('data');
  stream.on('data', () => stream.destroy());
  const timer = setTimeout(() => stream.destroy(), RELEASE_MS);
  stream.once('close', () => clearTimeout(timer));
}

function send(url: string | URL, init: RequestInit): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const target = new URL(url);
    const { request } = target.protocol === 'https:' ? https : http;
    const options: http.RequestOptions = {
      method: init.method ?? 'GET',
      headers: Object.fromEntries(new Headers(init.headers)),
      // Node's agent has a timeout, which ends nothing while a response comes, and moves a timer with every piece of it.
      timeout: 0,
      ...(init.signal ? { signal: init.signal } : {}),
    };
    // `on`, not `once`: a request that is aborted may complain more than once.
    request(target, options, resolve).on('error', reject).end(init.body);
  });
}

function headersOf(incoming: http.IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  return headers;
}

async function textOf(incoming: http.IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of incoming.setEncoding('utf8')) {
    text += String(part);
    // Leaving the loop destroys the stream.
    if (text.length > MAX_ERROR_BYTES) break;
  }
  return text;
}
