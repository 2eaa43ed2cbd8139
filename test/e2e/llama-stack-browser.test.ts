import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';
import { startApp } from '../support/app.js';
import { ScriptedAgent } from '../support/scripted-agent.js';
import { useModulePage } from './support/module-page.js';

/** Pages of another origin that talk to the agents API with llama-stack-client, from a real browser. */

const agent = new ScriptedAgent();
const site = useModulePage(agent, '/client.js', () => bundle('llama-stack-client-0.3.0'));

describe('llama-stack-client in a page of another origin', () => {
  it('lives the whole life of an agent, with every header it sends', async () => {
    await site.open(`
      import { LlamaStackClient } from './client.js';
      const client = new LlamaStackClient({
        baseURL: ${JSON.stringify(site.app.url)},
        maxRetries: 0,
        apiKey: 'any',
        defaultHeaders: { 'X-LlamaStack-Provider-Data': '{}', 'X-LlamaStack-Client-Version': '0.3.0' },
      });
      const run = async () => {
        const models = await client.models.list();
        const { agent_id } = await client.agents.create({ agent_config: { model: models[0].identifier, instructions: 'i' } });
        const { session_id } = await client.agents.session.create(agent_id, { session_name: 's' });
        const messages = [{ role: 'user', content: 'hi' }];
        let text = '';
        for await (const { event } of await client.agents.turn.create(agent_id, session_id, { messages, stream: true })) {
          if (event.payload.event_type === 'step_progress') text += event.payload.delta.text;
        }
        await client.agents.session.delete(agent_id, session_id);
        await client.agents.delete(agent_id);
        return text;
      };
      run().then((text) => (window.result = text), (error) => (window.result = String(error)));`);
    (await agent.nextRun()).finish('From a page.');
    await site.page.waitForFunction(() => 'result' in window);
    expect(await site.page.evaluate(() => Reflect.get(window, 'result') as unknown)).toBe('From a page.');
  });

  it('is kept out where its origin is not allowed', async () => {
    await using other = await startApp({
      agents: [agent],
      auth: { mode: 'open' },
      allowedOrigins: ['https://www.example.com'],
    });
    await site.open(`
      import { LlamaStackClient } from './client.js';
      const client = new LlamaStackClient({ baseURL: ${JSON.stringify(other.url)}, maxRetries: 0 });
      client.models.list().then(() => (window.result = 'served'), (error) => (window.result = error.name + ': ' + error.message));`);
    await site.page.waitForFunction(() => 'result' in window);
    expect(await site.page.evaluate(() => Reflect.get(window, 'result') as unknown)).toMatch(/Connection error/);
  });

  it('asks for no header that is nobody’s business', async () => {
    const response = await fetch(`${site.app.url}/v1/agents`, {
      method: 'OPTIONS',
      headers: {
        origin: site.pages.origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers':
          'content-type,x-stainless-os,x-llamastack-provider-data,x-other,x-stainless-é',
      },
    });
    expect(response.headers.get('access-control-allow-headers')).toBe(
      'authorization, content-type, last-event-id, x-stainless-os, x-llamastack-provider-data',
    );
  });
});

/** A package as one module for a browser. */
async function bundle(name: string): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      minify: false,
      lib: {
        entry: fileURLToPath(import.meta.resolve(name)).replace(/\.js$/, '.mjs'),
        formats: ['es'],
        fileName: 'client',
      },
    },
  });
  const [first] = Array.isArray(result) ? result : [result];
  if (first === undefined || !('output' in first)) throw new Error(`${name} could not be bundled.`);
  return first.output[0].code;
}
