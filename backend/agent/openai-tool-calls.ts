import { randomUUID } from 'node:crypto';
import type { AgentEvent, AgentTools } from './agent.js';
import { parseJson, type ToolCallPart } from './openai-chunk.js';

/** A call that a model wrote to its end. */
export interface WrittenCall {
  readonly id: string;
  readonly name: string;
  /** As the model wrote them. */
  readonly json: string;
  /** `undefined`: what the model wrote is not an object. */
  readonly arguments: Readonly<Record<string, unknown>> | undefined;
}

interface Writing {
  /** `undefined`: the server numbers nothing. */
  readonly index: number | undefined;
  readonly id: string | undefined;
  readonly callId: string;
  name: string;
  json: string;
}

/**
 * Puts the calls of one response together: most servers write id and name first and the arguments in pieces, several calls
 * at a time; some write a call whole, give every call the number 0, or have no ids.
 */
export class ToolCallParts {
  private readonly writing: Writing[] = [];

  /** `target`: who runs the tools. */
  constructor(private readonly target: AgentTools['target']) {}

  /** Takes the parts of one chunk. Returns what to tell about calls that begin with it. */
  take(parts: readonly ToolCallPart[]): AgentEvent[] {
    return parts.flatMap((part) => {
      const known = this.find(part);
      const call = known ?? this.begin(part);
      call.name ||= part.function?.name ?? '';
      const json = part.function?.arguments ?? '';
      call.json += typeof json === 'string' ? json : JSON.stringify(json);
      return known === undefined ? [{ ...this.describe(call), arguments: '', parse_status: 'started' }] : [];
    });
  }

  /** The calls, once the response is over. */
  written(): WrittenCall[] {
    return this.writing.map(({ callId, name, json }) => {
      const value = parseJson(json.trim() === '' ? '{}' : json);
      return { id: callId, name, json, arguments: isObject(value) ? value : undefined };
    });
  }

  /** What to tell about the calls then. */
  endings(): AgentEvent[] {
    return this.written().map(({ id, name, json, arguments: args }) => ({
      ...this.describe({ callId: id, name }),
      arguments: args ?? json,
      parse_status: args === undefined ? 'failed' : 'succeeded',
    }));
  }

  private describe({ callId, name }: { readonly callId: string; readonly name: string }) {
    return { type: 'tool_call', call_id: callId, tool_name: name, target: this.target } as const;
  }

  private find({ index, id }: ToolCallPart): Writing | undefined {
    const call = this.writing.findLast((candidate) => candidate.index === (index ?? undefined));
    return call !== undefined && (!id || id === call.id) && index !== null && index !== undefined ? call : undefined;
  }

  private begin({ index, id }: ToolCallPart): Writing {
    // Some servers give the same id to every call.
    const isTaken = this.writing.some(({ callId }) => callId === id);
    const callId = id && !isTaken ? id : `call_${randomUUID()}`;
    const call = { index: index ?? undefined, id: id ?? undefined, callId, name: '', json: '' };
    this.writing.push(call);
    return call;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
