import {
  type DynamicModule,
  Inject,
  Logger,
  type MiddlewareConsumer,
  Module,
  type ModuleMetadata,
  type NestModule,
  type Provider,
} from '@nestjs/common';
import { AgentRegistry } from './agent/agent-registry.js';
import { AUTHENTICATOR, type Authenticator } from './auth/authenticator.js';
import { OpenAuthenticator } from './auth/open-authenticator.js';
import { VisitorAuthenticator } from './auth/visitor-authenticator.js';
import { FRAME_LOG, type FrameLog } from './frame-log/frame-log.js';
import { MemoryFrameLog } from './frame-log/memory-frame-log.js';
import { Attachments } from './gateway/attachments.js';
import { ChatGateway } from './gateway/chat.gateway.js';
import { HISTORY, type History } from './history/history.js';
import { MemoryHistory } from './history/memory-history.js';
import { AgentsController } from './http/agents.controller.js';
import { ChatStreamController } from './http/chat-stream.controller.js';
import { ConfigController } from './http/config.controller.js';
import { CorsMiddleware } from './http/cors.middleware.js';
import { FrameController } from './http/frame.controller.js';
import { DiagramController } from './http/diagram.controller.js';
import { HealthController } from './http/health.controller.js';
import { Readiness } from './http/readiness.js';
import { RestController } from './http/rest.controller.js';
import { WidgetController } from './http/widget.controller.js';
import {
  CHAT_STREAM_OPTIONS,
  type ChatStreamOptions,
  type ChatStreamRoutes,
  type ResolvedOptions,
  resolveOptions,
} from './options.js';
import { FlushQueue } from './session/flush-queue.js';
import { Openings } from './session/openings.js';
import { Sessions } from './session/sessions.js';
import { Lifecycle } from './lifecycle.js';
import { AGENT_DEFINITIONS, type AgentDefinitions } from './llama-stack/agent-definitions.js';
import { LlamaStackAgentsController } from './llama-stack/agents.controller.js';
import { AGENTS_PATHS, SERVER_PATHS } from './llama-stack/api-controller.js';
import { LlamaStackService } from './llama-stack/llama-stack.service.js';
import { MemoryAgentDefinitions } from './llama-stack/memory-agent-definitions.js';
import { LlamaStackHealthController, LlamaStackServerController } from './llama-stack/server.controller.js';
import { LlamaStackSessionsController } from './llama-stack/sessions.controller.js';
import { StoredTurns } from './llama-stack/stored-turns.js';
import { TurnRunner } from './llama-stack/turn-runner.js';
import { LlamaStackTurnsController } from './llama-stack/turns.controller.js';

/** How `forRootAsync` gets its options. */
export interface ChatStreamAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** What `useFactory` is called with. */
  readonly inject?: readonly (string | symbol | (abstract new (...args: never[]) => unknown))[];
  readonly useFactory: (...args: never[]) => ChatStreamOptions | Promise<ChatStreamOptions>;
  /** Which of the routes that no page needs are there; default: all. */
  readonly routes?: ChatStreamRoutes;
}

/** What `forRoot` takes. */
export interface ChatStreamModuleOptions extends ChatStreamOptions {
  /** Which of the routes that no page needs are there; default: all. */
  readonly routes?: ChatStreamRoutes;
}

/** What pages ask for. An application's own routes under `/api` are none of our business. */
const PAGE_PATHS = ['api/chat', 'api/config', 'api/custom-agents', 'api/agents/status'];

const LLAMA_STACK_CONTROLLERS = [
  LlamaStackAgentsController,
  LlamaStackSessionsController,
  LlamaStackTurnsController,
  LlamaStackServerController,
  LlamaStackHealthController,
];

const ROUTES = Symbol('chat-stream:routes');

const GIVEN_OPTIONS = Symbol('chat-stream:given-options');

/**
 * The chat of chat-stream for any Nest application: the gateway at `/ws/chat`, `/chat-stream.js`, `/api/config`, `/health`, the agents
 * API of Llama Stack under `/v1`; {@link ChatStreamRoutes} says which may be left out. The application also needs our adapter:
 *
 * @example
 * \@Module({ imports: [ChatStreamModule.forRoot({ agents: [new OpenAiAgent({ model: 'gpt-4o-mini' })] })] })
 * class AppModule {}
 *
 * const app = await NestFactory.create(AppModule);
 * app.useWebSocketAdapter(new ChatStreamWsAdapter(app));
 * app.enableShutdownHooks();
 * await app.listen(3000);
 */
