import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import Client300 from 'llama-stack-client-0.3.0';
import { expect, it } from 'vitest';
import { INSTRUCTIONS, says, startService, WEATHER } from './service.js';

/**
 * The run in the documentation is what happens. `UPDATE_DOCS=1 npm test -- llama-stack/documentation` writes it anew.
 */

const FILE = new URL('../../../protocol/LLAMA-STACK.md', import.meta.url);
const RUN = /(?<=## One run\n[\s\S]*```text\n)[\s\S]*?(?=```)/;

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const TIME = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

/** Ids numbered as they come, one time for all. */
function plain(log: string): string {
  const known = new Map<string, string>();
  const name = (id: string) => {
    if (!known.has(id)) known.set(id, `00000000-0000-4000-8000-${String(known.size + 1).padStart(12, '0')}`);
    return known.get(id) ?? id;
  };
  return log.replace(UUID, name).replace(TIME, '2026-01-01T00:00:00.000Z');
}

/** Pieces of text that follow each other, as one: how many there are depends on the machine. */
function merged(log: string): string {
  const piece = /^< data: .*"delta":\{"type":"text","text":"(.*)"\}\}\}\}\n<\n/;
  let rest = log;
  let text = '';
  let result = '';
  while (rest !== '') {
    const match = piece.exec(rest);
    if (match === null && text !== '') {
      result += `< text ${text}\n`;
      text = '';
    }
    const line = match?.[0] ?? rest.slice(0, rest.indexOf('\n') + 1);
    if (match === null) result += line;
    else text += match[1] ?? '';
    rest = rest.slice(line.length);
  }
  return result;
}

it('the run in the documentation is what happens', async () => {
  await using service = await startService();
  const { mock } = service.upstream;
  mock.addFixture({ match: { toolCallId: 'call_1' }, response: { content: 'It is 21 degrees in Oslo.' }, latency: 25 });
  mock.onMessage('weather', { toolCalls: [{ id: 'call_1', name: 'get_weather', arguments: '{"city":"Oslo"}' }] });

  const lines: string[] = [];
  const record: typeof fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : String(input));
    lines.push(`> ${init?.method ?? 'GET'} ${url.pathname}`);
    if (typeof init?.body === 'string') lines.push(`> ${JSON.stringify(JSON.parse(init.body))}`);
    const response = await fetch(input, init);
    const body = await response.clone().text();
    lines.push(`< ${response.status} ${response.headers.get('content-type') ?? ''}`.trimEnd());
    if (body !== '')
      lines.push(
        ...body
          .replace(/\n$/, '')
          .split('\n')
          .map((line) => `< ${line}`.trimEnd()),
      );
    lines.push('');
    return response;
  };
  const client = new Client300({ baseURL: service.app.url, maxRetries: 0, fetch: record as never });
  const { agent_id: agent } = await client.agents.create({
    agent_config: { model: 'llama3', instructions: INSTRUCTIONS, client_tools: [WEATHER] },
  });
  const { session_id: session } = await client.agents.session.create(agent, { session_name: 'a talk' });
  let turnId = '';
  for await (const { event } of await client.agents.turn.create(agent, session, {
    messages: [says('How is the weather in Oslo?')],
    stream: true,
  })) {
    if (event.payload.event_type === 'turn_awaiting_input') turnId = event.payload.turn.turn_id;
  }
  const tool_responses = [{ call_id: 'call_1', tool_name: 'get_weather', content: '21 degrees' }];
  const rest = await client.agents.turn.resume(agent, session, turnId, { tool_responses, stream: true });
  for await (const _ of rest);
  await client.agents.session.delete(agent, session);
  await client.agents.delete(agent);

  const log = plain(lines.join('\n'));
  const text = readFileSync(FILE, 'utf8');
  if (process.env['UPDATE_DOCS'] !== undefined) {
    writeFileSync(
      FILE,
      text.replace(RUN, () => log),
    );
    return;
  }
  expect(merged(RUN.exec(text)?.[0] ?? '')).toBe(merged(log));
});

it('the example in the README does what it says', async () => {
  await using service = await startService();
  service.upstream.mock.onMessage('sky', { content: 'Because blue light is scattered most.' });
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  const example = /## Llama Stack clients[\s\S]*?```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const program = example
    .replace("'llama-stack-client'", "'llama-stack-client-0.3.0'")
    .replace('http://localhost:3000', service.app.url);
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
  expect(stdout).toBe('Because blue light is scattered most.');
});
