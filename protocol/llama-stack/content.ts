import * as v from 'valibot';
import { looseObject } from '../schemas.js';

const UrlSchema = looseObject({ uri: v.string() });

/** Text, as one item of a content. */
export const TextItemSchema = looseObject({ type: v.literal('text'), text: v.string() });

/** An image, by address or as base64. */
export const ImageItemSchema = looseObject({
  type: v.literal('image'),
  image: looseObject({ url: v.nullish(UrlSchema), data: v.nullish(v.string()) }),
});

const ItemSchema = v.variant('type', [TextItemSchema, ImageItemSchema]);

/** What a message holds: text, an item, or several. */
export const ContentSchema = v.union([v.string(), v.array(ItemSchema), ItemSchema]);

/** What a message holds. */
export type Content = v.InferOutput<typeof ContentSchema>;

/** A document that comes with a turn, or an attachment that a turn leaves: its content may also be behind an address. */
export const DocumentSchema = looseObject({
  content: v.union([v.string(), v.array(ItemSchema), ItemSchema, UrlSchema]),
  mime_type: v.string(),
});

/** See {@link DocumentSchema}. */
export type Document = v.InferOutput<typeof DocumentSchema>;

/**
 * The text of a content, its items one under the other; images are left out.
 *
 * @example contentText([{ type: 'text', text: 'a' }, { type: 'text', text: 'b' }]) // 'a\nb'
 */
export function contentText(content: Content): string {
  if (typeof content === 'string') return content;
  const items = Array.isArray(content) ? content : [content];
  return items.flatMap((item) => (item.type === 'text' ? [item.text] : [])).join('\n');
}
