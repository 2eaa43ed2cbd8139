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

/** Runs the tools that agents call in the page: each call once, and every call is answered. */
export class PageTools {
  /** By answer: some servers count the calls of each turn from the start. */
  readonly #asked = new Map<string, Set<string>>();
  /** Results that could not be sent yet. */
  #unsent: ClientFrameInput[] = [];
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
      if (delta.type !== 'tool_call' || delta.target !== 'page' || delta.parse_status !== 'succeeded') continue;
      if (delta.needs_approval === true || asked.has(delta.call_id)) continue;
      if (deltas.some((other) => other.type === 'tool_result' && other.call_id === delta.call_id)) continue;
      this.#asked.set(id, asked.add(delta.call_id));
      void this.#run(id, delta);
    }
  }

  /** Whether a call was run here: what the server says of its result is no news, another tab may have been first. */
  knows(callId: string): boolean {
    return [...this.#asked.values()].some((asked) => asked.has(callId));
  }

  /** The connection is back. */
  again(): void {
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

  #sendOrKeep(frame: ClientFrameInput): void {
    if (!this.#send(frame)) this.#unsent.push(frame);
  }
}
