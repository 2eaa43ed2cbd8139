import type { IncomingMessage } from 'node:http';

/** Decides which pages may talk to us, by the `Origin` that browsers send and pages can't forge. */
export class OriginPolicy {
  private readonly allowed: ReadonlySet<string> | undefined;

  /** `allowed`: exact origins; `undefined`: every port of this machine. */
  constructor(allowed: readonly string[] | undefined) {
    this.allowed = allowed === undefined ? undefined : new Set(allowed);
  }

  /** Whether the page (or the program, which has no origin) behind this request may connect. */
  allows({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
    const { origin, host } = headers;
    if (origin === undefined) return true;
    // What a sandboxed frame and a file have for an origin; only where it is allowed by that name.
    if (origin === 'null') return this.allowed?.has('null') ?? false;
    const url = parse(origin);
    if (url === undefined) return false;
    // The page that we serve ourselves. A proxy may speak https for us, so only the host is compared.
    if (host !== undefined && url.host === host) return true;
    return this.allowed === undefined ? isThisMachine(url.hostname) : this.allowed.has(origin);
  }
}

function parse(origin: string): URL | undefined {
  return URL.canParse(origin) ? new URL(origin) : undefined;
}

function isThisMachine(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}
