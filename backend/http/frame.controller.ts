import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { CHAT_STREAM_OPTIONS, type ResolvedOptions } from '../options.js';
import { ancestorsFor } from './frame-ancestors.js';

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="robots" content="noindex" />
    <title>Chat</title>
    <link rel="icon" href="data:," />
    <script src="../chat-stream.js" defer></script>
    <script src="../chat-stream-frame.js" defer></script>
  </head>
  <body><noscript>The chat needs JavaScript.</noscript></body>
</html>
`;

/**
 * `GET /chat-stream/frame`: the chat as a page of its own, with the settings in the fragment of its address. The element
 * shows it in a frame on pages whose Content Security Policy forbids what Lit needs. Pages that may connect may frame it.
 */
@Controller('chat-stream/frame')
export class FrameController {
  private readonly ancestors: string;

  constructor(@Inject(CHAT_STREAM_OPTIONS) { allowedOrigins }: ResolvedOptions) {
    this.ancestors = ancestorsFor(allowedOrigins);
  }

  @Get()
  get(@Req() request: Request, @Res() response: Response): void {
    response
      .set({
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': this.policy(request.get('host') ?? ''),
        'X-Content-Type-Options': 'nosniff',
        'Referrer-Policy': 'no-referrer',
        'Cache-Control': 'no-cache',
      })
      .send(PAGE);
  }

  private policy(host: string): string {
    // `'self'` covers the socket as well, but not in every browser. What is no plain host stays out of the header.
    const sockets = /^[\w.:[\]-]+$/.test(host) ? ` ws://${host} wss://${host}` : '';
    return [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      `connect-src 'self'${sockets}`,
      "base-uri 'none'",
      "form-action 'none'",
      `frame-ancestors ${this.ancestors}`,
      "require-trusted-types-for 'script'",
      'trusted-types lit-html',
    ].join('; ');
  }
}
