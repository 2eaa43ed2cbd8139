import OpenAI from 'openai';
import type { ResponseCreateParamsStreaming, ResponseInputItem } from 'openai/resources/responses/responses';
import { AgentError, type AgentTurn, type Approval } from './agent.js';
import { httpFetch, StreamedResponse } from './http-fetch.js';
import { Conversations } from './llama-stack-conversations.js';
import { bodyOf, readEvents, type StackHttp, StackRefusal } from './llama-stack-http.js';
import { type LlamaStackAgentOptions, SETUP_MS, type StackApi, type TurnWork } from './llama-stack-options.js';
import { firstModel } from './llama-stack-turns.js';
import { requestError } from './openai-errors.js';
import { type ApprovalRequest, NOT_APPROVED, ResponseReader } from './response-reader.js';

/** The longest a timer can be set for: the session owns the idle timeout. */
const NEVER_MS = 2_147_483_647;
/** An answer whose model asks again and again for what is declined is at its end after so many responses in a row. */
const MAX_FRUITLESS = 10;
/** A conversation begins with at most so many messages; older ones are left out. */
const MAX_ITEMS = 20;

/** The Responses and Conversations API of servers since 0.4 (OGX). Requests are the openai package's, and never repeated. */
export class StackResponses implements StackApi {
  private readonly conversations = new Conversations<string>();
  private readonly client: OpenAI;
  private model: Promise<string> | undefined;

  constructor(
    private readonly http: StackHttp,
    private readonly options: LlamaStackAgentOptions,
  ) {
    this.client = new OpenAI({
      apiKey: options.apiKey ?? 'none',
      adminAPIKey: null,
      baseURL: `${http.base}/v1`,
      // A response that was asked for twice is written twice, and into the conversation.
      maxRetries: 0,
      timeout: NEVER_MS,
      logLevel: 'off',
      fetch: fetchFor,
    });
  }

  async answer(turn: AgentTurn, work: TurnWork): Promise<void> {
    const known = this.conversations.take(turn);
    try {
      await this.converse(turn, known ?? (await this.begin(turn, work)), work);
    } catch (error) {
      // Nothing was said yet: a stream that has begun fails as an AgentError.
      if (known === undefined || !(error instanceof OpenAI.NotFoundError)) throw toAgentError(error);
      work.warn('The Llama Stack server no longer has this conversation: beginning anew', error);
      await this.converse(turn, await this.begin(turn, work), work).catch((again: unknown) => {
        throw toAgentError(again);
      });
    }
  }

  private async begin(turn: AgentTurn, { signal }: TurnWork): Promise<string> {
    const items = turn.history
      .slice(-MAX_ITEMS)
      .map(({ role, content }): ResponseInputItem => ({ type: 'message', role, content }));
    const { id } = await this.client.conversations.create(items.length === 0 ? {} : { items }, { signal });
    return id;
  }

  private async converse(turn: AgentTurn, conversation: string, work: TurnWork): Promise<void> {
    const reader = new ResponseReader(this.options.approvals ?? 'decline');
    const input: ResponseInputItem[] = [{ type: 'message', role: 'user', content: turn.message.content }];
    // What was begun is not begun anew: only the first failure is the caller's to mend.
    await this.respond(conversation, input, reader, work);
    for (let fruitless = 0; ;) {
      // Left open, such a call would leave the visitor with an answer that says nothing.
      const decided = await Promise.all(reader.takeRequests().map((request) => this.decide(request, work)));
      const approved = decided.filter(({ approval }) => approval.approved);
      for (const { request } of approved) reader.approved(request);
      fruitless = approved.length > 0 ? 0 : fruitless + 1;
      if (decided.length === 0 || fruitless >= MAX_FRUITLESS) break;
      await this.respond(conversation, decided.map(toInput), reader, work).catch((error: unknown) => {
        throw toAgentError(error);
      });
    }
    this.conversations.keep(turn, conversation, reader.text);
  }

  private async decide(request: ApprovalRequest, work: TurnWork): Promise<Decided> {
    const isAsked = this.options.approvals === 'ask';
    const approval = isAsked ? await work.askApproval(request) : { approved: false, reason: NOT_APPROVED };
    return { request, approval };
  }

  private async respond(
    conversation: string,
    input: ResponseInputItem[],
    reader: ResponseReader,
    work: TurnWork,
  ): Promise<void> {
    const { instructions } = this.options;
    const request: ResponseCreateParamsStreaming = {
      model: await (this.model ??= this.chooseModel()),
      conversation,
      input,
      ...(instructions === undefined ? {} : { instructions }),
      stream: true,
    };
    const response = await this.client.responses.create(request, { signal: work.signal }).asResponse();
    if (!(response instanceof StreamedResponse)) throw new TypeError('The openai package did not return our response.');
    await readEvents(response.stream, {
      heard: () => work.heard(),
      skipped: (message) => work.warn(message),
      take: (value) => {
        for (const event of reader.take(value)) work.emit(event);
        return reader.isOver;
      },
    });
  }

  private async chooseModel(): Promise<string> {
    try {
      return this.options.model ?? (await firstModel(this.http, AbortSignal.timeout(SETUP_MS)));
    } catch (error) {
      this.model = undefined;
      throw error;
    }
  }
}

interface Decided {
  readonly request: ApprovalRequest;
  readonly approval: Approval;
}

function toInput({ request, approval: { approved: approve, reason } }: Decided): ResponseInputItem {
  const said = reason === '' ? {} : { reason };
  return { type: 'mcp_approval_response', approval_request_id: request.id, approve, ...said };
}

/** Only a response is read as it comes; the package reads the rest itself. */
async function fetchFor(url: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await httpFetch(url, init);
  const isStream = new URL(url instanceof Request ? url.url : url).pathname.endsWith('/responses');
  if (isStream || !(response instanceof StreamedResponse)) return response;
  return new Response(await bodyOf(response.stream), { status: response.status, headers: response.headers });
}

/** What is in our own words already, or is for the agent to put into them, stays as it is. */
function toAgentError(error: unknown): unknown {
  return error instanceof AgentError || error instanceof StackRefusal ? error : requestError(error);
}
