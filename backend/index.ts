import 'reflect-metadata';

/** The NestJS side of chat-stream: import the module, write an agent, bring a store. */
export * from './agent/agent.js';
export { AgentRegistry } from './agent/agent-registry.js';
export { DemoAgent } from './agent/demo.agent.js';
export { OpenAiAgent, type OpenAiAgentOptions } from './agent/openai.agent.js';
export { AUTHENTICATOR, type Authenticator, type Identity } from './auth/authenticator.js';
export { ChatError } from './chat-error.js';
export { type ChatStreamAsyncOptions, ChatStreamModule } from './chat-stream.module.js';
export { type Config, ConfigError, readConfig } from './config.js';
export { AppModule } from './app.module.js';
export * from './frame-log/frame-log.js';
export { follow, type Follower } from './frame-log/follow.js';
export { coalesce } from './frame-log/coalesce.js';
export { JournalFrameLog } from './frame-log/journal-frame-log.js';
export { type JournalOptions } from './frame-log/journal-options.js';
export { type HeadStore, type StoredHead } from './frame-log/journal-heads.js';
export { MemoryFrameLog } from './frame-log/memory-frame-log.js';
export { CHAT_PATH, ChatStreamWsAdapter } from './gateway/ws-adapter.js';
export * from './history/history.js';
export { MemoryHistory } from './history/memory-history.js';
export { SqliteHistory, type SqliteHistoryOptions } from './history/sqlite-history.js';
export { type AuthOptions, type ChatStreamOptions, type ConcurrentTurns } from './options.js';
export { type EmbeddedStore, type EmbeddedStoreOptions, openEmbeddedStore } from './store/embedded-store.js';
export { StoreError } from './store/store-error.js';
export { Sessions } from './session/sessions.js';
