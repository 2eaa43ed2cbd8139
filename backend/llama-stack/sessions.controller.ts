import { randomUUID } from 'node:crypto';
import { llamaStack } from '@chat-stream/protocol';
import { Delete, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import type { IdentifiedRequest } from '../http/access.guard.js';
import { HISTORY, type History } from '../history/history.js';
import { AGENTS_PATHS, ApiController } from './api-controller.js';
import { listOptions, LlamaStackService, type Place } from './llama-stack.service.js';
import { StoredTurns } from './stored-turns.js';

/** Sessions of an agent: each is a conversation as all others, and a `<chat-stream>` may open it by its id. */
@ApiController(AGENTS_PATHS)
export class LlamaStackSessionsController {
  constructor(
    @Inject(LlamaStackService) private readonly service: LlamaStackService,
    @Inject(StoredTurns) private readonly turns: StoredTurns,
    @Inject(HISTORY) private readonly history: History,
  ) {}

  @Post(':agent/session')
  @HttpCode(200)
  async create(@Param('agent') agentId: string, @Req() request: IdentifiedRequest): Promise<{ session_id: string }> {
    const { session_name: name } = await this.service.body(llamaStack.CreateSessionSchema, request);
    const agent = await this.service.agent(agentId, request);
    const link = { id: randomUUID(), agentId, name, created: new Date().toISOString() };
    await this.service.within({ agent, link }, () => this.history.renameSession(link.id, name));
    await this.service.definitions.putSession(link);
    return { session_id: link.id };
  }

  @Get(':agent/sessions')
  async list(
    @Param('agent') agentId: string,
    @Query() query: Record<string, unknown>,
    @Req() request: IdentifiedRequest,
  ): Promise<llamaStack.Page<llamaStack.Session>> {
    const agent = await this.service.agent(agentId, request);
    const { items, hasMore } = await this.service.definitions.listSessions(agentId, listOptions(query));
    const data: llamaStack.Session[] = [];
    for (const link of items) data.push(await this.read({ agent, link }));
    return { data, has_more: hasMore, url: request.path };
  }

  /** With `turn_ids`, only those turns. */
  @Get(':agent/session/:session')
  async get(
    @Param('agent') agentId: string,
    @Param('session') sessionId: string,
    @Query() query: Record<string, unknown>,
    @Req() request: IdentifiedRequest,
  ): Promise<llamaStack.Session> {
    const session = await this.read(await this.service.place(agentId, sessionId, request));
    const wanted = namesIn(query['turn_ids'] ?? query['turn_ids[]']);
    if (wanted === undefined) return session;
    return { ...session, turns: session.turns.filter(({ turn_id }) => wanted.has(turn_id)) };
  }

  @Delete(':agent/session/:session')
  @HttpCode(204)
  async remove(
    @Param('agent') agentId: string,
    @Param('session') sessionId: string,
    @Req() request: IdentifiedRequest,
  ): Promise<void> {
    const { agent, link } = await this.service.place(agentId, sessionId, request);
    await this.service.forget(agent, link.id);
  }

  private async read(place: Place): Promise<llamaStack.Session> {
    const { id, name, created } = place.link;
    const turns = await this.service.within(place, (session) => this.turns.list(session));
    return { session_id: id, session_name: name, started_at: created, turns };
  }
}

/** Clients write a list as `a=1&a=2`, as `a[]=1&a[]=2` or as `a=1,2`. */
function namesIn(value: unknown): ReadonlySet<string> | undefined {
  if (value === undefined) return undefined;
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return new Set(values.flatMap((one) => (typeof one === 'string' ? one.split(',') : [])));
}
