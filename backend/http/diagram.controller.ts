import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CHAT_STREAM_OPTIONS, type ResolvedOptions } from '../options.js';
import { ancestorsFor } from './frame-ancestors.js';

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="robots" content="noindex" />
    <title>Diagram</title>
    <link rel="icon" href="data:," />
    <style>body { margin: 0; } svg { display: block; width: 100%; height: auto; }</style>
    <script type="module" src="../chat-stream-mermaid.js" crossorigin></script>
  </head>
  <body></body>
</html>
`;

/**
 * `GET /chat-stream/diagram`: draws one diagram for the element that frames it. Mermaid builds its drawings from HTML with
 * styles in it, so it never runs in a page of a site: here it has an origin that is nobody's, and nothing to load or send.
 */
@Controller('chat-stream/diagram')
export class DiagramController {
  private readonly policy: string;

  constructor(@Inject(CHAT_STREAM_OPTIONS) { allowedOrigins }: ResolvedOptions) {
    this.policy = [
      "default-src 'none'",
      "script-src 'self'",
      // What Mermaid cannot do without.
      "style-src 'unsafe-inline'",
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      `frame-ancestors ${ancestorsFor(allowedOrigins)}`,
      // Also for whoever opens the page by its address.
      'sandbox allow-scripts',
    ].join('; ');
  }

  @Get()
  get(@Res() response: Response): void {
    response
      .set({
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': this.policy,
        'X-Content-Type-Options': 'nosniff',
        'Referrer-Policy': 'no-referrer',
        'Cache-Control': 'no-cache',
      })
      .send(PAGE);
  }
}
