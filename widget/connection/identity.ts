import { newId } from './ids.js';

/** What one element is to its server, kept over reloads. */
export interface Identity {
  /** This browser, as `hello.client_id`. */
  readonly clientId: string;
  /** The session to go on with. */
  readonly sessionId?: string | undefined;
  /** The visitor token that the server gave. */
  readonly token?: string | undefined;
}

/** Keeps one {@link Identity}. */
export interface IdentityStore {
  /** What was kept, or a new one. */
  load(): Identity;
  /** Keeps what is given. Never throws. */
  save(identity: Identity): void;
}

/** Keeps the identity for as long as this object lives. */
export function memoryIdentity(): IdentityStore {
  let kept: Identity | undefined;
  return {
    load: () => (kept ??= { clientId: newId() }),
    save: (identity) => void (kept = identity),
  };
}

/**
 * Keeps the identity in `localStorage` under `key`, and in memory where a browser forbids storage (reading
 * `localStorage` itself may throw), is full, or gives back what nobody wrote.
 */
export function storedIdentity(key: string): IdentityStore {
  const memory = memoryIdentity();
  return {
    load: () => {
      const identity = read(key) ?? memory.load();
      memory.save(identity);
      return identity;
    },
    save: (identity) => {
      memory.save(identity);
      write(key, identity);
    },
  };
}

function read(key: string): Identity | undefined {
  try {
    return parse(JSON.parse(localStorage.getItem(key) ?? 'null'));
  } catch {
    return undefined;
  }
}

function write(key: string, identity: Identity): void {
  try {
    localStorage.setItem(key, JSON.stringify(identity));
  } catch {
    // The memory copy serves until the page goes.
  }
}

/** Other scripts of the page can write anything there. */
function parse(value: unknown): Identity | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { clientId, sessionId, token } = value as Record<string, unknown>;
  if (typeof clientId !== 'string' || clientId === '' || clientId.length > 128) return undefined;
  return {
    clientId,
    sessionId: typeof sessionId === 'string' ? sessionId : undefined,
    token: typeof token === 'string' ? token : undefined,
  };
}
