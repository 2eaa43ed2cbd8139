/** Where the OpenAI agent gets its answers from, as the environment says it. */
export interface OpenAiAccess {
  readonly apiKey?: string | null | undefined;
  readonly baseURL?: string | null | undefined;
}

/** Whether the OpenAI agent answers: a base URL is set, or the key starts with `sk-` and is no placeholder. */
export function usesOpenAi({ apiKey, baseURL }: OpenAiAccess): boolean {
  if (isSet(baseURL)) return true;
  return isSet(apiKey) && apiKey.trim().startsWith('sk-') && !isPlaceholderKey(apiKey);
}

/**
 * Whether a key is only the hint of an example file: empty, `placeholder-key`, or `sk-` followed by words such as
 * `your-key-here`. A real key holds at least one part that is no word: digits, mixed case, or great length.
 *
 * @example isPlaceholderKey('sk-your-key-here') // true
 * @example isPlaceholderKey('sk-proj-Ab12Cd34') // false
 */
export function isPlaceholderKey(key: string | null | undefined): boolean {
  if (!isSet(key)) return true;
  const trimmed = key.trim();
  if (trimmed.toLowerCase() === 'placeholder-key') return true;
  if (!trimmed.startsWith('sk-')) return false;
  return trimmed
    .slice('sk-'.length)
    .split(/[^A-Za-z0-9]+/)
    .every((part) => part === '' || isWord(part) || isFiller(part));
}

/** `your`, `KEY`, `Here`: one case, and no longer than the words of a hint are. */
function isWord(part: string): boolean {
  return part.length <= 16 && /^(?:[a-z]+|[A-Z]+|[A-Z][a-z]+)$/.test(part);
}

/** `xxxxxxxx`, `0000`: one character, repeated. */
function isFiller(part: string): boolean {
  return /^(.)\1+$/i.test(part);
}

function isSet(value: string | null | undefined): value is string {
  return value !== null && value !== undefined && value.trim() !== '';
}
