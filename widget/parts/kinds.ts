import type { Delta, Message } from '@chat-stream/protocol';
import { isHonest, linkTo, make, placeOf } from '../markdown/elements.js';
import { withMarks } from '../markdown/hidden.js';
import { type ApprovalView, approvalView, isOpen } from './approval.js';
import { imagePart } from './image.js';
import type { PartKind, PartsHost, PartView } from './part-view.js';
import { wordsOf } from './strings.js';

type DeltaOf<Type extends Delta['type']> = Extract<Delta, { type: Type }>;

/** How each kind of delta is shown. */
export const KINDS: { readonly [Type in Delta['type']]: PartKind<DeltaOf<Type>> } = {
  reasoning,
  tool_call: toolCall,
  // Is shown by what it answers.
  tool_result: () => undefined,
  step,
  source,
  image: imagePart,
  data,
};

/** What the model thought: closed until somebody wants to read it. */
function reasoning(_delta: DeltaOf<'reasoning'>, _message: Message, host: PartsHost): PartView {
  const text = document.createTextNode('');
  const element = document.createElement('details');
  element.className = 'reasoning';
  element.part.add('reasoning');
  const summary = document.createElement('summary');
  summary.append(wordsOf(host).reasoning);
  element.append(summary, make('span', {}, text));
  return {
    element,
    update(delta) {
      if (delta.type !== 'reasoning' || delta.text === text.data) return;
      // Only what is new: what somebody has selected stays selected.
      if (delta.text.startsWith(text.data)) text.appendData(delta.text.slice(text.data.length));
      else text.data = delta.text;
    },
  };
}

/** The name of a tool, and how far its call has come; where somebody must approve it, what it would do. */
function toolCall(delta: DeltaOf<'tool_call'>, _message: Message, host: PartsHost): PartView | undefined {
  // The call has begun; what is called is not known yet.
  if (delta.tool_name === '') return undefined;
  const element = make('div', { class: 'tool', part: 'tool' }, withMarks(delta.tool_name));
  let approval: ApprovalView | undefined;
  return {
    element,
    update: (now, message) => {
      if (now.type !== 'tool_call') return;
      setState(element, stateOfCall(now, message));
      if (now.needs_approval !== true) return;
      if (approval === undefined) element.append((approval = approvalView(host)).element);
      approval.update(now, message);
    },
  };
}

function stateOfCall(call: DeltaOf<'tool_call'>, message: Message): State {
  const { call_id, parse_status: status, needs_approval: isAsked, approved } = call;
  const result = message.deltas?.find((delta) => delta.type === 'tool_result' && delta.call_id === call_id);
  if (result !== undefined) return 'is_error' in result && result.is_error === true ? 'failed' : 'done';
  if (isAsked !== true) return status === 'failed' ? 'failed' : 'running';
  if (isOpen(call, message)) return 'waiting';
  // No server has to tell what came of a call that was approved.
  return approved !== true ? 'failed' : message.metadata.streaming === true ? 'running' : 'done';
}

/** A step that leaves nothing else to see: the text of an inference is the answer's, and a tool has a part of its own. */
function step({ step_id, step_type, phase }: DeltaOf<'step'>, { deltas = [] }: Message): PartView | undefined {
  if (step_type === 'inference' || step_type === 'tool_execution') return undefined;
  // Shown where it began; some servers tell only of its end.
  const first = deltas.find((delta) => delta.type === 'step' && delta.step_id === step_id);
  if (phase === 'complete' && first?.type === 'step' && first.phase === 'start') return undefined;
  const element = make('div', { class: 'tool', part: 'step' }, withMarks(step_type.replaceAll('_', ' ')));
  return {
    element,
    update(_delta, message) {
      const isDone = message.deltas?.some(
        (delta) => delta.type === 'step' && delta.step_id === step_id && delta.phase === 'complete',
      );
      setState(element, isDone ? 'done' : message.metadata.streaming === true ? 'running' : 'failed');
    },
  };
}

type State = 'waiting' | 'running' | 'done' | 'failed';

function setState(element: HTMLElement, state: State): void {
  if (element.dataset['state'] !== state) element.dataset['state'] = state;
}

/** What the answer refers to: its title, and its host where the title does not say it. */
function source({ url: address, title }: DeltaOf<'source'>): PartView | undefined {
  const { url, attributes } = linkTo(address);
  if (url === undefined) return undefined;
  const name = title?.trim() || placeOf(url);
  const element = make('a', { class: 'chip', part: 'source link', ...attributes }, withMarks(name));
  if (!isHonest(name, url)) {
    element.append(make('span', { class: 'host', part: 'affix link-host' }, ` (${placeOf(url)})`));
  }
  return { element };
}

/** Anything of the host's own: drawn by the page's renderer of that name, which gets it as JSON. */
function data({ name, data: value }: DeltaOf<'data'>, _message: Message, host: PartsHost): PartView | undefined {
  const element = make('div', { class: 'block', part: 'data' });
  const view = host.renderer(name)?.(element, { kind: name, language: name, display: 'block' });
  if (view === undefined) return undefined;
  view.grow(JSON.stringify(value) ?? 'null');
  view.end();
  return { element };
}
