import { Controller, Get, Inject, Req } from '@nestjs/common';
import type { Request } from 'express';
import { AgentRegistry } from '../agent/agent-registry.js';
import { VERSION } from './version.js';

/** `GET /api/config`: where a client of the original system finds the socket, and what the start page says of this service. */
@Controller('api/config')
export class ConfigController {
  constructor(@Inject(AgentRegistry) private readonly agents: AgentRegistry) {}

  @Get()
  get(@Req() request: Request) {
    const host = request.get('host') ?? 'localhost';
    const base = `${request.protocol}://${host}`;
    const { info } = this.agents.default;
    return {
      base_url: base,
      api_url: `${base}/api`,
      ws_url: `${request.protocol === 'https' ? 'wss' : 'ws'}://${host}/ws/chat`,
      version: VERSION,
      auth_mode: 'standalone',
      features: { terminal: false, icpy: false, clipboard: false },
      agent: { name: info.name, displayName: info.displayName ?? info.name },
      /** The built-in demo agent answers, because no model is configured. */
      demo: info.category === 'demo',
    };
  }
}
