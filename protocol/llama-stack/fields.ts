/** A JSON object of which nothing is known. */
export type Fields = Readonly<Record<string, unknown>>;

const NONE: Fields = {};

/** A value as an object; one without fields where it is none. For what other servers write: a wrong field is an absent one. */
export function asFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : NONE;
}

/** A value as a list of objects. */
export function asList(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(asFields) : [];
}

/** A value as text; empty where it is none. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The text of a content that may be text, an item, or a list of items; images and anything else have none. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  const items = Array.isArray(content) ? content : [content];
  return items.map((item: unknown) => (typeof item === 'string' ? item : asText(asFields(item)['text']))).join('');
}
