import { llamaStack, type Message } from '@chat-stream/protocol';
import { Get, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { AgentRegistry } from '../agent/agent-registry.js';
import type { IdentifiedRequest } from '../http/access.guard.js';
import type { Session } from '../session/session.js';
import { AGENTS_PATHS, ApiController } from './api-controller.js';
import { LlamaStackService } from './llama-stack.service.js';
import { invalid, notFound, type Refusal } from './refusal.js';
import { servedModels } from './served-models.js';
import { foldOf, StoredTurns } from './stored-turns.js';
import { turnSubmission } from './turn-submission.js';
import { type BegunTurn, Relay, TurnRunner } from './turn-runner.js';

/** Who asks, where. */
interface Asked {
  readonly agent: string;
  readonly session: string;
  readonly turn: string;
  readonly step: string;
}

/** Turns: one question each, and all that is done to answer it. `Accept` decides nothing, `stream` in the body does. */
@ApiController(AGENTS_PATHS)
export class LlamaStackTurnsController {
  constructor(
    @Inject(LlamaStackService) private readonly service: LlamaStackService,
    @Inject(StoredTurns) private readonly turns: StoredTurns,
    @Inject(AgentRegistry) private readonly agents: AgentRegistry,
    @Inject(TurnRunner) private readonly runner: TurnRunner,
  ) {}

  @Post(':agent/session/:session/turn')
  async create(@Param() asked: Asked, @Req() request: IdentifiedRequest, @Res() response: Response): Promise<void> {
    const body = await this.service.body(llamaStack.CreateTurnSchema, request);
    const begin = () =>
      this.open(asked, request, async (session, config) => {
        const { id, seq } = await session.submit(turnSubmission(body, config, servedModels(this.agents)));
        // From the question on: it says when the turn began.
        return { turnId: id, cursor: { epoch: session.cursor.epoch, seq: seq - 1 } };
      });
    await this.answer(response, body.stream === true, begin);
  }

  /** Gives a turn that waits what the client's tools answered; it goes on as the same turn. */
  @Post(':agent/session/:session/turn/:turn/resume')
  async resume(@Param() asked: Asked, @Req() request: IdentifiedRequest, @Res() response: Response): Promise<void> {
    const body = await this.service.body(llamaStack.ResumeTurnSchema, request);
    const begin = () => this.open(asked, request, (session) => this.goOn(session, asked.turn, body.tool_responses));
    await this.answer(response, body.stream === true, begin);
  }

  @Get(':agent/session/:session/turn/:turn')
  async get(@Param() asked: Asked, @Req() request: IdentifiedRequest): Promise<llamaStack.Turn> {
    const place = await this.service.place(asked.agent, asked.session, request);
    const found = await this.service.within(place, (session) => this.turns.find(session, asked.turn));
    if (found === undefined) throw notFound('Turn', asked.turn);
    return foldOf(found.question, found.answer).turn();
  }

  @Get(':agent/session/:session/turn/:turn/step/:step')
  async step(@Param() asked: Asked, @Req() request: IdentifiedRequest): Promise<{ step: llamaStack.Step }> {
    const { steps } = await this.get(asked, request);
    const step = steps.find(({ step_id }) => step_id === asked.step);
    if (step === undefined) throw notFound('Step', asked.step);
    return { step };
  }

  private async goOn(session: Session, turnId: string, responses: readonly llamaStack.ToolResponse[]) {
    const turn = await this.turns.find(session, turnId);
    if (turn === undefined) throw notFound('Turn', turnId);
    // From here on nothing is waited for: what the answer holds and where the log is belong together.
    const { unfinished, cursor } = session;
    if (unfinished?.metadata.reply_to !== turnId) throw over(turnId, turn.answer);
    const relay = new Relay();
    const fold = foldOf(turn.question, unfinished, relay.emit);
    giveAnswers(session, fold.state.kind === 'waiting' ? fold.state.calls : [], responses);
    return { turnId, cursor, resumed: { answerId: unfinished.id, fold, relay } };
  }

  private async answer(response: Response, streams: boolean, begin: () => Promise<BegunTurn>): Promise<void> {
    if (streams) await this.runner.stream(response, begin);
    else await this.runner.whole(response, begin);
  }

  /** Opens the session for as long as the turn takes. */
  private async open(
    { agent, session: id }: Asked,
    request: IdentifiedRequest,
    begin: (session: Session, config: llamaStack.AgentConfig) => Promise<Omit<BegunTurn, 'session' | 'release'>>,
  ): Promise<BegunTurn> {
    const place = await this.service.place(agent, id, request);
    const { session, release } = await this.service.open(place);
    try {
      return { ...(await begin(session, place.agent.config)), session, release };
    } catch (error) {
      release();
      throw error;
    }
  }
}

/** Says why nothing waits any more: a client that reads it knows whether to ask again. Never a status that is sent again. */
function over(turnId: string, { metadata: { status = 'complete' } }: Message): Refusal {
  const why: Readonly<Record<string, string>> = {
    stopped: ': it was stopped',
    interrupted: ': the server went down while it was answered. Ask again in a new turn',
    error: ': it failed',
  };
  return invalid(`Turn '${turnId}' is over${why[status] ?? ''}.`);
}

/** Every call gets its one answer: some now and some later would leave clients guessing which are still open. */
function giveAnswers(
  session: Session,
  calls: readonly llamaStack.ToolCall[],
  responses: readonly llamaStack.ToolResponse[],
): void {
  if (calls.length === 0) throw invalid('The turn does not wait for tools.');
  const missing = calls.find(({ call_id }) => !responses.some((given) => given.call_id === call_id));
  if (missing !== undefined) throw invalid(`tool_responses has nothing for the call '${missing.call_id}'.`);
  const unknown = responses.find((given) => !calls.some(({ call_id }) => call_id === given.call_id));
  if (unknown !== undefined) throw invalid(`The turn does not wait for the call '${unknown.call_id}'.`);
  for (const { call_id, content } of responses) {
    session.answerTool(call_id, { content: llamaStack.contentText(content), isError: false });
  }
}
