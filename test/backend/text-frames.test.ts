import { expect, it } from 'vitest';
import { startApp } from '../support/app.js';
import { ScriptedAgent } from '../support/scripted-agent.js';
import { TestClient } from '../support/ws-client.js';

// The head of a WebSocket frame has a width that depends on its length in bytes.

it('says text of any length and any alphabet as it is', async () => {
  const agent = new ScriptedAgent();
  await using app = await startApp({ agents: [agent] });
  const { client } = await TestClient.open(app.chatUrl);
  await using _ = client;
  client.send({ type: 'message', content: 'hi' });
  const run = await agent.nextRun();
  const said = async (text: string) => {
    run.say(text);
    const { chunk } = await client.next('message_stream', (frame) => frame.stream_chunk);
    expect(chunk === text, `${text.length} × ${JSON.stringify(text[0])}`).toBe(true);
    return JSON.stringify(client.received.at(-1)?.raw).length;
  };

  const around = (await said('x')) - 1;
  const lengths = new Set<number>();
  // The head is wider from 65,536 bytes on.
  for (let length = 65_532; length <= 65_540; length++) lengths.add(await said('x'.repeat(length - around)));
  expect([...lengths]).toEqual(expect.arrayContaining([65_535, 65_536]));
  for (const text of ['\u007f', '\u0080', 'é', 'ÿ'.repeat(300), '日本語', '👩‍👩‍👧', '"\\\n\u0000', 'é'.repeat(70_000)])
    await said(text);

  // Below 126 bytes the head is narrower.
  client.send({ type: 'ping' });
  await client.next('pong');
  expect(JSON.stringify(client.received.at(-1)?.raw).length).toBeLessThan(126);
  run.finish();
  await client.next('message_stream', (frame) => frame.stream_end);
});
