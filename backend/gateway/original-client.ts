import { type Delta, decodeServerFrame, type StreamFrame } from '@chat-stream/protocol';
import type { LoggedFrame } from '../frame-log/frame-log.js';
import type { FrameSink } from '../session/delivery.js';

type ToolCall = Extract<Delta, { type: 'tool_call' }>;

/** A frame about a tool, as a client of the original kind understands it. It has no place in the log. */
export interface OriginalToolFrame {
  readonly type: 'tool_call_start' | 'tool_call_complete' | 'tool_call_error';
  readonly toolId: string;
  readonly toolName: string;
  readonly category: 'custom';
  /** Said again with the result: the client has no more than the newest frame says. */
  readonly input: unknown;
  readonly output?: string;
  readonly error?: string;
  readonly session_id: string;
  readonly timestamp: string;
}

/** What is said of a call that nobody answered. Without it the client shows a tool that runs for ever. */
const UNANSWERED = 'The answer ended before the tool did.';

/**
 * Sends frames of the log to a client of the original kind, which knows no `hello`. It shows what it sends by itself, and is
 * never sent a user's message. It passes over our `delta`, and has frames of its own for tools: they come after ours.
 */
export class OriginalClientSink implements FrameSink {
  /** Calls that are shown as running, by their id. */
  private readonly running = new Map<string, ToolCall>();

  constructor(private readonly socket: FrameSink) {}

  sendLogged(frame: LoggedFrame): void {
    const { json } = frame;
    if (isUserMessage(json)) return;
    const isEnd = this.running.size > 0 && json.includes('"stream_end":true');
    // Looked for in the text first: a token is not parsed once for each socket.
    if (!isEnd && !json.includes('"type":"tool_')) return this.socket.sendLogged(frame);
    const stream = decodeServerFrame(json);
    if (stream.type !== 'message_stream') return this.socket.sendLogged(frame);
    if (stream.stream_end) this.endAll(stream);
    this.socket.sendLogged(frame);
    if (stream.delta !== undefined) this.tell(stream.delta, stream);
  }

  sendJson(json: string): void {
    this.socket.sendJson(json);
  }

  drained(): void | Promise<void> {
    return this.socket.drained();
  }

  private tell(delta: Delta, frame: StreamFrame): void {
    if (delta.type === 'tool_call' && delta.parse_status === 'succeeded') {
      // Told before: this is what was decided about it.
      if (delta.approved !== undefined && this.running.has(delta.call_id)) return;
      this.running.set(delta.call_id, delta);
      this.send('tool_call_start', delta, frame);
    } else if (delta.type === 'tool_result') {
      const call = this.running.get(delta.call_id) ?? { ...delta, arguments: undefined };
      this.running.delete(delta.call_id);
      const text = typeof delta.content === 'string' ? delta.content : JSON.stringify(delta.content);
      if (delta.is_error === true) this.send('tool_call_error', call, frame, { error: text });
      else this.send('tool_call_complete', call, frame, { output: text });
    }
  }

  /** Before the end: what comes later would be a message of its own. */
  private endAll(frame: StreamFrame): void {
    for (const call of this.running.values()) this.send('tool_call_error', call, frame, { error: UNANSWERED });
    this.running.clear();
  }

  private send(
    type: OriginalToolFrame['type'],
    call: Pick<ToolCall, 'call_id' | 'tool_name' | 'arguments'>,
    { session_id, timestamp }: StreamFrame,
    outcome: Pick<OriginalToolFrame, 'output' | 'error'> = {},
  ): void {
    const frame: OriginalToolFrame = {
      type,
      toolId: call.call_id,
      toolName: call.tool_name,
      category: 'custom',
      input: call.arguments ?? {},
      ...outcome,
      session_id: session_id ?? '',
      timestamp: timestamp ?? new Date().toISOString(),
    };
    this.socket.sendJson(JSON.stringify(frame));
  }
}

function isUserMessage(json: string): boolean {
  return json.startsWith('{"type":"message","') && json.includes('"sender":"user"');
}
