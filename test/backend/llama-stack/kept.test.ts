import { AppModule, ChatStreamWsAdapter, readConfig } from '@chat-stream/backend';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { startAimock } from '../../support/aimock.js';
import { openStore, temporaryDirectory } from '../../support/store.js';
import { call, openSession, says } from './service.js';

/** The service we ship, with its store in `dir`. */
async function start(dir: string, env: Record<string, string> = {}) {
  const config = readConfig({ DATA_DIR: dir, AUTH_MODE: 'open', SHUTDOWN_GRACE_MS: '0', ...env });
  const module = AppModule.forConfig(config, openStore({ dir }));
  const app = await NestFactory.create(module, { logger: false, bodyParser: false });
  app.useWebSocketAdapter(new ChatStreamWsAdapter(app));
  await app.listen(0, '127.0.0.1');
  return { url: await app.getUrl(), close: () => app.close() };
}

describe('the service we ship', () => {
  it('keeps agents, sessions and turns over a restart', async () => {
    const upstream = await startAimock({ chunkSize: 5 });
    upstream.mock.onMessage('before', { content: 'It was before.' });
    upstream.mock.onMessage('after', { content: 'It is after.' });
    const dir = temporaryDirectory();
    const env = { OPENAI_BASE_URL: upstream.baseURL };
    const first = await start(dir, env);
    const { agent, path } = await openSession(first.url, { name: 'kept' });
    const turn = (await call(first.url, 'POST', `${path}/turn`, { messages: [says('before')] })).body;
    await first.close();

    const second = await start(dir, env);
    expect((await call(second.url, 'GET', `/v1/agents/${agent}`)).body).toMatchObject({
      agent_config: { name: 'kept' },
    });
    expect((await call(second.url, 'GET', path)).body).toMatchObject({ session_name: 'test', turns: [turn] });
    await call(second.url, 'POST', `${path}/turn`, { messages: [says('after')] });
    expect(upstream.requests()[1]?.body).toMatchObject({
      messages: [{ role: 'system' }, says('before'), { role: 'assistant', content: 'It was before.' }, says('after')],
    });
    await second.close();
    await upstream.stop();
  });

  it('answers with the demo agent where no model is configured', async () => {
    const { url, close } = await start(temporaryDirectory());
    const { path } = await openSession(url);
    const { body } = await call(url, 'POST', `${path}/turn`, { messages: [says('hi')] });
    expect(body).toMatchObject({ output_message: { content: expect.stringContaining('built-in demo agent') } });
    await close();
  });
});
