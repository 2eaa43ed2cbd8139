import * as v from 'valibot';
import { ProtocolError } from './errors.js';
import {
  ChunkSchema,
  type ClientFrame,
  type ClientFrameInput,
  type ClientFrameOf,
  ClientFrameSchemas,
  type ClientFrameType,
  type ServerFrame,
  type ServerFrameInput,
  ServerFrameSchemas,
  type StreamFrame,
} from './frames.js';

/** How deep a frame may nest where nobody says otherwise (`LIMIT_DEPTH`). */
export const DEFAULT_MAX_DEPTH = 16;

/** What the codec refuses before it looks at the shape. */
export interface DecodeLimits {
  /** The deepest nesting of arrays and objects; default {@link DEFAULT_MAX_DEPTH}. */
  readonly maxDepth?: number;
  /** The most UTF-8 bytes of one frame; default: no limit here (the socket has its own). */
  readonly maxBytes?: number;
}

/**
 * Reads one frame of a client. This and {@link decodeServerFrame} are the only ways in: what they return has its true type.
 *
 * @throws {ProtocolError} and nothing else: `bad_json`, `too_large` (too many bytes or too deep), `unknown_type`, `bad_message`.
 * @example decodeClientFrame('{"type":"ping"}') // { type: 'ping' }
 */
export function decodeClientFrame(text: string, limits: DecodeLimits = {}): ClientFrame {
  return parseClientFrame(parseJson(text, limits));
}

/**
 * As {@link decodeClientFrame}, for the body of an HTTP request whose address says what it is: `type` need not be there.
 *
 * @throws {ProtocolError} as {@link decodeClientFrame}.
 */
export function decodeClientBody<T extends ClientFrameType>(
  type: T,
  text: string,
  limits: DecodeLimits = {},
): ClientFrameOf<T> {
  const value = parseJson(text, limits);
  const frame = typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value, type } : value;
  return validate<ClientFrameOf<T>>(ClientFrameSchemas, frame);
}

/**
 * As {@link decodeClientFrame}, for a value that is already an object: an HTTP body, a frame over a link.
 *
 * @throws {ProtocolError} `unknown_type`, `bad_message`.
 */
export function parseClientFrame(value: unknown): ClientFrame {
  return validate<ClientFrame>(ClientFrameSchemas, value);
}

/**
 * Reads one frame of a server, ours or one of the original kind, whose legacy spellings are normalised.
 *
 * @throws {ProtocolError} and nothing else. A receiver ignores `unknown_type`: it is a frame of a newer server.
 */
export function decodeServerFrame(text: string, limits: DecodeLimits = {}): ServerFrame {
  return parseServerFrame(parseJson(text, { maxDepth: 64, ...limits }));
}

/**
 * As {@link decodeServerFrame}, for a value that is already an object.
 *
 * @throws {ProtocolError} `unknown_type`, `bad_message`.
 */
export function parseServerFrame(value: unknown): ServerFrame {
  const next = nextChunk(value);
  if (next !== undefined) return next;
  const frame = validate<ServerFrame>(ServerFrameSchemas, value);
  lastChunk = frame.type === 'message_stream' && frame.stream_chunk ? frame : undefined;
  return frame;
}

/** The chunk that was read last. */
let lastChunk: StreamFrame | undefined;

/**
 * Reads a chunk that says what the last one said, but for the fields of {@link ChunkSchema}: only these are checked again.
 * Nearly all frames are such chunks, and to check each as a whole was half of what receiving a token costs a page.
 */
