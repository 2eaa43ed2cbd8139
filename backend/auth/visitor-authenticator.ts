import { randomBytes, randomUUID } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { ChatError } from '../chat-error.js';
import type { Authenticator, Identity } from './authenticator.js';

const ISSUER = 'chat-stream';
const AUDIENCE = 'chat-stream:visitor';
/** Long enough that a visitor who comes back within a month finds the conversation. */
const LIFETIME_S = 30 * 24 * 3600;

/** `AUTH_MODE=visitor`: signs a token for each new visitor, and renews it when half of its life is over. */
export class VisitorAuthenticator implements Authenticator {
  readonly mode = 'visitor';
  private readonly key: Uint8Array;

  /** `secret` signs the tokens; without one, they end with this process. */
  constructor(secret?: string) {
    this.key = secret === undefined ? randomBytes(32) : new TextEncoder().encode(secret);
  }

  async identify(token: string | undefined): Promise<Identity> {
    if (token === undefined) return this.issue(randomUUID());
    const { sub, exp } = await this.verify(token);
    const left = exp * 1000 - Date.now();
    if (left < (LIFETIME_S * 1000) / 2) return this.issue(sub);
    return { subject: sub, expiresAt: exp * 1000 };
  }

  private async issue(subject: string): Promise<Identity> {
    const exp = Math.floor(Date.now() / 1000) + LIFETIME_S;
    const token = await new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(subject)
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setIssuedAt()
      .setExpirationTime(exp)
      .sign(this.key);
    return { subject, token, expiresAt: exp * 1000 };
  }

  private async verify(token: string): Promise<{ sub: string; exp: number }> {
    try {
      const { payload } = await jwtVerify(token, this.key, {
        algorithms: ['HS256'],
        issuer: ISSUER,
        audience: AUDIENCE,
        requiredClaims: ['sub', 'exp'],
      });
      return { sub: payload.sub ?? '', exp: payload.exp ?? 0 };
    } catch (cause) {
      if (cause instanceof errors.JWTExpired) {
        throw new ChatError('token_expired', 'The token has expired: say hello without one to get a new one.', {
          cause,
        });
      }
      throw new ChatError('unauthorized', 'The token is not valid here: say hello without one to get a new one.', {
        cause,
      });
    }
  }
}
