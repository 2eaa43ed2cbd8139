import type { Message } from '@chat-stream/protocol';
import { html, nothing, type TemplateResult } from 'lit/html.js';
import type { Shown } from '../conversation/shown.js';
import type { ChatStreamStrings } from '../strings.js';
import { copyIcon, tickIcon, warningIcon } from './icons.js';

/** What a message may ask for. */
export interface MessageActions {
  /** Sends a message again that was not delivered. */
  resend(id: string): void;
  /** Asks the question of a failed answer again. */
  askAgain(id: string): void;
  /** Copies the text of a message. */
  copy(id: string): void;
}

/** What a message needs to be drawn. */
export interface MessageView {
  readonly shown: Shown;
  /** The element that shows the text, between those of an answer that show what it holds beside it. */
  readonly content: readonly (Element | undefined)[];
  readonly strings: ChatStreamStrings;
  /** The name of the agent, for screen readers. */
  readonly agentName: string;
  readonly isConnected: boolean;
  readonly isCopied: boolean;
  readonly canCopy: boolean;
  /** Whether this is the last message: only there is a failed answer worth asking again. */
  readonly isLast: boolean;
}

/** Whether there is more to see of an answer than its text: of an inference, the text is what there is to see. */
export function hasParts({ deltas = [] }: Message): boolean {
  return deltas.some((delta) => delta.type !== 'step' || delta.step_type !== 'inference');
}

/** Draws one message: its text, and under it what is to be said about it. */
export function renderMessage(view: MessageView, actions: MessageActions): TemplateResult {
  const { shown, strings, content } = view;
  const { message } = shown;
  const isUser = message.sender === 'user';
  const isStreaming = message.metadata.streaming === true;
  return html`<div
    class="message ${isUser ? 'user' : 'ai'}"
    part="message ${isUser ? 'message-user' : 'message-ai'}"
    role="article"
    aria-label=${isUser ? strings.you : (message.agentName ?? view.agentName)}
    aria-busy=${isStreaming ? 'true' : nothing}
    data-id=${message.id}
    ?data-streaming=${isStreaming && view.isConnected}
    ?data-blank=${message.content === ''}
    ?data-unseen=${isStreaming && view.isConnected && message.content === '' && !hasParts(message)}
  >
    ${content} ${isUser ? renderDelivery(view, actions) : renderOutcome(view, actions)}
  </div>`;
}

function renderDelivery(view: MessageView, actions: MessageActions): TemplateResult | typeof nothing {
  const { shown, strings, isConnected } = view;
  const { delivery, message } = shown;
  if (delivery?.state === 'failed') {
    const reason = delivery.error.code === 'not_sent' ? '' : ` ${delivery.error.message}`;
    return failure(`${strings.notSent}${reason}`, strings.retry, () => actions.resend(message.id));
  }
  if (delivery?.state === 'waiting' && !isConnected) return note(strings.waiting);
  return nothing;
}

function renderOutcome(view: MessageView, actions: MessageActions): TemplateResult | typeof nothing {
  const { shown, strings, isLast } = view;
  const { id, content, metadata } = shown.message;
  if (metadata.streaming === true) return nothing;
  const again = isLast ? () => actions.askAgain(id) : undefined;
  const { status } = metadata;
  if (status === 'error') {
    // The stream itself carries a sentence for the visitor; without one, this is where it says so.
    const reason = content === '' ? ` ${metadata.error?.message ?? ''}`.trimEnd() : '';
    return failure(`${strings.failed}${reason}`, strings.retry, again);
  }
  if (status === 'interrupted') return failure(strings.interrupted, strings.retry, again);
  const isEmpty = content === '' && !hasParts(shown.message);
  const said = status === 'stopped' ? strings.stopped : isEmpty ? strings.noContent : undefined;
  return html`<div class="outcome">${said === undefined ? nothing : note(said)}${copyButton(view, actions)}</div>`;
}

function note(text: string): TemplateResult {
  return html`<div class="note" part="note">${text}</div>`;
}

function failure(text: string, retry: string, onRetry: (() => void) | undefined): TemplateResult {
  return html`<div class="failure" part="error">
    ${warningIcon}<span>${text}</span>
    ${onRetry === undefined ? nothing : html`<button class="text-button" part="retry" type="button" @click=${onRetry}>${retry}</button>`}
  </div>`;
}

function copyButton(
  { shown, strings, isCopied, canCopy }: MessageView,
  actions: MessageActions,
): TemplateResult | typeof nothing {
  if (!canCopy || shown.message.content === '') return nothing;
  const label = isCopied ? strings.copied : strings.copy;
  return html`<div class="actions" ?data-done=${isCopied}>
    <button
      class="button small"
      part="copy"
      type="button"
      aria-label=${label}
      title=${label}
      @click=${() => actions.copy(shown.message.id)}
    >
      ${isCopied ? tickIcon : copyIcon}
    </button>
  </div>`;
}
