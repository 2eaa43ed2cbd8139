import { type DynamicModule, Module } from '@nestjs/common';
import { DemoAgent } from './agent/demo.agent.js';
import { LlamaStackAgent } from './agent/llama-stack.agent.js';
import { OpenAiAgent } from './agent/openai.agent.js';
import { ChatStreamModule } from './chat-stream.module.js';
import type { Config } from './config.js';
import type { EmbeddedStore } from './store/embedded-store.js';
import { SiteController, START_PAGE_DIR, startPageDir } from './http/site.controller.js';

/** The service we ship: the module with the embedded store, an agent chosen by the configuration, and a start page. */
@Module({})
export class AppModule {
  /** The module closes the store when the application goes down. */
  static forConfig(config: Config, store: EmbeddedStore): DynamicModule {
    const { openAi, llamaStack, idleTimeoutMs, allowedOrigins, concurrentTurns, limits, shutdownGraceMs } = config;
    const { retention } = config;
    const auth = config.auth.mode === 'visitor' ? { secret: store.visitorSecret, ...config.auth } : config.auth;
    const agent = openAi === undefined ? new DemoAgent() : new OpenAiAgent(openAi);
    return {
      module: AppModule,
      imports: [
        ChatStreamModule.forRoot({
          agents: [agent, ...(llamaStack === undefined ? [] : [new LlamaStackAgent(llamaStack)])],
          idleTimeoutMs,
          auth,
          concurrentTurns,
          limits,
          retention,
          shutdownGraceMs,
          frameLog: store.frameLog,
          history: store.history,
          agentDefinitions: store.agentDefinitions,
          ...(allowedOrigins === undefined ? {} : { allowedOrigins }),
        }),
      ],
      controllers: [SiteController],
      providers: [{ provide: START_PAGE_DIR, useFactory: startPageDir }],
    };
  }
}