@Module({})
export class ChatStreamModule implements NestModule {
  constructor(@Inject(ROUTES) private readonly routes: ChatStreamRoutes) {}

  configure(consumer: MiddlewareConsumer): void {
    const paths = [...PAGE_PATHS, ...(this.routes.llamaStack === false ? [] : [...AGENTS_PATHS, ...SERVER_PATHS])];
    consumer.apply(CorsMiddleware).forRoutes(...paths.flatMap((path) => [path, `${path}/*path`]));
  }

  /** With options that are known now. Bad ones stop the start with a sentence that names them. */
  static forRoot({ routes, ...options }: ChatStreamModuleOptions): DynamicModule {
    return build({ provide: GIVEN_OPTIONS, useValue: options }, routes);
  }

  /** With options that other providers make: a configuration service, an agent that is a provider itself. */
  static forRootAsync(options: ChatStreamAsyncOptions): DynamicModule {
    const { inject = [], useFactory, routes, imports } = options;
    const provider = { provide: GIVEN_OPTIONS, inject: [...inject] as never[], useFactory };
    return build(provider, routes, imports);
  }
}

function build(given: Provider, routes: ChatStreamRoutes = {}, imports: ModuleMetadata['imports'] = []): DynamicModule {
  return {
    module: ChatStreamModule,
    imports,
    controllers: [
      WidgetController,
      FrameController,
      DiagramController,
      ConfigController,
      AgentsController,
      RestController,
      ChatStreamController,
      ...(routes.health === false ? [] : [HealthController]),
      ...(routes.llamaStack === false ? [] : LLAMA_STACK_CONTROLLERS),
    ],
    providers: [
      given,
      { provide: ROUTES, useValue: routes },
      { provide: CHAT_STREAM_OPTIONS, inject: [GIVEN_OPTIONS], useFactory: resolveOptions },
      {
        provide: AgentRegistry,
        inject: [CHAT_STREAM_OPTIONS],
        useFactory: ({ agents, defaultAgent }: ResolvedOptions) => new AgentRegistry(agents, defaultAgent),
      },
      {
        provide: FRAME_LOG,
        inject: [GIVEN_OPTIONS],
        useFactory: (options: ChatStreamOptions): FrameLog => options.frameLog ?? new MemoryFrameLog(),
      },
      {
        provide: HISTORY,
        inject: [GIVEN_OPTIONS],
        useFactory: (options: ChatStreamOptions): History => options.history ?? new MemoryHistory(),
      },
      {
        provide: AGENT_DEFINITIONS,
        inject: [GIVEN_OPTIONS],
        useFactory: ({ agentDefinitions }: ChatStreamOptions): AgentDefinitions =>
          agentDefinitions ?? new MemoryAgentDefinitions(),
      },
      { provide: AUTHENTICATOR, inject: [CHAT_STREAM_OPTIONS], useFactory: authenticatorFor },
      {
        provide: Sessions,
        inject: [CHAT_STREAM_OPTIONS, AgentRegistry, FRAME_LOG, HISTORY],
        useFactory: sessionsFor,
      },
      Openings,
      Attachments,
      LlamaStackService,
      StoredTurns,
      TurnRunner,
      ChatGateway,
      Readiness,
      Lifecycle,
    ],
    exports: [Sessions, AgentRegistry, CHAT_STREAM_OPTIONS],
  };
}

function authenticatorFor({ auth }: ResolvedOptions): Authenticator {
  return auth.mode === 'open' ? new OpenAuthenticator() : new VisitorAuthenticator(auth.secret);
}

function sessionsFor(options: ResolvedOptions, agents: AgentRegistry, log: FrameLog, history: History): Sessions {
  const logger = new Logger('ChatStream');
  const warn = (message: string, cause: unknown) => logger.warn({ message, err: cause });
  return new Sessions({ options, agents, log, history, flushQueue: new FlushQueue(), warn });
}
