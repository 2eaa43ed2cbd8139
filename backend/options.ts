import type { Agent } from './agent/agent.js';
import type { FrameLog } from './frame-log/frame-log.js';
import type { History } from './history/history.js';
import type { AgentDefinitions } from './llama-stack/agent-definitions.js';

/** Who may open what. */
export type AuthOptions =
  /** No tokens: whoever knows the id of a session may open it. For development and trusted networks. */
  | { readonly mode: 'open' }
  /** The server signs a token for each new visitor; a session opens only for the visitor it was made for. */
  | {
      readonly mode: 'visitor';
      /** Signs the tokens (at least 32 characters). Default: a random one for this process, so tokens end with it. */
      readonly secret?: string;
    };

/** What happens to a message that comes while an answer is being written. */
export type ConcurrentTurns =
  /** The running answer ends as `stopped`, the new one starts. */
  | 'interrupt'
  /** The new answer starts when the running one has ended. */
  | 'queue'
  /** The message is refused with `error` `busy`. */
  | 'reject';

/** What `ChatStreamModule.forRoot` takes. Only `agents` is required. */
export interface ChatStreamOptions {
  /** Who answers; at least one, with unique names. */
  readonly agents: readonly Agent[];
  /** The name of the agent that answers when a message names none; default: the first of `agents`. */
  readonly defaultAgent?: string;
  /** Default: `{ mode: 'visitor' }`. */
  readonly auth?: AuthOptions;
  /**
   * Origins whose pages may connect, exact (`https://www.example.com`); `null` is what sandboxed frames and files have. The server's own origin is always allowed. Default:
   * also every port of `localhost`, `127.0.0.1` and `[::1]`. Requests without an `Origin` header (not from a page) pass.
   */
  readonly allowedOrigins?: readonly string[];
  /** Default: `interrupt`. */
  readonly concurrentTurns?: ConcurrentTurns;
  /** An agent silent for so long ends its answer as `error` `timeout`; milliseconds, default 30,000. */
  readonly idleTimeoutMs?: number;
  /**
   * An answer that waits so long for a tool of its client ends as `error` `timeout`, and a call that waits so long for an
   * approval is declined; milliseconds, default 600,000.
   */
  readonly toolTimeoutMs?: number;
  /** A socket on which nothing was sent for so long gets a `heartbeat`; milliseconds, default 15,000. */
  readonly heartbeatMs?: number;
  /** Where a token is needed, a socket that sends no `hello` for so long is closed with 4408; milliseconds, default 10,000. */
  readonly helloTimeoutMs?: number;
  /** What of the conversation an agent gets: the newest messages within both bounds. */
  readonly context?: {
    /** Default 50. */
    readonly messages?: number;
    /** UTF-16 units, default 200,000. */
    readonly characters?: number;
  };
  /** Bounds of one frame. */
  readonly limits?: {
    /** Bytes; larger closes with 1009; default 65,536. */
    readonly messageBytes?: number;
    /** Nesting of arrays and objects; default 16. */
    readonly depth?: number;
  };
  /** How long frames of finished answers stay in the log for clients that come back with a cursor; older cursors get a snapshot. */
  readonly retention?: {
    /** Milliseconds after the answer ended; default 300,000 (5 minutes). */
    readonly ms?: number;
    /** Frames of one session, the newest; default 2,000. */
    readonly frames?: number;
    /**
     * A session that was begun, and nobody ever wrote to or named, is forgotten so long after it was begun, unless somebody is
     * in it; milliseconds, default 86,400,000 (a day), 0: never. Whoever comes back to it begins it anew.
     */
    readonly emptySessionsMs?: number;
    /**
     * Frames whose session's record is lost (a damaged store) are forgotten so long after the last of them; milliseconds,
     * default 604,800,000 (a week), 0: never. Until then, its owner finds what they say by coming back.
     */
    readonly lostSessionsMs?: number;
  };
  /** On a planned stop, running answers have so long to finish before they end as `interrupted`; milliseconds, default 10,000. */
  readonly shutdownGraceMs?: number;
  /** Where live frames are kept; default: in memory. */
  readonly frameLog?: FrameLog;
  /** Where finished messages are kept; default: in memory. */
  readonly history?: History;
  /** Where agents are kept that were made over `/v1/agents`; default: in memory. */
  readonly agentDefinitions?: AgentDefinitions;
}

