import { APIConnectionError, APIError } from 'openai';
import { AgentError, type AgentErrorCode } from './agent.js';

/** `timeout` is the session's to say: it is the one that watches the clock. */
type OpenAiErrorCode = Exclude<AgentErrorCode, 'timeout'>;

/** What a visitor reads. Never the provider's own words: they may hold a key, an address or what the operator asked. */
const SENTENCES: Record<OpenAiErrorCode, string> = {
  cut_off: 'The answer was cut off before it was finished. Please try again.',
  rate_limited: 'The model is busy right now. Please try again in a moment.',
  unavailable: 'The model can’t be reached right now. Please try again in a moment.',
  misconfigured: 'The connection to the model is not set up correctly. Please tell the people who run this site.',
  too_long: 'This conversation is too long for the model. Please start a new one or write a shorter message.',
  content_filter: 'The answer was ended by a content filter.',
  bad_upstream: 'The model sent something that can’t be understood. Please try again.',
  internal: 'Something went wrong while answering. Please try again.',
};

const QUOTA_SENTENCE = 'The quota for this model is used up. Please try again later.';

const RETRYABLE: ReadonlySet<AgentErrorCode> = new Set<OpenAiErrorCode>([
  'cut_off',
  'rate_limited',
  'unavailable',
  'bad_upstream',
  'internal',
]);

/** An {@link AgentError} with the sentence of its code. `cause` is for the log. */
export function agentError(code: OpenAiErrorCode, cause?: unknown): AgentError {
  return new AgentError(code, SENTENCES[code], { retryable: RETRYABLE.has(code), cause });
}

/** Names what went wrong before an answer began: what the openai package throws. */
export function requestError(error: unknown): AgentError {
  if (error instanceof AgentError) return error;
  if (error instanceof APIConnectionError) return agentError('unavailable', error);
  if (error instanceof APIError) return describe({ status: statusOf(error.status), words: wordsOf(error) }, error);
  return agentError('internal', error);
}

/**
 * Names what a server says is wrong within an answer: `{"error": …}` in a data line, or the data of `event: error`.
 * Servers put an HTTP status, a name or a number into `code`, or nothing at all.
 */
export function streamError(error: unknown): AgentError {
  const { status, code } = typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : {};
  const named = { status: statusOf(status) ?? statusOf(code), words: wordsOf(error) };
  return describe(named, new Error(`The model's server reported an error: ${asText(error)}`));
}

/** Whether a server refused a request for its `stream_options`, which old ones do not know. */
export function refusesStreamOptions(error: unknown): boolean {
  return (
    error instanceof APIError && (error.status === 400 || error.status === 422) && /stream_options/.test(asText(error))
  );
}

function describe({ status, words }: { status: number | undefined; words: string }, cause: Error): AgentError {
  if (/insufficient_quota|billing_|insufficient credits/.test(words) || status === 402) {
    return new AgentError('rate_limited', QUOTA_SENTENCE, { retryable: false, cause });
  }
  const code = codeOfStatus(status) ?? codeOfWords(words) ?? 'unavailable';
  // A status says who is at fault; the words within may say of what. llama.cpp says "context size" with a 500.
  return agentError(code === 'rate_limited' ? code : (codeOfContent(words) ?? code), cause);
}

function codeOfStatus(status: number | undefined): OpenAiErrorCode | undefined {
  if (status === undefined) return undefined;
  if (status === 429) return 'rate_limited';
  if (status === 413) return 'too_long';
  if (status >= 500 || status === 408 || status === 409 || status === 425) return 'unavailable';
  return 'misconfigured';
}

function codeOfWords(words: string): OpenAiErrorCode | undefined {
  if (/rate_?limit|too many requests/.test(words)) return 'rate_limited';
  if (/invalid_api_key|authentication|permission_denied|model_not_found/.test(words)) return 'misconfigured';
  return codeOfContent(words);
}

/** What is wrong with what was asked, rather than with who asked. */
function codeOfContent(words: string): OpenAiErrorCode | undefined {
  if (/content_filter|content_policy|content management policy/.test(words)) return 'content_filter';
  if (
    /context.{0,12}(?:length|size|window|exceed)|exceed.{0,20}context|too many tokens|prompt is too long/.test(words)
  ) {
    return 'too_long';
  }
  return undefined;
}

function statusOf(value: unknown): number | undefined {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof status === 'number' && status >= 300 && status <= 599 ? status : undefined;
}

function wordsOf(error: unknown): string {
  return asText(error).toLowerCase();
}

/** All an error says of itself. An `Error` keeps its message where JSON does not look. */
function asText(error: unknown): string {
  if (error instanceof APIError) return `${error.message} ${asText(error.error)}`;
  return typeof error === 'string' ? error : (JSON.stringify(error) ?? '');
}
