import type { ChatStreamError } from '../errors.js';
import type { Visitor } from './visitor.js';

/** Tokens that may be refused one after the other before the chat gives up. */
const MAX_REFUSED_TOKENS = 2;

/** What to do after a server refused to open the session: come back as it is, with another session, or not at all. */
export type AfterRefusal = 'retry' | 'another-session' | 'give-up';

/** Decides what a visitor does whose session or token a server refuses. */
export class Credentials {
  readonly #visitor: Visitor;
  #refusedTokens = 0;

  /** @param visitor Whose session and token they are; what is refused for good is dropped there. */
  constructor(visitor: Visitor) {
    this.#visitor = visitor;
  }

  /** The server opened the session: what was refused before counts no more. */
  accepted(): void {
    this.#refusedTokens = 0;
  }

  /** @param isFromPage Whether the page gives the tokens: a fresh one may do better, and the session stays. */
  afterRefusal(error: ChatStreamError, isFromPage: boolean): AfterRefusal {
    switch (error.code) {
      case 'not_found':
        // A session of an earlier visit may be gone. One that the page asked for is not replaced behind its back.
        return this.#visitor.source === 'storage' ? this.#dropSession() : 'give-up';
      case 'unauthorized':
      case 'token_expired':
        if (++this.#refusedTokens > MAX_REFUSED_TOKENS) return 'give-up';
        if (isFromPage) return 'retry';
        this.#visitor.forgetToken();
        return this.#visitor.source === 'page' ? 'retry' : this.#dropSession();
      default:
        return error.retryable || error.retryAfterMs !== undefined ? 'retry' : 'give-up';
    }
  }

  #dropSession(): AfterRefusal {
    this.#visitor.forgetSession();
    return 'another-session';
  }
}
