import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AUTHENTICATOR, type Authenticator, type Identity } from '../auth/authenticator.js';
import { OriginPolicy } from '../auth/origin-policy.js';
import { ChatError } from '../chat-error.js';
import { CHAT_STREAM_OPTIONS, type ResolvedOptions } from '../options.js';

/** A request whose sender is known. */
export interface IdentifiedRequest extends Request {
  identity: Identity;
}

/**
 * Who may call `/api/chat`: pages of an allowed origin, with the token of the session's owner where tokens are used. A
 * request without a token is a new visitor's only where it creates a session.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  private readonly origins: OriginPolicy;

  constructor(
    @Inject(AUTHENTICATOR) private readonly authenticator: Authenticator,
    @Inject(CHAT_STREAM_OPTIONS) options: ResolvedOptions,
  ) {
    this.origins = new OriginPolicy(options.allowedOrigins);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<IdentifiedRequest>();
    const response = context.switchToHttp().getResponse<Response>();
    if (!this.origins.allows(request)) throw new ChatError('forbidden', 'This origin is not in ALLOWED_ORIGINS.');
    const token = bearer(request);
    const isNewVisitor = request.method === 'POST' && request.path === '/api/chat/sessions';
    if (token === undefined && this.authenticator.mode !== 'open' && !isNewVisitor) {
      response.set('WWW-Authenticate', 'Bearer');
      throw new ChatError('unauthorized', 'Send the token of this session as "Authorization: Bearer …".');
    }
    request.identity = await this.authenticator.identify(token);
    return true;
  }
}

function bearer(request: Request): string | undefined {
  return /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}
