import { type ClientFrameInput, type Delta, type Message, parseJson } from '@chat-stream/protocol';
import { reasonOf } from '../errors.js';
import type { Emit } from '../events.js';

/** A tool that runs in the page when an agent calls it. */
export interface PageTool {
  /** What the agent calls it. */
  readonly name: string;
  /** For the model. */
  readonly description?: string;
  /** Its arguments, as a JSON Schema. */
  readonly parameters?: object;
  /** Runs it. What it returns goes to the agent; what it throws, too, as an error. */
  execute(args: unknown): unknown;
}

type Call = Extract<Delta, { type: 'tool_call' }>;

/** What the visitor decided about a call. */
export type Decision = Extract<ClientFrameInput, { type: 'approval' }>;

/**
 * Runs the tools that agents call in the page: each call once, and every call is answered. Brings what the visitor decides
 * about a call to the server.
 */
export class PageTools {
  /** By answer: some servers count the calls of each turn from the start. */
  readonly #asked = new Map<string, Set<string>>();
  /** Results that could not be sent yet. */
  #unsent: ClientFrameInput[] = [];
  #decisions: readonly Decision[] = [];
  /** What was sent since the connection is there: what was on its way when it was lost is sent again. */
  readonly #sent = new Set<Decision>();
  readonly #tools: () => unknown;
  readonly #emit: Emit;
  readonly #send: (frame: ClientFrameInput) => boolean;

  /** @param tools The property `tools`: anything may be in it. */
  constructor(tools: () => unknown, emit: Emit, send: (frame: ClientFrameInput) => boolean) {
    this.#tools = tools;
    this.#emit = emit;
    this.#send = send;
  }

  /** Runs what a running answer waits for, unless that was done before, here or in another tab. */
  look({ id, deltas = [] }: Message): void {
    const asked = this.#asked.get(id) ?? new Set();
    for (const delta of deltas) {
      if (delta.type !== 'tool_call') continue;
      if (delta.approved === undefined) this.#bring(this.decision(id, delta.call_id));
      if (delta.target !== 'page' || delta.parse_status !== 'succeeded' || asked.has(delta.call_id)) continue;
      if (delta.needs_approval === true && delta.approved !== true) continue;
      if (deltas.some((other) => other.type === 'tool_result' && other.call_id === delta.call_id)) continue;
      this.#asked.set(id, asked.add(delta.call_id));
      void this.#run(id, delta);
    }
  }

  /** Whether a call was run or decided here: what the server says of that is no news, another tab may have been first. */
  knows(callId: string): boolean {
    const isDecided = this.#decisions.some(({ call_id }) => call_id === callId);
    return isDecided || [...this.#asked.values()].some((asked) => asked.has(callId));
  }

  /** What was decided here about a call. Another tab may have been first. */
  decision(messageId: string, callId: string): Decision | undefined {
    return this.#decisions.find(({ id, call_id }) => id === messageId && call_id === callId);
  }

  /** Says whether a call may run, now or when the connection is back. Once is enough. */
  decide(messageId: string, callId: string, approved: boolean): void {
    if (this.decision(messageId, callId) !== undefined) return;
    const frame: Decision = { type: 'approval', id: messageId, call_id: callId, approved };
    this.#decisions = [...this.#decisions, frame];
    this.#bring(frame);
  }

  /** The connection is back. */
  again(): void {
    this.#sent.clear();
    const unsent = this.#unsent;
    this.#unsent = [];
    for (const frame of unsent) this.#sendOrKeep(frame);
  }

  async #run(messageId: string, { call_id, tool_name: name, arguments: given }: Call): Promise<void> {
    let frame: ClientFrameInput;
    try {
      const args: unknown = typeof given === 'string' ? parseJson(given || '{}', { maxDepth: 64 }) : (given ?? {});
      this.#emit('chat-stream-tool-call', { messageId, callId: call_id, name, arguments: args });
      const tools: unknown = this.#tools();
      const tool = Array.isArray(tools) ? (tools as Partial<PageTool>[]).find((one) => one?.name === name) : undefined;
      if (typeof tool?.execute !== 'function') throw new Error(`This page has no tool "${name}".`);
      frame = { type: 'tool_result', call_id, content: (await tool.execute(args)) ?? '' };
    } catch (thrown) {
      frame = { type: 'tool_result', call_id, content: reasonOf(thrown), is_error: true };
    }
    this.#sendOrKeep(frame);
  }

  /** To the answer that asks, and to no other: it does no harm there when it was decided before. */
  #bring(frame: Decision | undefined): void {
    if (frame !== undefined && !this.#sent.has(frame) && this.#send(frame)) this.#sent.add(frame);
  }

  #sendOrKeep(frame: ClientFrameInput): void {
    if (!this.#send(frame)) this.#unsent.push(frame);
  }
}
