import type { IncomingMessage } from 'node:http';
import { llamaStack } from '@chat-stream/protocol';
import type { AgentTurn } from './agent.js';
import { Conversations, transcriptOf } from './llama-stack-conversations.js';
import { readEvents, type StackHttp, StackRefusal } from './llama-stack-http.js';
import { type LlamaStackAgentOptions, SETUP_MS, type StackApi, type TurnWork } from './llama-stack-options.js';
import { agentError, streamError } from './openai-errors.js';

/** A session of the upstream. */
interface Place {
  readonly agentId: string;
  readonly sessionId: string;
}

/** What a tool of the visitor's page said, for the upstream. */
interface ToolResponse {
  readonly call_id: string;
  readonly tool_name: string;
  readonly content: string;
}

/** The upstream no longer has what we knew of it: an agent or a session, of which it told in so many words. */
class Gone extends Error {
  override readonly name = 'Gone';
}

/** The agents of servers 0.1 to 0.3: an agent, a session, a turn that is streamed. */
export class StackTurns implements StackApi {
  private readonly conversations = new Conversations<Place>();
  private ownAgent: Promise<string> | undefined;

  /** @param prefix Where the agents are: `/v1`, or `/v1alpha`. */
  constructor(
    private readonly http: StackHttp,
    private readonly prefix: string,
    private readonly options: LlamaStackAgentOptions,
  ) {}

  async answer(turn: AgentTurn, work: TurnWork): Promise<void> {
    const known = this.conversations.take(turn);
    try {
      return await this.converse(turn, known ?? (await this.begin(turn, work)), known === undefined, work);
    } catch (error) {
      if (!(error instanceof Gone) && !isMissing(error)) throw error;
      work.warn('The Llama Stack server no longer has this agent or session: beginning anew', error);
    }
    this.ownAgent = undefined;
    try {
      await this.converse(turn, await this.begin(turn, work), true, work);
    } catch (error) {
      throw error instanceof Gone ? agentError('misconfigured', error) : error;
    }
  }

  private async begin(turn: AgentTurn, { signal }: TurnWork): Promise<Place> {
    const agentId = this.options.agentId ?? (await (this.ownAgent ??= this.createAgent()));
    const made = await this.http.json(
      `${this.prefix}/agents/${encodeURIComponent(agentId)}/session`,
      { session_name: `chat-stream ${turn.sessionId}` },
      signal,
    );
    return { agentId, sessionId: idIn(made, 'session_id') };
  }

  /** One for all conversations. A failure is not remembered. */
  private async createAgent(): Promise<string> {
    // Not the turn's own signal: others wait for the same agent.
    const signal = AbortSignal.timeout(SETUP_MS);
    try {
      const { instructions, agentConfig } = this.options;
      const model = this.options.model ?? (await firstModel(this.http, signal));
      // The first servers ask for it: sessions that outlive a restart of the server, where it can keep them.
      const kept = { enable_session_persistence: true };
      const body = { agent_config: { ...kept, ...agentConfig, model, instructions: instructions ?? '' } };
      return idIn(await this.http.json(`${this.prefix}/agents`, body, signal), 'agent_id');
    } catch (error) {
      this.ownAgent = undefined;
      throw error;
    }
  }

  private async converse(turn: AgentTurn, place: Place, isNew: boolean, work: TurnWork): Promise<void> {
    const path = `${this.prefix}/agents/${encodeURIComponent(place.agentId)}/session/${encodeURIComponent(place.sessionId)}/turn`;
    const before = isNew && turn.history.length > 0 ? [transcriptOf(turn.history)] : [];
    const messages = [...before, turn.message.content].map((content) => ({ role: 'user', content }));
    const reader = new llamaStack.TurnReader();
    let stream = await this.http.stream(path, { messages }, work.signal);
    for (;;) {
      const awaited = await readTurn(stream, reader, turn.tools?.target ?? 'page', work);
      if (awaited === undefined) return this.conversations.keep(turn, place, reader.text);
      const tool_responses = await Promise.all(awaited.calls.map((call) => runTool(call, work)));
      const resumed = `${path}/${encodeURIComponent(awaited.turnId)}/resume`;
      stream = await this.http.stream(resumed, { tool_responses }, work.signal);
    }
  }
}

/** Reads on until the turn ends (`undefined`), or waits for tools. */
async function readTurn(
  stream: IncomingMessage,
  reader: llamaStack.TurnReader,
  target: 'page' | 'client',
  work: TurnWork,
) {
  let awaited: Extract<llamaStack.TurnOutput, { type: 'awaiting' }> | undefined;
  let hasSpoken = reader.text !== '';
  await readEvents(stream, {
    heard: () => work.heard(),
    skipped: (message) => work.warn(message),
    take: (value) => {
      for (const output of reader.take(value)) {
        switch (output.type) {
          case 'awaiting':
            awaited = output;
            break;
          case 'end':
            work.emit({ type: 'finish', reason: output.reason });
            break;
          case 'failed':
            throw failure(output.message, hasSpoken);
          default:
            hasSpoken = true;
            work.emit(output.type === 'tool_call' && output.target === 'page' ? { ...output, target } : output);
        }
      }
      return awaited !== undefined || reader.isOver;
    },
  });
  return awaited;
}

/** A server prints the status of an error in front of its words: "400: Invalid value: Session 'x' not found …". */
function failure(message: string, hasSpoken: boolean): Error {
  if (!hasSpoken && /not found|could not find/i.test(message)) return new Gone(message);
  const status = /^(\d{3}): /.exec(message)?.[1];
  return streamError({ code: status, message });
}

async function runTool({ call_id, tool_name }: llamaStack.AwaitedCall, work: TurnWork): Promise<ToolResponse> {
  const { content, isError } = await work.callTool({ id: call_id, name: tool_name });
  const text = typeof content === 'string' ? content : (JSON.stringify(content) ?? '');
  return { call_id, tool_name, content: isError ? `Error: ${text}` : text };
}

/** The first model that writes, of those that the server has. */
export async function firstModel(http: StackHttp, signal: AbortSignal): Promise<string> {
  const { data } = await http.json('/v1/models', undefined, signal);
  for (const model of llamaStack.asList(data)) {
    const { model_type: type } = { ...llamaStack.asFields(model['custom_metadata']), ...model };
    const name = llamaStack.asText(model['identifier']) || llamaStack.asText(model['id']);
    if (name !== '' && (type === undefined || type === 'llm')) return name;
  }
  throw agentError('misconfigured', new Error('The Llama Stack server lists no model of the type "llm".'));
}

function idIn(fields: llamaStack.Fields, name: string): string {
  const id = llamaStack.asText(fields[name]);
  if (id !== '') return id;
  throw agentError('bad_upstream', new Error(`The Llama Stack server gave no ${name}.`));
}

function isMissing(error: unknown): boolean {
  return error instanceof StackRefusal && error.status === 404;
}
