import { llamaStack } from '@chat-stream/protocol';
import { Controller, Delete, Get, Inject, Param, Post, Req } from '@nestjs/common';
import { AgentRegistry } from '../agent/agent-registry.js';
import type { IdentifiedRequest } from '../http/access.guard.js';
import { VERSION } from '../http/version.js';
import { API_PATHS, ApiController } from './api-controller.js';
import { LlamaStackService } from './llama-stack.service.js';
import { invalid, notFound } from './refusal.js';
import { type ServedModel, servedModels } from './served-models.js';

/** A list without a second page. */
interface All<T> {
  readonly data: readonly T[];
}

const NONE: All<never> = { data: [] };

/**
 * What clients ask a server for before they make an agent: which models there are, and which tools and shields. The models
 * are those of the service's agents. Tools of its own the server has none, and shields neither, and says so.
 */
@ApiController(API_PATHS)
export class LlamaStackServerController {
  constructor(
    @Inject(AgentRegistry) private readonly agents: AgentRegistry,
    @Inject(LlamaStackService) private readonly service: LlamaStackService,
  ) {}

  @Get('models')
  models(): All<llamaStack.Model> {
    return { data: servedModels(this.agents).map(toModel) };
  }

  /** Names of models have slashes, and clients write them as they are. */
  @Get('models/*id')
  model(@Param('id') parts: readonly string[]): llamaStack.Model {
    const id = parts.join('/');
    const model = servedModels(this.agents).find((one) => one.id === id);
    if (model === undefined) throw notFound('Model', id);
    return toModel(model);
  }

  @Get(['tools', 'toolgroups', 'shields', 'tool-runtime/list-tools'])
  none(): All<never> {
    return NONE;
  }

  @Get('tools/*id')
  tool(@Param('id') parts: readonly string[]): never {
    throw notFound('Tool', parts.join('/'));
  }

  @Get('toolgroups/*id')
  toolgroup(@Param('id') parts: readonly string[]): never {
    throw notFound('Tool Group', parts.join('/'));
  }

  @Get('shields/*id')
  shield(@Param('id') parts: readonly string[]): never {
    throw notFound('Shield', parts.join('/'));
  }

  /** Tools of an agent run with whoever asks it: there is nothing to invoke here. */
  @Post('tool-runtime/invoke')
  async invoke(@Req() request: IdentifiedRequest): Promise<never> {
    const { tool_name: name } = await this.service.body(llamaStack.InvokeToolSchema, request);
    throw notFound('Tool', name);
  }

  @Post(['models', 'tools', 'toolgroups', 'shields'])
  register(): never {
    throw invalid('models, tools and shields of this server can not be changed over its API.');
  }

  @Delete(['models/*id', 'tools/*id', 'toolgroups/*id', 'shields/*id'])
  unregister(): never {
    return this.register();
  }
}

/** Whether the server is there, and which one: for anybody, as on the real one. */
@Controller(API_PATHS)
export class LlamaStackHealthController {
  @Get('health')
  health(): { status: 'OK' } {
    return { status: 'OK' };
  }

  /** The version of this service: it is no Llama Stack server of some version. */
  @Get('version')
  version(): { version: string } {
    return { version: VERSION };
  }
}

function toModel({ id, agent, setting }: ServedModel): llamaStack.Model {
  return {
    identifier: id,
    provider_id: agent,
    provider_resource_id: setting ?? id,
    type: 'model',
    model_type: 'llm',
    metadata: {},
  };
}
