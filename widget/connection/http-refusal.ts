import { CloseCode, type ServerFrame, type ServerFrameOf } from '@chat-stream/protocol';
import type { Wire } from './wire.js';

/** Statuses that say: not now. Where they come from a proxy, its server is away for a while. */
const FOR_NOW = new Set([429, 502, 503, 504]);

/** A request that was answered, and not with what was asked for. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    /** What a socket would have said. */
    readonly frame: ServerFrameOf<'error'>,
    /** Whether the same request may do later. */
    readonly isForNow: boolean,
  ) {
    super(frame.message);
  }

  /** Whether it is about who we are, or the session as a whole: nothing else goes through then, either. */
  get isAboutSession(): boolean {
    return this.frame.code === 'not_found' || this.closeCode !== undefined;
  }

  /** The code that a socket would close with. */
  get closeCode(): CloseCode | undefined {
    const { code } = this.frame;
    if (code === 'unauthorized' || code === 'token_expired') return CloseCode.unauthorized;
    return code === 'forbidden' ? CloseCode.forbidden : undefined;
  }
}

/**
 * Reads why a request failed. Only our own server's word counts (`{"error":{code,message,retryable}}`): a 403 or 404 of
 * something on the way, such as a hotel's login page, means no more than that the server can't be reached now.
 */
export async function refusalOf(response: Response, wire: Wire): Promise<Refusal> {
  const seconds = Number(response.headers.get('retry-after'));
  const wait = seconds > 0 ? { retry_after_ms: seconds * 1000 } : {};
  const isForNow = FOR_NOW.has(response.status);
  const frame = readError(await bodyOf(response), wire);
  if (frame !== undefined) return new Refusal({ ...frame, ...wait }, isForNow);
  const message = `The server can't be reached: HTTP ${response.status}.`;
  return new Refusal(
    { type: 'error', code: 'unavailable', message, retryable: true, timestamp: undefined, ...wait },
    isForNow,
  );
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

function readError(body: unknown, wire: Wire): ServerFrameOf<'error'> | undefined {
  const error = (body as { error?: unknown } | null | undefined)?.error;
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  let frame: ServerFrame;
  try {
    frame = wire.parseServerFrame({ ...error, type: 'error' });
  } catch {
    return undefined;
  }
  return frame.type === 'error' ? frame : undefined;
}
