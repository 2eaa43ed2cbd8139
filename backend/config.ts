import * as v from 'valibot';
import { isPlaceholderKey, usesOpenAi } from './agent/openai-key.js';
import type { AuthOptions, ConcurrentTurns } from './options.js';

/** The service's configuration, read from the environment once, at the start. */
export interface Config {
  readonly port: number;
  readonly host: string;
  /** The model server; `undefined`: the demo agent answers. */
  readonly openAi:
    | {
        readonly apiKey: string | undefined;
        readonly baseURL: string | undefined;
        readonly model: string;
        readonly systemPrompt: string | undefined;
      }
    | undefined;
  /** The Llama Stack server whose agent is there, too; `undefined`: none. */
  readonly llamaStack:
    | {
        readonly url: string;
        readonly agentId: string | undefined;
        readonly model: string | undefined;
        readonly instructions: string | undefined;
        readonly apiKey: string | undefined;
        readonly approvals: 'decline' | 'ask';
      }
    | undefined;
  readonly idleTimeoutMs: number;
  /** Where the embedded store keeps its files. */
  readonly dataDir: string;
  readonly auth: AuthOptions;
  readonly allowedOrigins: readonly string[] | undefined;
  readonly concurrentTurns: ConcurrentTurns;
  readonly limits: { readonly messageBytes: number; readonly depth: number };
  /** How long sessions are kept that nobody can miss; 0: for ever. */
  readonly retention: { readonly emptySessionsMs: number; readonly lostSessionsMs: number };
  /** How long running answers have to finish on a planned stop. */
  readonly shutdownGraceMs: number;
  /** How long a planned stop may take as a whole; then the process ends, whatever hangs. */
  readonly shutdownLimitMs: number;
  /** Sentences for the log: what was set and has no effect. */
  readonly warnings: readonly string[];
}

/** An environment variable is not as it must be. `message` names it and says what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** The model that is asked for where `OPENAI_MODEL` is not set. */
const DEFAULT_MODEL = 'gpt-4o-mini';

function wholeNumber(min: number, max: number, byDefault: number) {
  const says = `must be a whole number from ${min} to ${max}`;
  return v.optional(
    v.pipe(v.string(), v.regex(/^\d{1,15}$/, says), v.transform(Number), v.minValue(min, says), v.maxValue(max, says)),
    String(byDefault),
  );
}

