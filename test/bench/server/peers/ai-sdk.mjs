// The AI SDK on node:http, as its page on Node servers shows it. Without resumable-stream, which needs Redis.
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { convertToModelMessages, streamText } from 'ai';

const provider = createOpenAICompatible({ name: 'bench', baseURL: `${process.env.UPSTREAM}/v1` });

async function chat(request, response) {
  const { messages } = await json(request);
  const result = streamText({ model: provider('bench'), messages: await convertToModelMessages(messages) });
  await result.pipeUIMessageStreamToResponse(response);
}

const server = createServer((request, response) => void chat(request, response));
server.listen(0, '127.0.0.1', 4096, () => console.log(`listening on ${server.address().port}`));
