import { OpenAiAgent, type ChatStreamOptions } from '@chat-stream/backend';
import { type Aimock, startAimock } from '../../support/aimock.js';
import { startApp, type TestApp } from '../../support/app.js';

/** A tool as a client of the API describes it. */
export const WEATHER = {
  name: 'get_weather',
  description: 'The weather of a city.',
  parameters: [{ name: 'city', parameter_type: 'string', description: 'Which one.', required: true }],
};

/** What every agent of these tests is told. */
export const INSTRUCTIONS = 'Answer in one sentence.';

/** Our service in front of a model server that nobody here wrote. */
export interface LlamaStackService extends AsyncDisposable {
  readonly app: TestApp;
  readonly upstream: Aimock;
}

/** Starts both, without tokens unless the options say otherwise. */
export async function startService(options: Partial<ChatStreamOptions> = {}): Promise<LlamaStackService> {
  const upstream = await startAimock({ chunkSize: 6 });
  const agent = new OpenAiAgent({ baseURL: upstream.baseURL, apiKey: 'sk-test', model: 'configured-model' });
  const app = await startApp({ agents: [agent], auth: { mode: 'open' }, ...options });
  return {
    app,
    upstream,
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await upstream.stop();
    },
  };
}

/** A request of a test that is no client's. */
export async function call(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: unknown; text: string }> {
  const response = await fetch(url + path, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text, body: text.startsWith('{') ? (JSON.parse(text) as unknown) : text };
}

/** Makes an agent and a session, as any client does. Returns the path of the session. */
export async function openSession(
  url: string,
  config: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<{ agent: string; session: string; path: string }> {
  const agent_config = { model: 'a-model', instructions: INSTRUCTIONS, ...config };
  const made = await call(url, 'POST', '/v1/agents', { agent_config }, headers);
  const { agent_id: agent } = made.body as { agent_id: string };
  const opened = await call(url, 'POST', `/v1/agents/${agent}/session`, { session_name: 'test' }, headers);
  const { session_id: session } = opened.body as { session_id: string };
  return { agent, session, path: `/v1/agents/${agent}/session/${session}` };
}

/** What stood in the `data:` lines of a body. */
export function eventsIn(
  body: string,
): { event?: { payload: Record<string, unknown> }; error?: { message: string } }[] {
  return body
    .split('\n\n')
    .filter((block) => block.startsWith('data: '))
    .map((block) => JSON.parse(block.slice('data: '.length)) as never);
}

/** A user message. */
export function says(content: string) {
  return { role: 'user' as const, content };
}
