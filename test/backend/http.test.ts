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

  it('serves each file under the name of the release for ever, and no other release', async () => {
    const current = await fetch(`${app.url}/chat-stream.js`);
    const release = current.headers.get('x-chat-stream-release') ?? '';
    const pinned = await fetch(`${app.url}/chat-stream/${release}/chat-stream.js`);
    expect(pinned.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(await pinned.text()).toBe(await current.text());
    expect((await fetch(`${app.url}/chat-stream/another/chat-stream.js`)).status).toBe(404);
    expect((await fetch(`${app.url}/chat-stream-nothing.js`)).status).toBe(404);
    expect((await fetch(`${app.url}/chat-stream-..%2f..%2fdefine.js`)).status).toBe(404);
  });

  it('compresses what it serves for whoever can read that, and each form has a tag of its own', async () => {
    const forms = await Promise.all(
      ['identity', 'gzip', 'br'].map(async (encoding) => {
        const response = await fetch(`${app.url}/chat-stream.js`, { headers: { 'accept-encoding': encoding } });
        const { headers } = response;
        expect(headers.get('content-encoding')).toBe(encoding === 'identity' ? null : encoding);
        expect(headers.get('vary')).toContain('Accept-Encoding');
        return { text: await response.text(), tag: headers.get('etag'), size: Number(headers.get('content-length')) };
      }),
    );
    expect(new Set(forms.map(({ text }) => text)).size).toBe(1);
    expect(new Set(forms.map(({ tag }) => tag)).size).toBe(3);
    expect(forms[1]?.size).toBeLessThan((forms[0]?.size ?? 0) / 2);
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
