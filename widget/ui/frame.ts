import { html, nothing, type TemplateResult } from 'lit/html.js';
import type { ConnectionState } from '../connection/transport.js';
import type { ChatStreamError } from '../errors.js';
import type { ChatStreamStrings } from '../strings.js';
import { chatIcon, closeIcon, newIcon, warningIcon } from './icons.js';

/** The button in the corner. */
export function renderLauncher(open: boolean, strings: ChatStreamStrings, onToggle: () => void): TemplateResult {
  const label = open ? strings.close : strings.open;
  return html`<button
    class="launcher"
    part="launcher"
    type="button"
    aria-label=${label}
    title=${label}
    aria-expanded=${open ? 'true' : 'false'}
    aria-controls="panel"
    ?data-open=${open}
    @click=${onToggle}
  >
    ${open ? closeIcon : chatIcon}
  </button>`;
}

/** What the header shows. */
export interface HeaderView {
  readonly title: string;
  readonly strings: ChatStreamStrings;
  /** Begins a new conversation; `undefined`: there is none to leave. */
  readonly onNew: (() => void) | undefined;
  /** Closes the panel; `undefined`: it does not close. */
  readonly onClose: (() => void) | undefined;
}

/** The title, and the buttons that are about the whole conversation. */
export function renderHeader({ title, strings, onNew, onClose }: HeaderView): TemplateResult {
  return html`<header class="header" part="header">
    <h2 class="title" part="title">${title}</h2>
    ${onNew === undefined ? nothing : headerButton('new-session', strings.newSession, newIcon, onNew)}
    ${onClose === undefined ? nothing : headerButton('close', strings.close, closeIcon, onClose)}
  </header>`;
}

function headerButton(part: string, label: string, icon: unknown, onClick: () => void): TemplateResult {
  return html`<button
    class="button quiet"
    part=${part}
    type="button"
    aria-label=${label}
    title=${label}
    @click=${onClick}
  >
    ${icon}
  </button>`;
}

/** One line that is there while the chat is not connected, and says so. */
export function renderStatus(state: ConnectionState, strings: ChatStreamStrings): TemplateResult | typeof nothing {
  if (state === 'open' || state === 'idle') return nothing;
  return html`<div class="status" part="status" data-state=${state}><i></i><span>${strings[state]}</span></div>`;
}

/** What failed for the whole chat, and the way on: a button that says `label`. */
export function renderFailure(error: ChatStreamError, label: string, onClick: () => void): TemplateResult {
  return html`<div class="banner" part="error">
    ${warningIcon}<span>${error.message}</span>
    <button class="text-button" part="retry" type="button" @click=${onClick}>${label}</button>
  </div>`;
}

/** What stands in an empty conversation: a line, and what one could ask. */
export function renderEmpty(
  strings: ChatStreamStrings,
  suggestions: readonly string[],
  onPick: (text: string) => void,
): TemplateResult {
  return html`<div class="empty" part="empty">
    <p class="empty-line">${strings.empty}</p>
    ${
      suggestions.length === 0
        ? nothing
        : html`<ul class="suggestions" part="suggestions" aria-label=${strings.suggestions}>
            ${suggestions.map(
              (text) =>
                html`<li>
                  <button class="suggestion" part="suggestion" type="button" @click=${() => onPick(text)}>
                    ${text}
                  </button>
                </li>`,
            )}
          </ul>`
    }
  </div>`;
}
