import type { PageTools } from './page-tools.js';
import { serverAddress } from '../connection/server.js';
import type { Sight } from '../connection/sight.js';
import type { ChatStreamLink } from '../connection/transport.js';
import { ChatStreamError } from '../errors.js';
import type { Emit } from '../events.js';
import type { TransportName } from '../settings.js';

/** Whom to talk to. A change of any of these begins another conversation. */
export interface ChatConfig {
  /** The page's own transport, instead of a server. */
  readonly link: ChatStreamLink | undefined;
  /** The server's URL; `undefined`: the script's own origin. */
  readonly server: string | undefined;
  /** An agent's name; `undefined`: the server's default. */
  readonly agent: string | undefined;
  /** The one session to open; `undefined`: the stored one, or a new one. */
  readonly sessionId: string | undefined;
  /** How to reach the server. Not part of the conversation: a change goes on with it another way. */
  readonly transport: TransportName;
  /** A setting that rules out any connection. */
  readonly problem: ChatStreamError | undefined;
}

/** What the chat asks of, and tells, the element around it. */
export interface ChatHost {
  /** Fires an event of the element. */
  readonly emit: Emit;
  /** Something other than the text of a running answer changed: draw again. */
  changed(): void;
  /** A running answer grew. */
  appended(id: string, text: string): void;
  /** A token of the page's, where the page gives tokens. */
  token(): string | undefined | Promise<string>;
  /** Whether the element is on a page: only then may there be a connection. */
  isOnPage(): boolean;
  /** The tools of the page, as it set them. */
  readonly tools: () => unknown;
  /** Loads what runs these. */
  loadParts(): Promise<{ readonly PageTools: typeof PageTools }>;
  /** Whether the page gives tokens. */
  hasToken(): boolean;
  /** For debugging: everything that the connection does. */
  readonly see: (...sight: Sight) => void;
}

/** Whether two settings mean the same conversation. */
export function sameConfig(a: ChatConfig, b: ChatConfig): boolean {
  return (Object.keys(a) as (keyof ChatConfig)[]).every((key) =>
    key === 'transport' ? isLlamaStack(a) === isLlamaStack(b) : sameSetting(a[key], b[key]),
  );
}

/** What the stored identity belongs to. A link has none: its page names the session where it should last. */
export function placeOf(config: ChatConfig | undefined): string | undefined {
  const { link, server, agent, problem, transport } = config ?? {};
  if (link !== undefined || problem !== undefined) return undefined;
  try {
    const kind = transport === 'llama-stack' ? 'llama-stack:' : '';
    return `${kind}${serverAddress(server).key}:${agent ?? ''}`;
  } catch {
    return undefined; // The connection reports it, once.
  }
}

/** There the sessions are others, and so is the conversation. */
function isLlamaStack({ transport }: ChatConfig): boolean {
  return transport === 'llama-stack';
}

/** An error is made anew with every reading of the settings; its sentence says whether it is the same. */
function sameSetting(a: ChatConfig[keyof ChatConfig], b: ChatConfig[keyof ChatConfig]): boolean {
  return a === b || (a instanceof ChatStreamError && b instanceof ChatStreamError && a.message === b.message);
}
