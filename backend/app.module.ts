import { type DynamicModule, Module } from '@nestjs/common';
import { DemoAgent } from './agent/demo.agent.js';
import { OpenAiAgent } from './agent/openai.agent.js';
import { ChatStreamModule } from './chat-stream.module.js';
import type { Config } from './config.js';
import { SiteController, START_PAGE_DIR, startPageDir } from './http/site.controller.js';

/** The service we ship: the module, an agent chosen by the configuration, and a start page. */
@Module({})
export class AppModule {
  static forConfig(config: Config): DynamicModule {
    const { openAi, idleTimeoutMs, auth, allowedOrigins, concurrentTurns, limits } = config;
    const agent = openAi === undefined ? new DemoAgent() : new OpenAiAgent(openAi);
    return {
      module: AppModule,
      imports: [
        ChatStreamModule.forRoot({
          agents: [agent],
          idleTimeoutMs,
          auth,
          concurrentTurns,
          limits,
          ...(allowedOrigins === undefined ? {} : { allowedOrigins }),
        }),
      ],
      controllers: [SiteController],
      providers: [{ provide: START_PAGE_DIR, useFactory: startPageDir }],
    };
  }
}
