import { Silence, StackRefusal } from './requests.js';

/** Why an answer ended as `error`: the sentence is for the visitor, and has nothing of the server's own words. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

/** The answer ended before it was finished. */
export const CUT_OFF: Failure = {
  code: 'cut_off',
  message: 'The answer was cut off before it was finished. Please try again.',
  retryable: true,
};

const TIMEOUT: Failure = {
  code: 'timeout',
  message: 'The answer stopped coming. Please try again.',
  retryable: true,
};

const UNAVAILABLE: Failure = {
  code: 'unavailable',
  message: 'The agent can’t be reached right now. Please try again in a moment.',
  retryable: true,
};

const BUSY: Failure = {
  code: 'rate_limited',
  message: 'The agent is busy right now. Please try again in a moment.',
  retryable: true,
};

const MISCONFIGURED: Failure = {
  code: 'misconfigured',
  message: 'The connection to the agent is not set up correctly. Please tell the people who run this site.',
  retryable: false,
};

/** What an HTTP status says. */
export function failureOfStatus(status: number | undefined): Failure {
  if (status === 429) return BUSY;
  return status === undefined || status >= 500 || status === 408 || status === 409 ? UNAVAILABLE : MISCONFIGURED;
}

/** What a server says within a stream: it prints the status in front of its words. */
export function failureOfWords(words: string): Failure {
  const status = /^(\d{3}): /.exec(words)?.[1];
  return failureOfStatus(status === undefined ? undefined : Number(status));
}

/** What was thrown while an answer was read. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof StackRefusal) return failureOfStatus(thrown.status);
  return thrown instanceof Silence ? TIMEOUT : CUT_OFF;
}
