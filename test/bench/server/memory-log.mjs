// The product with its log and history in memory: what the durable ones cost is measured against this.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import {
  ChatStreamModule,
  ChatStreamWsAdapter,
  MemoryFrameLog,
  MemoryHistory,
  OpenAiAgent,
} from '@chat-stream/backend';

const agent = new OpenAiAgent({ model: process.env.OPENAI_MODEL, baseURL: process.env.OPENAI_BASE_URL });
const stores = { frameLog: new MemoryFrameLog(), history: new MemoryHistory() };
const app = await NestFactory.create(ChatStreamModule.forRoot({ agents: [agent], ...stores }), {
  logger: ['warn', 'error'],
  bodyParser: false,
});
app.useWebSocketAdapter(new ChatStreamWsAdapter(app));
await app.listen(0, '127.0.0.1');
console.log(`listening on ${app.getHttpServer().address().port}`);