/**
 * Which routes of the module are not for the page, and may be left out where the application has such ones of its own, or
 * does not want them. Known when the application is put together: `forRootAsync` takes them beside its factory.
 */
export interface ChatStreamRoutes {
  /** The agents API of Llama Stack, all that is under `/v1` and `/v1alpha`, `/v1/health` and `/v1/models` among it; default: true. */
  readonly llamaStack?: boolean;
  /** `/health/live` and `/health/ready`; default: true. */
  readonly health?: boolean;
}

/** {@link ChatStreamOptions} with every default filled in. */
export interface ResolvedOptions {
  readonly agents: readonly Agent[];
  readonly defaultAgent: string | undefined;
  readonly auth: AuthOptions;
  /** `undefined`: the default rule. */
  readonly allowedOrigins: readonly string[] | undefined;
  readonly concurrentTurns: ConcurrentTurns;
  readonly idleTimeoutMs: number;
  readonly toolTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly helloTimeoutMs: number;
  readonly context: { readonly messages: number; readonly characters: number };
  readonly limits: { readonly messageBytes: number; readonly depth: number };
  readonly retention: {
    readonly ms: number;
    readonly frames: number;
    readonly emptySessionsMs: number;
    readonly lostSessionsMs: number;
  };
  readonly shutdownGraceMs: number;
}

/** The token to inject {@link ResolvedOptions}. */
export const CHAT_STREAM_OPTIONS = Symbol('chat-stream:options');

/**
 * Fills in the defaults.
 *
 * @throws {TypeError} that names the option, when one is out of bounds.
 */
export function resolveOptions(options: ChatStreamOptions): ResolvedOptions {
  const auth = options.auth ?? { mode: 'visitor' };
  if (auth.mode === 'visitor' && auth.secret !== undefined && auth.secret.length < 32) {
    throw new TypeError('auth.secret must have at least 32 characters.');
  }
  return {
    agents: options.agents,
    defaultAgent: options.defaultAgent,
    auth,
    allowedOrigins: options.allowedOrigins,
    concurrentTurns: options.concurrentTurns ?? 'interrupt',
    idleTimeoutMs: positive('idleTimeoutMs', options.idleTimeoutMs ?? 30_000),
    toolTimeoutMs: positive('toolTimeoutMs', options.toolTimeoutMs ?? 600_000),
    heartbeatMs: positive('heartbeatMs', options.heartbeatMs ?? 15_000),
    helloTimeoutMs: positive('helloTimeoutMs', options.helloTimeoutMs ?? 10_000),
    context: {
      messages: positive('context.messages', options.context?.messages ?? 50),
      characters: positive('context.characters', options.context?.characters ?? 200_000),
    },
    limits: {
      messageBytes: positive('limits.messageBytes', options.limits?.messageBytes ?? 65_536),
      depth: positive('limits.depth', options.limits?.depth ?? 16),
    },
    retention: {
      ms: positive('retention.ms', options.retention?.ms ?? 300_000),
      frames: positive('retention.frames', options.retention?.frames ?? 2_000),
      emptySessionsMs: notNegative('retention.emptySessionsMs', options.retention?.emptySessionsMs ?? DAY_MS),
      lostSessionsMs: notNegative('retention.lostSessionsMs', options.retention?.lostSessionsMs ?? 7 * DAY_MS),
    },
    shutdownGraceMs: options.shutdownGraceMs ?? 10_000,
  };
}

const DAY_MS = 86_400_000;

function notNegative(name: string, value: number): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw new TypeError(`${name} must be 0 or a number above it; it is ${value}.`);
}

function positive(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new TypeError(`${name} must be a number above 0; it is ${value}.`);
}
