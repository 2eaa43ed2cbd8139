/** Who is on the other side. */
export interface Identity {
  /** Owns sessions; `null` where no tokens are used. */
  readonly subject: string | null;
  /** When the token ends, in milliseconds since 1970; `undefined`: never. */
  readonly expiresAt: number | undefined;
  /** A token that the client should keep from now on: made for a new visitor, or renewed. */
  readonly token?: string;
}

/** Decides who a client is. One implementation for each `AUTH_MODE`. */
export interface Authenticator {
  readonly mode: 'open' | 'visitor' | 'jwt';
  /**
   * Reads the token of a `hello`, a `token` frame or a request.
   *
   * @throws {ChatError} `unauthorized` or `token_expired`.
   */
  identify(token: string | undefined): Promise<Identity>;
}

/** The token to inject an {@link Authenticator}. */
export const AUTHENTICATOR = Symbol('chat-stream:authenticator');
