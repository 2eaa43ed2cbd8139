import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { Controller, Get, NotFoundException, type OnModuleInit, Param, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';

/** How a file goes over the wire. */
const ENCODINGS = ['br', 'gzip', 'identity'] as const;
type Encoding = (typeof ENCODINGS)[number];

/** One file that pages load. */
interface ScriptFile {
  readonly body: Buffer;
  readonly hash: string;
  /** What was compressed already: each file once in the life of the process, when it is first asked for. */
  readonly encoded: Map<Encoding, Promise<Buffer>>;
}

/**
 * What was built for pages, for pages of any origin: `GET /chat-stream.js` and the files beside it.
 *
 * By that name a file is asked for again each time and answered with 304 while it is the same: a new release reaches
 * every page at once. Under `/chat-stream/<release>/` it may be kept for ever, and a page can pin it with `integrity`.
 */
@Controller()
export class WidgetController implements OnModuleInit {
  private files: ReadonlyMap<string, ScriptFile> = new Map();

  /** Names everything that is served here together: a file of one release never loads one of another. */
  release = '';

  /** @throws {Error} that says what to do, when the widget was not built. */
  onModuleInit(): void {
    const folder = dirname(fileURLToPath(import.meta.resolve('@chat-stream/widget/chat-stream.js')));
    try {
      const names = readdirSync(folder).filter((name) => name.endsWith('.js'));
      this.files = new Map(names.sort().map((name) => [name, read(join(folder, name))]));
    } catch (cause) {
      throw new Error('The widget is not built: run "npm run build".', { cause });
    }
    if (!this.files.has('chat-stream.js')) throw new Error('The widget is not built: run "npm run build".');
    this.release = hashOf([...this.files].map(([name, { hash }]) => `${name} ${hash}`).join('\n'));
  }

  @Get('chat-stream{-:name}.js')
  async current(@Param('name') name: string | undefined, @Req() request: Request, @Res() response: Response) {
    await this.send(name, 'no-cache', request, response);
  }

  @Get('chat-stream/:release/chat-stream{-:name}.js')
  async pinned(
    @Param('release') release: string,
    @Param('name') name: string | undefined,
    @Req() request: Request,
    @Res() response: Response,
  ) {
    if (release !== this.release) throw new NotFoundException();
    await this.send(name, 'public, max-age=31536000, immutable', request, response);
  }

  private async send(name: string | undefined, cacheControl: string, request: Request, response: Response) {
    const file = this.files.get(name === undefined ? 'chat-stream.js' : `chat-stream-${name}.js`);
    if (file === undefined) throw new NotFoundException();
    const encoding = encodingFor(request);
    const etag = `"${file.hash}-${encoding}"`;
    response.set({
      'Content-Type': 'text/javascript; charset=utf-8',
      'Access-Control-Allow-Origin': '*',
      'Cross-Origin-Resource-Policy': 'cross-origin',
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': cacheControl,
      'X-Chat-Stream-Release': this.release,
      ETag: etag,
    });
    response.vary('Accept-Encoding');
    if (encoding !== 'identity') response.set('Content-Encoding', encoding);
    if (isFresh(request, etag)) response.status(304).end();
    else response.send(await encoded(file, encoding));
  }
}

function read(path: string): ScriptFile {
  const body = readFileSync(path);
  return { body, hash: hashOf(body), encoded: new Map() };
}

function hashOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('base64url').slice(0, 22);
}

function encodingFor(request: Request): Encoding {
  return ENCODINGS.find((encoding) => request.acceptsEncodings(encoding) !== false) ?? 'identity';
}

/** A proxy that compresses or checks may have made the tag a weak one. */
function isFresh(request: Request, etag: string): boolean {
  const known = request.headers['if-none-match'] ?? '';
  return known.trim() === '*' || known.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

async function encoded(file: ScriptFile, encoding: Encoding): Promise<Buffer> {
  const made = file.encoded.get(encoding) ?? compress(file.body, encoding);
  file.encoded.set(encoding, made);
  return made;
}

async function compress(body: Buffer, encoding: Encoding): Promise<Buffer> {
  if (encoding === 'br') return promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
  if (encoding === 'gzip') return promisify(gzip)(body, { level: 9 });
  return body;
}
