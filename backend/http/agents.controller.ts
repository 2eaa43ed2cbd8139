import { Controller, Get, Inject } from '@nestjs/common';
import { AgentRegistry } from '../agent/agent-registry.js';

/** Who can be talked to, in the shapes of the original system: it asks for its agents here, not over the socket. */
@Controller('api/custom-agents')
export class AgentsController {
  constructor(@Inject(AgentRegistry) private readonly agents: AgentRegistry) {}

  @Get()
  names() {
    return { success: true, agents: this.agents.list().map(({ name }) => name) };
  }

  @Get('configured')
  configured() {
    const agents = this.agents.list().map((info, order) => ({
      name: info.name,
      displayName: info.displayName ?? info.name,
      description: info.description ?? '',
      category: info.category ?? 'general',
      order,
      icon: info.icon ?? '',
    }));
    const categories = Object.fromEntries(agents.map(({ category }) => [category, { icon: '', order: 0 }]));
    return {
      success: true,
      agents,
      settings: {
        defaultAgent: this.agents.default.info.name,
        showCategories: true,
        showDescriptions: true,
        autoReloadOnChange: false,
      },
      categories,
    };
  }
}
