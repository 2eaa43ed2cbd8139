import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { AgentRegistry } from '../agent/agent-registry.js';
import { statusOf } from '../chat-config.js';
import { wrap } from './wrapped.js';

/** Who can be talked to, in the shapes of the original system: it asks for its agents here, not over the socket. */
@Controller('api')
export class AgentsController {
  constructor(@Inject(AgentRegistry) private readonly agents: AgentRegistry) {}

  /** The default agent. The first version of the original UI takes itself for disconnected without it. */
  @Get('agents/status')
  status() {
    return wrap(statusOf(this.agents.default));
  }

  @Get('custom-agents')
  names() {
    return { success: true, agents: this.agents.list().map(({ name }) => name) };
  }

  /** The button "Reload agents" of the original UI. Agents are part of the program here: those that there are stay. */
  @Post('custom-agents/reload')
  @HttpCode(200)
  reload() {
    const { agents } = this.names();
    return { success: true, agents, message: `${agents.length} agents: they change when the server is started again.` };
  }

  @Get('custom-agents/configured')
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
