import * as v from 'valibot';
import { looseObject } from './schemas.js';

/** Added by the server: where in the answer's text it stands, in UTF-16 units, and when it was. */
const placed = { at: v.optional(v.number()), timestamp: v.optional(v.string()) };

/**
 * What an answer can hold besides text. A delta rides on a chunk frame with `"chunk":""`.
 *
 * To add a kind: add its schema here; the compiler then names the places that must know it.
 */
export const DeltaSchema = v.variant('type', [
  /** What a reasoning model thinks before it answers; `text` is only the new part. */
  looseObject({ type: v.literal('reasoning'), text: v.string() }),
  /** A step of a Llama Stack turn begins or is complete. */
  looseObject({
    type: v.literal('step'),
    step_id: v.string(),
    step_type: v.string(),
    phase: v.picklist(['start', 'complete']),
    ...placed,
  }),
  /**
   * A tool is called. `arguments` is what the model wrote: JSON text, or an object. `target` says who runs it: the server, a
   * page, or the program that asked over `/v1/agents`. One that needs an approval waits until it says `approved`, which is
   * the decision, or has a result; `comment` is what the person said to it.
   */
  looseObject({
    type: v.literal('tool_call'),
    call_id: v.string(),
    tool_name: v.string(),
    arguments: v.optional(v.unknown()),
    parse_status: v.picklist(['started', 'in_progress', 'succeeded', 'failed']),
    target: v.optional(v.picklist(['server', 'page', 'client'])),
    needs_approval: v.optional(v.boolean()),
    approved: v.optional(v.boolean()),
    comment: v.optional(v.string()),
  }),
  /** What a tool answered. */
  looseObject({
    type: v.literal('tool_result'),
    call_id: v.string(),
    tool_name: v.string(),
    content: v.unknown(),
    is_error: v.optional(v.boolean()),
    ...placed,
  }),
  /** Something the answer refers to. */
  looseObject({ type: v.literal('source'), url: v.string(), title: v.optional(v.string()) }),
  /** An image, by address or as base64. */
  looseObject({
    type: v.literal('image'),
    url: v.optional(v.string()),
    image: v.optional(v.string()),
    mime_type: v.optional(v.string()),
  }),
  /** Anything of the host's own; a page renders it with `renderers[name]`. */
  looseObject({ type: v.literal('data'), name: v.string(), data: v.unknown() }),
]);

/** Part of an answer that is not text. */
export type Delta = v.InferOutput<typeof DeltaSchema>;

/**
 * Adds a delta to the deltas an answer already has: reasoning grows the last reasoning, a tool call replaces the earlier
 * state of the same call, everything else is appended. Pure.
 *
 * @example appendDelta([{type:'reasoning',text:'a'}], {type:'reasoning',text:'b'}) // [{type:'reasoning',text:'ab'}]
 */
export function appendDelta(deltas: readonly Delta[], delta: Delta): readonly Delta[] {
  const last = deltas.at(-1);
  if (delta.type === 'reasoning' && last?.type === 'reasoning') {
    return [...deltas.slice(0, -1), { ...last, text: last.text + delta.text }];
  }
  if (delta.type === 'tool_call') {
    const index = deltas.findIndex((known) => known.type === 'tool_call' && known.call_id === delta.call_id);
    if (index >= 0) return deltas.with(index, delta);
  }
  return [...deltas, delta];
}
