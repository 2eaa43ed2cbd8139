import { Inject, Injectable, type NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { OriginPolicy } from '../auth/origin-policy.js';
import { CHAT_STREAM_OPTIONS, type ResolvedOptions } from '../options.js';

/** Tells browsers which pages may call `/api`: those of an allowed origin, by name, and never `*`. */
@Injectable()
export class CorsMiddleware implements NestMiddleware {
  private readonly origins: OriginPolicy;

  constructor(@Inject(CHAT_STREAM_OPTIONS) options: ResolvedOptions) {
    this.origins = new OriginPolicy(options.allowedOrigins);
  }

  use(request: Request, response: Response, next: NextFunction): void {
    const { origin } = request.headers;
    response.vary('Origin');
    if (origin !== undefined && this.origins.allows(request)) {
      response.set({ 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': 'Retry-After' });
    }
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return next();
    response.set({
      'Access-Control-Allow-Methods': 'GET, POST, PUT, DELETE',
      'Access-Control-Allow-Headers': 'authorization, content-type, last-event-id',
      'Access-Control-Max-Age': '600',
    });
    response.status(204).end();
  }
}
