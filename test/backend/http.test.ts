import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.js';
import { ScriptedAgent } from '../support/scripted-agent.js';

describe('over HTTP', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp({ agents: [new ScriptedAgent({ name: 'me', category: 'demo' })] })));
  afterAll(() => app.close());

  it('serves the widget to pages of any origin, and 304 while it is the same', async () => {
    const response = await fetch(`${app.url}/chat-stream.js`);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
    });
    expect(await response.text()).toContain('chat-stream');
    const again = await fetch(`${app.url}/chat-stream.js`, {
      headers: { 'if-none-match': response.headers.get('etag')! },
    });
    expect(again.status).toBe(304);
  });

  it('says that it lives and that it is ready', async () => {
    for (const path of ['live', 'ready']) {
      const response = await fetch(`${app.url}/health/${path}`);
      expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
    }
  });

  it('says where the socket is, and whether the demo agent answers', async () => {
    expect(await (await fetch(`${app.url}/api/config`)).json()).toMatchObject({
      base_url: app.url,
      ws_url: app.chatUrl,
      auth_mode: 'standalone',
      features: { terminal: false },
      agent: { name: 'me' },
      demo: true,
    });
  });

  it('answers 404 to what is not there', async () => {
    expect((await fetch(`${app.url}/nothing`)).status).toBe(404);
  });
});
