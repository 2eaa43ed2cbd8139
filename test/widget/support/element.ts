import '@chat-stream/widget/define';
import type { ChatStreamElement, ChatStreamEventDetails, ChatStreamEventName } from '@chat-stream/widget';
import { FakeLink } from './fake-link.js';

/** What a test sets before the element is on the page. */
export type Setup = Partial<Pick<ChatStreamElement, 'link' | 'getToken' | 'strings' | 'suggestions' | 'open'>> & {
  readonly attributes?: Readonly<Record<string, string>>;
  readonly parent?: Element;
};

const mounted = new Set<Element>();

/** Puts an element on the page, in a box of 400 by 600 pixels. {@link cleanUp} takes it away. */
export async function mount({ attributes = {}, parent, ...properties }: Setup = {}): Promise<ChatStreamElement> {
  const element = document.createElement('chat-stream');
  Object.assign(element, properties);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  (parent ?? box()).append(element);
  mounted.add(element);
  await element.updateComplete;
  await element.updateComplete;
  return element;
}

/** An element over a link that has opened its session. */
export async function mountLinked(setup: Setup = {}): Promise<{ element: ChatStreamElement; link: FakeLink }> {
  const link = new FakeLink();
  const element = await mount({ link, ...setup });
  return { element, link };
}

/** A place on the page of a known size. */
export function box(width = 400, height = 600): HTMLElement {
  const parent = document.createElement('div');
  parent.style.cssText = `width:${width}px;height:${height}px`;
  document.body.append(parent);
  mounted.add(parent);
  return parent;
}

/** Takes everything away that the test put on the page, and waits until nothing of it runs. */
export async function cleanUp(): Promise<void> {
  for (const element of mounted) element.remove();
  mounted.clear();
  await Promise.resolve();
  localStorage.clear();
}

/** The first element with this part. */
export function part<E extends Element = HTMLElement>(element: Element, name: string): E | null {
  return element.shadowRoot?.querySelector<E>(`[part~="${name}"]`) ?? null;
}

/** As {@link part}, for one that must be there. */
export function need<E extends Element = HTMLElement>(element: Element, name: string): E {
  const found = part<E>(element, name);
  if (found === null) throw new Error(`There is no part "${name}".`);
  return found;
}

/** The texts of all messages, as the page shows them. */
export function texts(element: Element, name = 'content'): string[] {
  return [...(element.shadowRoot?.querySelectorAll(`[part~="${name}"]`) ?? [])].map((found) => found.textContent ?? '');
}

/** A growing answer is drawn with the first frame that comes this long after the last drawing (widget/ui/transcript.ts), in ms. */
const GAP_MS = 40;

/** Waits until the element is drawn and painted. */
export async function painted(element: ChatStreamElement): Promise<void> {
  await element.updateComplete;
  await new Promise((resolve) => setTimeout(resolve, GAP_MS));
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  await element.updateComplete;
}

/** Waits until something is true. The test's own time limit is the only clock. */
export async function until(isTrue: () => unknown): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => requestAnimationFrame(resolve));
}

/** Waits for the next event of this name. */
export function next<Name extends ChatStreamEventName>(
  target: EventTarget,
  name: Name,
): Promise<ChatStreamEventDetails[Name]> {
  return new Promise((resolve) =>
    target.addEventListener(name, (event) => resolve((event as CustomEvent<ChatStreamEventDetails[Name]>).detail), {
      once: true,
    }),
  );
}

/** Collects the details of all events of this name. */
export function record<Name extends ChatStreamEventName>(
  target: EventTarget,
  name: Name,
): ChatStreamEventDetails[Name][] {
  const details: ChatStreamEventDetails[Name][] = [];
  target.addEventListener(name, (event) => details.push((event as CustomEvent<ChatStreamEventDetails[Name]>).detail));
  return details;
}

/** Writes into the composer as a visitor does. */
export async function type(element: ChatStreamElement, text: string): Promise<HTMLTextAreaElement> {
  const input = need<HTMLTextAreaElement>(element, 'input');
  input.focus();
  input.value = text;
  input.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
  await element.updateComplete;
  return input;
}

/** Presses a key in the composer. @returns whether the page's own action was prevented. */
export function press(target: Element, key: string, init: KeyboardEventInit = {}): boolean {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, composed: true, cancelable: true, ...init });
  const isPrevented = !target.dispatchEvent(event);
  target.dispatchEvent(new KeyboardEvent('keyup', { key, bubbles: true, composed: true }));
  return isPrevented;
}

/** Makes waits between attempts to connect as short as can be, for one test. */
export function withoutWaiting(): () => void {
  const { random } = Math;
  Math.random = () => 0;
  return () => (Math.random = random);
}