const httpUrl = v.pipe(
  v.string(),
  v.check((value) => /^https?:\/\//.test(value) && URL.canParse(value), 'must be an http or https URL'),
);

const origins = v.pipe(
  v.string(),
  v.transform((value) => value.split(',').map((origin) => origin.trim())),
  v.everyItem(
    (origin) => origin === 'null' || (URL.canParse(origin) && new URL(origin).origin === origin),
    'must be origins such as https://www.example.com, separated by commas, without a path',
  ),
);

const text = v.string();

const Environment = v.object({
  PORT: wholeNumber(0, 65_535, 3000),
  HOST: v.optional(v.pipe(text, v.regex(/^[A-Za-z0-9.:_-]+$/, 'must be a host name or an address')), '127.0.0.1'),
  OPENAI_API_KEY: v.optional(text),
  OPENAI_BASE_URL: v.optional(httpUrl),
  OPENAI_MODEL: v.optional(text, DEFAULT_MODEL),
  OPENAI_SYSTEM_PROMPT: v.optional(text),
  LLAMA_STACK_URL: v.optional(httpUrl),
  LLAMA_STACK_AGENT_ID: v.optional(text),
  LLAMA_STACK_MODEL: v.optional(text),
  LLAMA_STACK_INSTRUCTIONS: v.optional(text),
  LLAMA_STACK_API_KEY: v.optional(text),
  LLAMA_STACK_APPROVALS: v.optional(v.picklist(['decline', 'ask'], 'must be "decline" or "ask"'), 'decline'),
  UPSTREAM_IDLE_TIMEOUT_MS: wholeNumber(1, 86_400_000, 30_000),
  DATA_DIR: v.optional(text, './data'),
  AUTH_MODE: v.optional(v.picklist(['open', 'visitor'], 'must be "open" or "visitor"'), 'visitor'),
  AUTH_VISITOR_SECRET: v.optional(v.pipe(text, v.minLength(32, 'must have at least 32 characters'))),
  ALLOWED_ORIGINS: v.optional(origins),
  CONCURRENT_TURNS: v.optional(
    v.picklist(['interrupt', 'queue', 'reject'], 'must be "interrupt", "queue" or "reject"'),
    'interrupt',
  ),
  LIMIT_MESSAGE_BYTES: wholeNumber(256, 16_777_216, 65_536),
  LIMIT_DEPTH: wholeNumber(4, 256, 16),
  // A day, a week; at most a year.
  RETENTION_EMPTY_SESSIONS_MS: wholeNumber(0, 31_536_000_000, 86_400_000),
  RETENTION_LOST_SESSIONS_MS: wholeNumber(0, 31_536_000_000, 604_800_000),
  // Below the 25 s in which a planned stop must be over.
  SHUTDOWN_GRACE_MS: wholeNumber(0, 20_000, 10_000),
  // Orchestrators wait 30 s between asking and killing.
  SHUTDOWN_LIMIT_MS: wholeNumber(100, 24_000, 24_000),
});

/** Variables of the contract that have no effect in this version: saying so beats silence. */
const NOT_YET = ['DATABASE_URL', 'REDIS_URL'];

/**
 * Reads the environment. A variable that is empty counts as not set.
 *
 * @throws {ConfigError} with one sentence that names the variable and says what is allowed. Secrets are not repeated.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''));
  const result = v.safeParse(Environment, set, { abortEarly: true, abortPipeEarly: true });
  if (!result.success) {
    const [issue] = result.issues;
    const name = v.getDotPath(issue)?.split('.')[0] ?? 'The environment';
    const secret = name.endsWith('_SECRET') || name.endsWith('_KEY');
    throw new ConfigError(`${name} ${issue.message}${secret ? '' : `; it is "${set[name] ?? ''}"`}.`);
  }
  const { output: value } = result;
  const key = { apiKey: value.OPENAI_API_KEY, baseURL: value.OPENAI_BASE_URL };
  return {
    port: value.PORT,
    host: value.HOST,
    openAi: usesOpenAi(key)
      ? { ...key, model: value.OPENAI_MODEL, systemPrompt: value.OPENAI_SYSTEM_PROMPT }
      : undefined,
    llamaStack:
      value.LLAMA_STACK_URL === undefined
        ? undefined
        : {
            url: value.LLAMA_STACK_URL,
            agentId: value.LLAMA_STACK_AGENT_ID,
            model: value.LLAMA_STACK_MODEL,
            instructions: value.LLAMA_STACK_INSTRUCTIONS,
            apiKey: value.LLAMA_STACK_API_KEY,
            approvals: value.LLAMA_STACK_APPROVALS,
          },
    idleTimeoutMs: value.UPSTREAM_IDLE_TIMEOUT_MS,
    dataDir: value.DATA_DIR,
    auth:
      value.AUTH_MODE === 'open'
        ? { mode: 'open' }
        : { mode: 'visitor', ...(value.AUTH_VISITOR_SECRET ? { secret: value.AUTH_VISITOR_SECRET } : {}) },
    allowedOrigins: value.ALLOWED_ORIGINS,
    concurrentTurns: value.CONCURRENT_TURNS,
    limits: { messageBytes: value.LIMIT_MESSAGE_BYTES, depth: value.LIMIT_DEPTH },
    retention: {
      emptySessionsMs: value.RETENTION_EMPTY_SESSIONS_MS,
      lostSessionsMs: value.RETENTION_LOST_SESSIONS_MS,
    },
    shutdownGraceMs: value.SHUTDOWN_GRACE_MS,
    shutdownLimitMs: value.SHUTDOWN_LIMIT_MS,
    warnings: warningsFor(set, key),
  };
}

function warningsFor(
  set: Readonly<Record<string, string | undefined>>,
  key: { apiKey: string | undefined; baseURL: string | undefined },
): string[] {
  const warnings = NOT_YET.filter((name) => set[name] !== undefined).map(
    (name) => `${name} is set, and has no effect in this version.`,
  );
  if (set['LLAMA_STACK_URL'] === undefined) {
    const lonely = Object.keys(set).filter((name) =>
      /^LLAMA_STACK_(AGENT_ID|MODEL|INSTRUCTIONS|API_KEY|APPROVALS)$/.test(name),
    );
    warnings.push(...lonely.map((name) => `${name} has no effect without LLAMA_STACK_URL.`));
  }
  const { apiKey } = key;
  if (apiKey !== undefined && !usesOpenAi(key)) {
    const reason = isPlaceholderKey(apiKey)
      ? 'is a placeholder'
      : 'does not start with "sk-" and OPENAI_BASE_URL is not set';
    warnings.push(`OPENAI_API_KEY ${reason}: the demo agent answers.`);
  }
  return warnings;
}