function nextChunk(value: unknown): StreamFrame | undefined {
  if (lastChunk === undefined || !isFields(value) || !isSame(value, lastChunk, ChunkSchema.entries)) return undefined;
  const varying = v.safeParse(ChunkSchema, value);
  if (!varying.success) return undefined;
  // Spread over the last one, the fields would take three times as long.
  return (lastChunk = Object.assign({ ...lastChunk }, varying.output));
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether two objects have the same fields with the same in them; of those that may vary the value does not count. */
function isSame(a: Fields, b: Fields, varying?: Fields): boolean {
  for (const name in b) if (!(name in a)) return false;
  for (const name in a) {
    const [one, other] = [a[name], b[name]];
    if (one === other || (varying && name in varying && name in b)) continue;
    if (!isFields(one) || !isFields(other) || !isSame(one, other)) return false;
  }
  return true;
}

/**
 * Reads back what {@link encodeFrame} wrote, unchecked: for a log that is our own and notices damage by itself. Look at what
 * you use of it.
 */
export function readBack(text: string): unknown {
  return JSON.parse(text);
}

/** Writes one frame. The compiler checks its shape; half of a surrogate pair is escaped, so that a split character survives. */
export function encodeFrame(frame: ClientFrameInput | ServerFrameInput): string {
  return toJson(frame);
}

/** As `JSON.stringify`, also on pages whose libraries give arrays a `toJSON` of their own: there they would become texts. */
export function toJson(value: unknown): string {
  return 'toJSON' in Array.prototype ? written(value) : JSON.stringify(value);
}

function written(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${written(field)}`).join(',')}}`;
}

/**
 * Reads text as JSON, whatever it holds: for wires that have a schema of their own.
 *
 * @throws {ProtocolError} `bad_json`, `too_large`.
 */
export function parseJson(text: string, { maxDepth = DEFAULT_MAX_DEPTH, maxBytes }: DecodeLimits): unknown {
  // Depth is counted on the text, without recursion: a bomb is refused before anything is built from it.
  if (isDeeperThan(text, maxDepth)) {
    throw new ProtocolError('too_large', `The frame nests deeper than ${maxDepth} levels.`);
  }
  if (maxBytes !== undefined && byteLength(text, maxBytes) > maxBytes) {
    throw new ProtocolError('too_large', `The frame is larger than ${maxBytes} bytes.`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new ProtocolError('bad_json', 'Invalid JSON format: a frame is one JSON object.');
  }
}

function byteLength(text: string, limit: number): number {
  return text.length > limit ? text.length : new TextEncoder().encode(text).length;
}

function isDeeperThan(text: string, maxDepth: number): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c /* \ */) index++;
      else if (code === 0x22 /* " */) inString = false;
    } else if (code === 0x22) {
      inString = true;
    } else if (code === 0x7b /* { */ || code === 0x5b /* [ */) {
      if (++depth > maxDepth) return true;
    } else if (code === 0x7d /* } */ || code === 0x5d /* ] */) {
      depth--;
    }
  }
  return false;
}

function validate<Frame>(schemas: Record<string, v.GenericSchema>, value: unknown): Frame {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ProtocolError('bad_message', 'A frame is one JSON object with a "type".');
  }
  const { type, id } = value as { type?: unknown; id?: unknown };
  const ref = typeof id === 'string' && id.length <= 128 ? id : undefined;
  if (typeof type !== 'string') throw new ProtocolError('bad_message', 'A frame needs a "type" that is a string.', ref);
  const schema = Object.hasOwn(schemas, type) ? schemas[type] : undefined;
  if (schema === undefined) {
    // A plain name helps to find a typing error; anything else is not repeated.
    const named = /^\w{1,40}$/.test(type) ? `type "${type}"` : 'this type';
    throw new ProtocolError('unknown_type', `There is no frame of ${named}.`, ref, type);
  }
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output as Frame;
  throw new ProtocolError('bad_message', describe(type, result.issues[0]), ref);
}

/** Names the field and what it should be, and leaves out what was sent. */
function describe(type: string, issue: v.BaseIssue<unknown> | undefined): string {
  const path = issue === undefined ? null : v.getDotPath(issue);
  if (issue === undefined || path === null) return `The frame "${type}" is not as specified.`;
  // For a field that is missing, `expected` is its own name.
  if (issue.received === 'undefined') return `In "${type}", the field "${path}" is missing.`;
  const wanted = issue.expected === null ? 'is not as specified' : `should be ${issue.expected}`;
  return `In "${type}", the field "${path}" ${wanted}.`;
}
