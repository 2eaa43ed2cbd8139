import type { AgentInfo } from '@chat-stream/protocol';
import { Logger } from '@nestjs/common';
import { Observable } from 'rxjs';
import { type Agent, type AgentContext, AgentError, type AgentEvent, type AgentTurn } from './agent.js';
import { StackHttp, StackRefusal } from './llama-stack-http.js';
import { type LlamaStackAgentOptions, SETUP_MS, type StackApi, type TurnWork } from './llama-stack-options.js';
import { StackResponses } from './llama-stack-responses.js';
import { StackTurns } from './llama-stack-turns.js';
import { agentError, requestError } from './openai-errors.js';

/**
 * Answers with an agent of a Llama Stack server. Servers 0.1 to 0.3 have agents, sessions and turns; 0.4 and later (OGX)
 * have the Responses and Conversations API instead. Which one it is, is asked once, when the first visitor does:
 * `GET /v1/agents`, then `GET /v1alpha/agents`; a server that knows neither path gets responses.
 *
 * A turn is never sent twice, because it would be answered twice. Stopping closes the connection: the server has no other
 * way to cancel a turn.
 */
export class LlamaStackAgent implements Agent {
  readonly info: AgentInfo;
  readonly models: readonly string[];
  private readonly http: StackHttp;
  private readonly warn: (message: string, cause?: unknown) => void;
  private api: Promise<StackApi> | undefined;

  /** @throws {TypeError} that names the option which can't work. */
  constructor(private readonly options: LlamaStackAgentOptions) {
    const { name = 'llama-stack', displayName = 'Llama Stack', description } = options;
    // An agent that the server has brings its own.
    this.models = options.model === undefined || options.agentId !== undefined ? [] : [options.model];
    this.http = new StackHttp(options.url, options.apiKey);
    this.info = {
      name,
      displayName,
      ...(description === undefined ? {} : { description }),
      category: 'llama-stack',
      capabilities: ['streaming', 'tools'],
    };
    const logger = new Logger('LlamaStackAgent');
    this.warn =
      options.warn ?? ((message, cause) => logger.warn(cause === undefined ? message : { message, err: cause }));
  }

  execute(turn: AgentTurn, context: AgentContext): Observable<AgentEvent> {
    return new Observable((subscriber) => {
      const abort = new AbortController();
      const work: TurnWork = {
        signal: abort.signal,
        emit: (event) => subscriber.next(event),
        heard: () => context.keepAlive(),
        callTool: (call) => context.callTool(call),
        askApproval: (call) => context.askApproval(call),
        warn: this.warn,
      };
      this.answer(turn, work).then(
        () => subscriber.complete(),
        // Who unsubscribed wants to hear no more.
        (error: unknown) => subscriber.error(error instanceof StackRefusal ? error.toAgentError() : named(error)),
      );
      return () => abort.abort();
    });
  }

  private async answer(turn: AgentTurn, work: TurnWork): Promise<void> {
    const api = await (this.api ??= this.probe());
    await api.answer(turn, work);
  }

  /** A probe that failed is not remembered. */
  private async probe(): Promise<StackApi> {
    const signal = AbortSignal.timeout(SETUP_MS);
    try {
      for (const prefix of ['/v1', '/v1alpha']) {
        if (await this.hasAgents(prefix, signal)) return new StackTurns(this.http, prefix, this.options);
      }
      if (this.options.agentId !== undefined) {
        const reason = 'LLAMA_STACK_AGENT_ID is set, and this server has no agents (0.4 and later have none).';
        throw agentError('misconfigured', new Error(reason));
      }
      return new StackResponses(this.http, this.options);
    } catch (error) {
      this.api = undefined;
      throw error;
    }
  }

  /** Servers before 0.1.7 have agents, and no list of them: they say 405 where others say 404. */
  private async hasAgents(prefix: string, signal: AbortSignal): Promise<boolean> {
    try {
      await this.http.json(`${prefix}/agents?limit=1`, undefined, signal);
      return true;
    } catch (error) {
      if (!(error instanceof StackRefusal)) throw error;
      if (error.status === 404) return false;
      if (error.status === 405 || error.status === 501 || error.status === 422) return true;
      throw error;
    }
  }
}

function named(error: unknown): AgentError {
  return error instanceof AgentError ? error : requestError(error);
}
