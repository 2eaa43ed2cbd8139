import type { Delta, Message } from '@chat-stream/protocol';
import { make } from '../markdown/elements.js';
import { withMarks } from '../markdown/hidden.js';
import type { PartsHost } from './part-view.js';
import { wordsOf } from './strings.js';

type Call = Extract<Delta, { type: 'tool_call' }>;

/** What stands with a call that runs only when a person approves. */
export interface ApprovalView {
  readonly element: HTMLElement;
  /** Shows how far the decision has come. */
  update(call: Call, message: Message): void;
}

/** Whether a call waits for a decision. */
export function isOpen({ call_id, approved }: Call, { deltas = [], metadata }: Message): boolean {
  if (approved !== undefined || metadata.streaming !== true) return false;
  return !deltas.some((delta) => delta.type === 'tool_result' && delta.call_id === call_id);
}

/** Shows what would be done, with a button for either decision; once there is one, which it was. */
export function approvalView(host: PartsHost): ApprovalView {
  const words = wordsOf(host);
  const label = make('span', {}, words.approval);
  const asked = make('pre', { class: 'args', part: 'approval-arguments', tabindex: '0', dir: 'ltr' });
  const [yes, no] = [button('approve', words.approve), button('decline', words.decline)];
  const element = make('div', { class: 'approval', part: 'approval' }, label, asked, yes, no);
  element.role = 'group';
  // Where the focus goes when its button is of no use any more.
  label.tabIndex = -1;
  let shown: boolean | undefined;
  let last: { readonly call: Call; readonly message: Message } | undefined;

  const show = (): void => {
    if (last === undefined) return;
    const { call, message } = last;
    const isWaiting = isOpen(call, message);
    const written = textOf(call.arguments);
    if (asked.textContent !== written) asked.textContent = written;
    asked.hidden = written === '';
    element.ariaLabel = `${words.approval}: ${withMarks(call.tool_name)}`;
    // It was pressed here: what counts the server has still to say.
    const isPressed = host.calls()?.decision(message.id, call.call_id) !== undefined;
    if ((isPressed || !isWaiting) && [yes, no].some((one) => one.matches(':focus'))) label.focus();
    for (const one of [yes, no]) one.toggleAttribute('disabled', isPressed);
    if (isWaiting === shown) return;
    const outcome = { true: words.approved, false: words.declined, undefined: words.undecided }[`${call.approved}`];
    const said = call.comment === undefined ? outcome : `${outcome}: ${withMarks(call.comment)}`;
    label.textContent = isWaiting ? words.approval : said;
    yes.hidden = no.hidden = !isWaiting;
    // Not for what was decided before it was seen.
    if (isWaiting) host.say(element.ariaLabel);
    else if (shown === true) host.say(said);
    shown = isWaiting;
  };
  const decide = (approved: boolean) => () => {
    if (last === undefined) return;
    host.calls()?.decide(last.message.id, last.call.call_id, approved);
    show();
  };
  yes.addEventListener('click', decide(true));
  no.addEventListener('click', decide(false));
  return {
    element,
    update(call, message) {
      last = { call, message };
      show();
    },
  };
}

/** As the model wrote it: nothing may be lost of what somebody decides about. */
function textOf(args: unknown): string {
  const text = typeof args === 'string' ? args : (JSON.stringify(args, undefined, 2) ?? '');
  return /^\s*(?:\{\s*\})?\s*$/.test(text) ? '' : withMarks(text);
}

function button(name: 'approve' | 'decline', label: string): HTMLElement {
  return make('button', { type: 'button', class: 'decision', part: name }, label);
}
