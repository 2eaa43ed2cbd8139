import { type Attachment, llamaStack, MAX_ATTACHMENTS, type Message } from '@chat-stream/protocol';
import type { Submission } from '../session/session.js';
import { settingsOf, toolsOf } from './agent-settings.js';
import { invalid } from './refusal.js';
import type { ServedModel } from './served-models.js';

/** Where the messages of a turn are kept where they say more than the text that everybody sees. */
const KEPT_AS = 'llama_stack_messages';

/** A data URL of something that can be read. */
const TEXT_INLINE = /^data:(?:text\/|application\/(?:[\w.-]+\+)?(?:json|xml|yaml)\b)[^,]*?(;base64)?,/i;

type Item = Extract<llamaStack.Content, { type: string }>;

/**
 * What a turn asks a session to take: what was said becomes the message, documents and context go to the model alone. The
 * agent of the service that has the model answers; the default one, which is told the name, where none of `models` is it.
 *
 * @throws {Refusal} when nothing is asked, or something that this server can't do.
 */
export function turnSubmission(
  body: llamaStack.CreateTurn,
  config: llamaStack.AgentConfig,
  models: readonly ServedModel[] = [],
): Submission {
  const said = body.messages.flatMap((message) => (message.role === 'user' ? [message] : []));
  if (said.length < body.messages.length) {
    throw invalid('Tool responses go to /turn/{turn_id}/resume, not into the messages of a new turn.');
  }
  const content = said.map((message) => llamaStack.contentText(message.content)).join('\n\n');
  const files = said.flatMap(fileOf);
  const attachments = [
    ...said.flatMap((message) => itemsOf(message.content).flatMap(imageOf)),
    ...files.flatMap(({ content: url }) => (url.startsWith('data:image/') ? [{ kind: 'image' as const, url }] : [])),
  ];
  if (content.trim() === '' && attachments.length === 0)
    throw invalid('The messages of a turn hold no text and no image.');
  if (attachments.length > MAX_ATTACHMENTS) throw invalid(`A turn may hold at most ${MAX_ATTACHMENTS} images.`);
  const context = [
    ...said.flatMap((message) => (message.context ? [llamaStack.contentText(message.context)] : [])),
    ...[...(body.documents ?? []), ...files.filter((file) => !file.content.startsWith('data:image/'))].map(
      documentText,
    ),
  ].filter((text) => text !== '');
  const isPlain = said.length === 1 && typeof said[0]?.content === 'string' && !said[0].context;
  const tools = toolsOf(config);
  const model = models.find(({ id }) => id === config.model);
  return {
    id: undefined,
    content,
    agent: model?.agent,
    attachments,
    metadata: {
      ...(context.length === 0 ? {} : { context: context.join('\n\n') }),
      ...(isPlain ? {} : { [KEPT_AS]: body.messages }),
    },
    settings: settingsOf(config, body, model === undefined ? config.model : model.setting),
    ...(tools.length === 0 ? {} : { tools }),
  };
}

/** The messages of the turn that a stored message began. */
export function inputMessagesOf({ content, metadata }: Message): llamaStack.InputMessage[] {
  const kept = metadata[KEPT_AS];
  // Only {@link turnSubmission} and clients of the chat write there; the latter may write anything.
  if (Array.isArray(kept) && kept.every(llamaStack.isInputMessage)) return kept;
  return [{ role: 'user', content, context: null }];
}

function itemsOf(content: llamaStack.Content): readonly Item[] {
  if (typeof content === 'string') return [];
  return Array.isArray(content) ? content : [content];
}

function imageOf(item: Item): Attachment[] {
  if (item.type !== 'image') return [];
  const { url, data } = item.image;
  if (url) return [{ kind: 'image', url: url.uri }];
  return data ? [{ kind: 'image', url: `data:${mimeOf(data)};base64,${data}` }] : [];
}

/**
 * The Llama Stack UI puts what a visitor attached here, as a data URL. No schema has the field, and a Llama Stack server
 * passes over it: its visitor is told "ready to send", and the model never sees the file.
 */
function fileOf(message: object): { content: string; mime_type: string }[] {
  const { content, type } = llamaStack.asFields(llamaStack.asFields(message)['file']);
  return typeof content === 'string' && content !== '' ? [{ content, mime_type: llamaStack.asText(type) }] : [];
}

/** By the first bytes, as base64 writes them. */
function mimeOf(base64: string): string {
  if (base64.startsWith('/9j/')) return 'image/jpeg';
  if (base64.startsWith('R0lG')) return 'image/gif';
  return base64.startsWith('UklG') ? 'image/webp' : 'image/png';
}

/** A document as a model reads it. What is behind an address stays there: nothing is fetched for a client. */
function documentText({ content, mime_type }: llamaStack.Document): string {
  const text = typeof content === 'object' && 'uri' in content ? String(content.uri) : llamaStack.contentText(content);
  const inline = TEXT_INLINE.exec(text);
  if (inline !== null) return titled(mime_type, decoded(text.slice(inline[0].length), inline[1] !== undefined));
  return /^https?:\/\/\S+$/.test(text) ? `A document (${mime_type}) is at ${text}` : titled(mime_type, text);
}

function titled(mimeType: string, text: string): string {
  return text === '' ? '' : `Document (${mimeType}):\n${text}`;
}

function decoded(text: string, isBase64: boolean): string {
  if (isBase64) return Buffer.from(text, 'base64').toString('utf8');
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
