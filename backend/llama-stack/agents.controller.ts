import { randomUUID } from 'node:crypto';
import { llamaStack } from '@chat-stream/protocol';
import { Delete, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import type { IdentifiedRequest } from '../http/access.guard.js';
import type { AgentDefinition } from './agent-definitions.js';
import { refuseUnknown } from './agent-settings.js';
import { AGENTS_PATHS, ApiController } from './api-controller.js';
import { listOptions, LlamaStackService } from './llama-stack.service.js';

/** Making agents, as Llama Stack has it. */
@ApiController(AGENTS_PATHS)
export class LlamaStackAgentsController {
  constructor(@Inject(LlamaStackService) private readonly service: LlamaStackService) {}

  @Post()
  @HttpCode(200)
  async create(@Req() request: IdentifiedRequest): Promise<{ agent_id: string }> {
    const { agent_config: config } = await this.service.body(llamaStack.CreateAgentSchema, request);
    // At once: every turn of it would fail.
    refuseUnknown(config);
    const id = randomUUID();
    const created = new Date().toISOString();
    await this.service.definitions.putAgent({ id, owner: request.identity.subject, config, created });
    return { agent_id: id };
  }

  @Get()
  async list(
    @Query() query: Record<string, unknown>,
    @Req() request: IdentifiedRequest,
  ): Promise<llamaStack.Page<llamaStack.Agent>> {
    const { subject } = request.identity;
    const { items, hasMore } = await this.service.definitions.listAgents(subject, listOptions(query));
    return { data: items.map(toAgent), has_more: hasMore, url: request.path };
  }

  @Get(':agent')
  async get(@Param('agent') id: string, @Req() request: IdentifiedRequest): Promise<llamaStack.Agent> {
    return toAgent(await this.service.agent(id, request));
  }

  /** Its sessions go with it. */
  @Delete(':agent')
  @HttpCode(204)
  async remove(@Param('agent') id: string, @Req() request: IdentifiedRequest): Promise<void> {
    const agent = await this.service.agent(id, request);
    const { definitions } = this.service;
    for (;;) {
      const { items } = await definitions.listSessions(id, { start: 0, limit: 100 });
      if (items.length === 0) break;
      for (const session of items) await this.service.forget(agent, session.id);
    }
    await definitions.deleteAgent(id);
  }
}

function toAgent({ id, config, created }: AgentDefinition): llamaStack.Agent {
  return { agent_id: id, agent_config: config, created_at: created };
}
