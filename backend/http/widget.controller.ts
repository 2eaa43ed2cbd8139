import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Controller, Get, type OnModuleInit, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';

/** `GET /chat-stream.js`: the widget, for pages of any origin, as a module or as a classic script. */
@Controller('chat-stream.js')
export class WidgetController implements OnModuleInit {
  private script = '';
  private etag = '';

  /** @throws {Error} that says what to do, when the widget was not built. */
  onModuleInit(): void {
    const file = fileURLToPath(import.meta.resolve('@chat-stream/widget/chat-stream.js'));
    try {
      this.script = readFileSync(file, 'utf8');
    } catch (cause) {
      throw new Error('The widget is not built: run "npm run build".', { cause });
    }
    this.etag = `"${createHash('sha256').update(this.script).digest('base64url').slice(0, 22)}"`;
  }

  @Get()
  get(@Req() request: Request, @Res() response: Response): void {
    response.set({
      'Content-Type': 'text/javascript; charset=utf-8',
      'Access-Control-Allow-Origin': '*',
      'Cross-Origin-Resource-Policy': 'cross-origin',
      'X-Content-Type-Options': 'nosniff',
      // Asked for again each time, answered with 304 while it is the same: a new release reaches every page at once.
      'Cache-Control': 'no-cache',
      ETag: this.etag,
    });
    if (request.headers['if-none-match'] === this.etag) response.status(304).end();
    else response.send(this.script);
  }
}
