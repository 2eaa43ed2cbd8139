import { type ClientFrameOf, type ClientFrameType, decodeClientBody, ProtocolError } from '@chat-stream/protocol';
import type { Request } from 'express';
import type { ResolvedOptions } from '../options.js';
import { UnsupportedMediaType } from './http-error.filter.js';

/**
 * Reads a body as the text it is, within the limits of a frame. Where the application has parsed it already (Nest's own
 * body parser), it is written again, so that one codec looks at everything.
 *
 * @throws {ProtocolError} `too_large`
 * @throws {UnsupportedMediaType}
 */
export async function textBody(request: Request, { messageBytes }: ResolvedOptions['limits']): Promise<string> {
  const parsed: unknown = request.body;
  const length = Number(request.headers['content-length'] ?? 0);
  if (length > messageBytes) throw tooLarge(messageBytes);
  if (length === 0 && request.headers['transfer-encoding'] === undefined) return '';
  if (request.is('application/json') === false) {
    throw new UnsupportedMediaType('Send JSON, with "Content-Type: application/json".');
  }
  if (parsed !== undefined) return JSON.stringify(parsed);
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > messageBytes) throw tooLarge(messageBytes);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** Reads a body that is a client frame whose type the address names. An empty body is an empty frame. */
export async function frameBody<T extends ClientFrameType>(
  type: T,
  request: Request,
  limits: ResolvedOptions['limits'],
): Promise<ClientFrameOf<T>> {
  const text = await textBody(request, limits);
  return decodeClientBody(type, text === '' ? '{}' : text, { maxDepth: limits.depth, maxBytes: limits.messageBytes });
}

function tooLarge(bytes: number): ProtocolError {
  return new ProtocolError('too_large', `The body is larger than ${bytes} bytes.`);
}
