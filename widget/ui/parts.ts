import type { Delta, Message } from '@chat-stream/protocol';
import { html, nothing, type TemplateResult } from 'lit/html.js';

/**
 * Draws what an answer holds beside its text: what the model thought, closed until somebody wants to read it, and which tools
 * were called, and how far that has come. Steps are for programs: their tools are here, their text is the answer's.
 */
export function renderParts({ deltas = [] }: Message, reasoning: string): readonly (TemplateResult | typeof nothing)[] {
  return deltas.map((delta) => {
    if (delta.type === 'reasoning')
      return html`<details class="reasoning" part="reasoning">
        <summary>${reasoning}</summary>
        <span>${delta.text}</span>
      </details>`;
    return delta.type === 'tool_call' && delta.tool_name !== ''
      ? html`<div class="tool" part="tool" data-state=${stateOf(delta, deltas)}>${delta.tool_name}</div>`
      : nothing;
  });
}

function stateOf(
  { call_id, parse_status: status }: Extract<Delta, { type: 'tool_call' }>,
  deltas: readonly Delta[],
): string {
  const result = deltas.find((delta) => delta.type === 'tool_result' && delta.call_id === call_id);
  if (result === undefined) return status === 'failed' ? 'failed' : 'running';
  return 'is_error' in result && result.is_error === true ? 'failed' : 'done';
}
