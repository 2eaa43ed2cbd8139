import { Inject, Injectable, type NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { OriginPolicy } from '../auth/origin-policy.js';
import { CHAT_STREAM_OPTIONS, type ResolvedOptions } from '../options.js';

/** What requests of a page may carry. */
const HEADERS = ['authorization', 'content-type', 'last-event-id'];

/**
 * What `llama-stack-client` sends of itself (`x-stainless-os`, `x-stainless-retry-count` …) and what it may say to its server
 * (`x-llamastack-provider-data`, `x-llamastack-client-version`). Other releases have others of the kind. None is read here.
 */
const OF_CLIENTS = /^x-(?:stainless|llamastack)-[a-z\d-]{1,40}$/;

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
    response.vary('Access-Control-Request-Headers');
    response.set({
      'Access-Control-Allow-Methods': 'GET, POST, PUT, DELETE',
      'Access-Control-Allow-Headers': [...HEADERS, ...ofClients(request)].join(', '),
      'Access-Control-Max-Age': '600',
    });
    response.status(204).end();
  }
}

/** `*` would do, and then not for `authorization`: those that are asked for are named one by one. */
function ofClients(request: Request): string[] {
  const asked = request.headers['access-control-request-headers'] ?? '';
  return asked
    .split(',', 32)
    .map((name) => name.trim().toLowerCase())
    .filter((name) => OF_CLIENTS.test(name));
}
