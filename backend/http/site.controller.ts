import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Controller, Get, Header, Inject, NotFoundException, Param, Res } from '@nestjs/common';
import type { Response } from 'express';

/** The token to inject the folder of the start page. */
export const START_PAGE_DIR = Symbol('chat-stream:start-page-dir');

/** What the start page needs: our script, our socket, and nothing else. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const FILES: Readonly<Record<string, string>> = { 'index.css': 'text/css', 'index.js': 'text/javascript' };

/** `GET /`: a page with a working chat, for whoever has just started the service. */
@Controller()
export class SiteController {
  constructor(@Inject(START_PAGE_DIR) private readonly dir: string) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', CONTENT_SECURITY_POLICY)
  @Header('X-Content-Type-Options', 'nosniff')
  index(): string {
    return this.read('index.html');
  }

  @Get('demo/:file')
  file(@Param('file') name: string, @Res() response: Response): void {
    const type = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
    if (type === undefined) throw new NotFoundException();
    response.type(`${type}; charset=utf-8`).set('X-Content-Type-Options', 'nosniff').send(this.read(name));
  }

  private read(name: string): string {
    return readFileSync(`${this.dir}/${name}`, 'utf8');
  }
}

/** The folder of the start page in this repository. */
export function startPageDir(): string {
  return fileURLToPath(new URL('../../../demo', import.meta.url));
}
