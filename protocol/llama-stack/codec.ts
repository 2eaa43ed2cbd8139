import * as v from 'valibot';
import { type DecodeLimits, parseJson } from '../codec.js';
import { ErrorEventSchema, EventSchema, type Payload, type StreamEvent } from './events.js';

/** What one `data:` of a turn's stream says. */
export type TurnEvent =
  | { readonly kind: 'payload'; readonly payload: Payload }
  /** The turn failed. `message` is the server's own and not for visitors. */
  | { readonly kind: 'error'; readonly message: string }
  /** JSON that is none of the events we know: of a newer server, to be ignored. */
  | { readonly kind: 'unknown' };

/**
 * Reads one `data:` of a turn's stream.
 *
 * @throws {ProtocolError} `bad_json`, `too_large`; a receiver skips such a line, logs it, and reads on.
 * @example decodeTurnEvent('{"error":{"message":"500: …"}}') // { kind: 'error', message: '500: …' }
 */
export function decodeTurnEvent(data: string, limits: DecodeLimits = {}): TurnEvent {
  const value = parseJson(data, { maxDepth: 64, ...limits });
  const event = v.safeParse(EventSchema, value, { abortEarly: true });
  if (event.success) return { kind: 'payload', payload: event.output.event.payload };
  const error = v.safeParse(ErrorEventSchema, value, { abortEarly: true });
  return error.success ? { kind: 'error', message: error.output.error.message } : { kind: 'unknown' };
}

/**
 * Writes one event as it stands on the wire: unnamed, and with the blank line without which clients lose it.
 *
 * @example encodeTurnEvent({ error: { message: 'no' } }) // 'data: {"error":{"message":"no"}}\n\n'
 */
export function encodeTurnEvent(event: StreamEvent): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}

/** A body that is not as it must be: what is wrong where, as the real server words it in its answer. */
export class InvalidBody extends Error {
  override readonly name = 'InvalidBody';

  constructor(
    readonly errors: readonly {
      readonly loc: readonly (string | number)[];
      readonly msg: string;
      readonly type: string;
    }[],
  ) {
    super('The body is not as it must be.');
  }
}

/**
 * Reads the body of a request.
 *
 * @throws {ProtocolError} `bad_json`, `too_large`.
 * @throws {InvalidBody} where it is JSON and not what `schema` says.
 */
export function decodeBody<T>(schema: v.GenericSchema<unknown, T>, text: string, limits: DecodeLimits = {}): T {
  const result = v.safeParse(schema, parseJson(text, limits));
  if (result.success) return result.output;
  throw new InvalidBody(result.issues.map(describe));
}

function describe(issue: v.BaseIssue<unknown>) {
  const loc = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
  const missing = issue.received === 'undefined';
  // `expected` and not `message`: the latter repeats what was sent.
  return missing
    ? { loc, msg: 'Field required', type: 'missing' }
    : { loc, msg: `Input should be ${issue.expected ?? 'as specified'}`, type: `${issue.type}_type` };
}
