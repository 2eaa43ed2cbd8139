import type { IncomingMessage } from 'node:http';
import type { AgentInfo } from '@chat-stream/protocol';
import OpenAI from 'openai';
import type { ChatCompletionCreateParamsStreaming, ChatCompletionMessageParam } from 'openai/resources';
import { Observable } from 'rxjs';
import type { Agent, AgentContext, AgentEvent, AgentTurn } from './agent.js';
import { httpFetch, release, StreamedResponse } from './http-fetch.js';
import { OpenAiAnswer } from './openai-answer.js';
import { refusesStreamOptions, requestError } from './openai-errors.js';
import { settingsParams, toolParams, toParam } from './openai-request.js';
import type { ToolCallParts } from './openai-tool-calls.js';
import { toolLoop } from './openai-tool-loop.js';

type Request = ChatCompletionCreateParamsStreaming;

/** What {@link OpenAiAgent} takes. Only `model` is required. */
export interface OpenAiAgentOptions {
  /** The model's name, as its server knows it. */
  readonly model: string;
  /** Local servers need none. */
  readonly apiKey?: string | undefined;
  /** The address that `/chat/completions` is added to; default: OpenAI's, `https://api.openai.com/v1`. */
  readonly baseURL?: string | undefined;
  /** What the model is told before the conversation. */
  readonly systemPrompt?: string | undefined;
  /** What `metadata.agentType` selects; default: `openai`. */
  readonly name?: string;
  /** Default: the model's name. */
  readonly displayName?: string;
  readonly description?: string;
  /** How often a request that was refused (429, 5xx) or did not get through is sent again; default: 2. */
  readonly maxRetries?: number;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Further fields of the request: `{ temperature: 0.2, max_completion_tokens: 800 }`. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

const OPENAI_URL = 'https://api.openai.com/v1';
/** The package wants a key; servers without keys do not look at it. */
const NO_KEY = 'none';
/** The longest a timer can be set for (24 days): the session owns the idle timeout, and the package must not be earlier. */
const NEVER_MS = 2_147_483_647;
const WITH_USAGE = { stream_options: { include_usage: true } } as const;

/**
 * Asks `/chat/completions` of any server that speaks OpenAI's protocol: OpenAI, Ollama, vLLM, llama.cpp, LM Studio. Requests,
 * keys and retries are the openai package's; the response is read by {@link OpenAiAnswer}. A retry only ever happens
 * before the response begins: a visitor never reads the same words twice.
 */
export class OpenAiAgent implements Agent {
  readonly info: AgentInfo;
  readonly models: readonly string[];

  private readonly client: OpenAI;
  /** Until a server says that it does not know `stream_options`. */
  private asksForUsage = true;

  /** @throws {TypeError} that names the option which can't work. The key is not repeated. */
  constructor(private readonly options: OpenAiAgentOptions) {
    const { model, name = 'openai', displayName = model, description } = options;
    if (model.trim() === '') throw new TypeError('model is empty: name a model of the server.');
    this.models = [model];
    this.info = {
      name,
      displayName,
      ...(description === undefined ? {} : { description }),
      category: 'openai',
      capabilities: ['streaming'],
    };
    this.client = new OpenAI({
      apiKey: checkedKey(options.apiKey),
      // `null`: what the environment says is for `config.ts` to read, and for nobody else.
      adminAPIKey: null,
      baseURL: checkedUrl(options.baseURL),
      maxRetries: options.maxRetries ?? 2,
      defaultHeaders: options.headers ?? {},
      timeout: NEVER_MS,
      logLevel: 'off',
    });
  }

  execute(turn: AgentTurn, context: AgentContext): Observable<AgentEvent> {
    const { tools, settings } = turn;
    const request = this.requestFor(turn);
    if (tools === undefined) return this.infer(request, context);
    return toolLoop(tools, settings?.maxInferences, (said, round, calls) => {
      const messages = [...request.messages, ...said];
      return this.infer({ ...request, messages, ...toolParams(tools, settings, round) }, context, calls);
    });
  }

  /** Asks the model once. */
  private infer(request: Request, context: AgentContext, calls?: ToolCallParts): Observable<AgentEvent> {
    return new Observable((subscriber) => {
      const abort = new AbortController();
      const answer = new OpenAiAnswer(subscriber, calls);
      let stream: IncomingMessage | undefined;
      this.ask(request, context, abort.signal).then(
        (opened) => {
          stream = opened;
          if (subscriber.closed) stream.destroy();
          else read(stream, answer, context);
        },
        (error: unknown) => subscriber.error(requestError(error)),
      );
      return () => {
        if (stream !== undefined && answer.isDone) return release(stream);
        abort.abort();
        // The package holds its listener on the signal weakly once the response is there: nothing to rely on.
        stream?.destroy();
      };
    });
  }

  private async ask(request: Request, context: AgentContext, signal: AbortSignal): Promise<IncomingMessage> {
    // Cheap (12 µs), and the only way to hear of each attempt of this turn.
    const client = this.client.withOptions({
      fetch: async (url, init) => {
        context.keepAlive();
        return httpFetch(url, init);
      },
    });
    const withUsage = this.asksForUsage;
    try {
      return await open(client, withUsage ? { ...request, ...WITH_USAGE } : request, signal);
    } catch (error) {
      if (!withUsage || !refusesStreamOptions(error)) throw error;
      this.asksForUsage = false;
      return open(client, request, signal);
    }
  }

  private requestFor({ history, message, settings }: AgentTurn): Request {
    const { model, parameters } = this.options;
    const prompt = settings?.instructions ?? this.options.systemPrompt;
    const system: ChatCompletionMessageParam[] = prompt ? [{ role: 'system', content: prompt }] : [];
    return {
      ...parameters,
      model,
      ...settingsParams(settings),
      messages: [...system, ...[...history, message].map(toParam)],
      stream: true,
    };
  }
}

async function open(
  client: OpenAI,
  request: ChatCompletionCreateParamsStreaming,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const response = await client.chat.completions.create(request, { signal }).asResponse();
  if (response instanceof StreamedResponse) return response.stream;
  throw new TypeError('The openai package did not return the response of httpFetch.');
}

function read(stream: IncomingMessage, answer: OpenAiAnswer, context: AgentContext): void {
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    context.keepAlive();
    answer.write(text);
  });
  stream.on('end', () => answer.end());
  stream.on('error', (error) => answer.fail(error));
}

function checkedKey(apiKey: string | undefined): string {
  const key = apiKey?.trim() || NO_KEY;
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new TypeError('apiKey holds characters that can’t be sent; it must be printable ASCII without spaces.');
}

function checkedUrl(baseURL: string | undefined): string {
  const url = baseURL?.trim() || OPENAI_URL;
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return url;
  throw new TypeError(`baseURL must be an http or https URL; it is "${url}".`);
}
