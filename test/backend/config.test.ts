import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError, readConfig } from '@chat-stream/backend';
import { describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../backend/dist/main.js', import.meta.url));

/** Runs the service as `npm start` does, with this environment, until it exits or says that it listens. */
async function run(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'chat-stream-'));
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH, NO_COLOR: '1', DATA_DIR: dir, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('to chat with')) child.kill('SIGTERM');
    });
  }
  const [code] = (await once(child, 'exit')) as [number | null];
  await rm(dir, { recursive: true, force: true });
  return { code, output };
}

describe('the environment', () => {
  it('needs nothing: the demo agent answers', () => {
    expect(readConfig({})).toEqual({
      port: 3000,
      host: '127.0.0.1',
      openAi: undefined,
      idleTimeoutMs: 30_000,
      dataDir: './data',
      auth: { mode: 'visitor' },
      allowedOrigins: undefined,
      concurrentTurns: 'interrupt',
      limits: { messageBytes: 65_536, depth: 16 },
      retention: { emptySessionsMs: 86_400_000, lostSessionsMs: 604_800_000 },
      shutdownGraceMs: 10_000,
      shutdownLimitMs: 24_000,
      warnings: [],
    });
  });

  it('chooses the model', () => {
    const { openAi } = readConfig({ OPENAI_BASE_URL: 'http://localhost:11434/v1', OPENAI_MODEL: 'llama3.2' });
    expect(openAi).toMatchObject({ baseURL: 'http://localhost:11434/v1', model: 'llama3.2' });
    expect(readConfig({ OPENAI_API_KEY: 'sk-proj-Ab12Cd34Ef56' }).openAi).toBeDefined();
  });

  it('takes a placeholder key for no key, and says so', () => {
    const config = readConfig({ OPENAI_API_KEY: 'sk-your-key-here' });
    expect(config.openAi).toBeUndefined();
    expect(config.warnings.join()).toMatch(/OPENAI_API_KEY is a placeholder/);
  });

  it('allows the pages without an origin by the name that browsers give them', () => {
    expect(readConfig({ ALLOWED_ORIGINS: 'https://a.example, null' }).allowedOrigins).toEqual([
      'https://a.example',
      'null',
    ]);
  });

  it('says what is set without effect', () => {
    expect(readConfig({ REDIS_URL: 'redis://x' }).warnings).toEqual([
      'REDIS_URL is set, and has no effect in this version.',
    ]);
  });

  it('reads where a Llama Stack server is, and what has no effect without one', () => {
    expect(readConfig({}).llamaStack).toBeUndefined();
    expect(readConfig({ LLAMA_STACK_URL: 'http://localhost:8321', LLAMA_STACK_AGENT_ID: 'a' })).toMatchObject({
      llamaStack: { url: 'http://localhost:8321', agentId: 'a', model: undefined, approvals: 'decline' },
      warnings: [],
    });
    const asking = readConfig({ LLAMA_STACK_URL: 'http://localhost:8321', LLAMA_STACK_APPROVALS: 'ask' });
    expect(asking.llamaStack?.approvals).toBe('ask');
    expect(readConfig({ LLAMA_STACK_AGENT_ID: 'a' }).warnings).toEqual([
      'LLAMA_STACK_AGENT_ID has no effect without LLAMA_STACK_URL.',
    ]);
  });

  it.each([
    ['LLAMA_STACK_URL', 'localhost:8321', 'http or https URL'],
    ['LLAMA_STACK_APPROVALS', 'yes', '"decline" or "ask"'],
    ['PORT', 'abc', '0 to 65535'],
    ['PORT', '70000', '0 to 65535'],
    ['PORT', '-1', '0 to 65535'],
    ['HOST', 'a b', 'host name'],
    ['OPENAI_BASE_URL', 'localhost:11434', 'http or https URL'],
    ['UPSTREAM_IDLE_TIMEOUT_MS', '0', '1 to'],
    ['AUTH_MODE', 'none', '"open" or "visitor"'],
    ['ALLOWED_ORIGINS', 'https://a.example/path', 'origins'],
    ['ALLOWED_ORIGINS', '*', 'origins'],
    ['CONCURRENT_TURNS', 'many', '"queue"'],
    ['LIMIT_MESSAGE_BYTES', '1', '256'],
    ['LIMIT_DEPTH', 'deep', '4 to'],
  ])('%s=%s is one sentence that names it and says what is allowed', (name, value, allowed) => {
    const read = () => readConfig({ [name]: value });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(new RegExp(`^${name} must .*${allowed}.*; it is ".*"\\.$`));
  });

  it('does not repeat a secret', () => {
    expect(() => readConfig({ AUTH_VISITOR_SECRET: 'hunter2' })).toThrow(
      /^AUTH_VISITOR_SECRET must have at least 32 characters\.$/,
    );
  });
});

describe('the service', () => {
  it('starts with nothing set, says where, and stops when told to', async () => {
    const { code, output } = await run({ PORT: '0' });
    expect(output).toMatch(/open http:\/\/localhost:\d+ to chat with the demo agent/);
    expect(code === 0 || code === null).toBe(true);
  });

  it('does not start with a bad variable, and says which in one line', async () => {
    const { code, output } = await run({ PORT: 'abc' });
    expect(code).toBe(1);
    expect(output.trim().split('\n').length).toBe(1);
    expect(output).toContain('PORT must be a whole number from 0 to 65535; it is "abc".');
  });

  it('does not start with a data directory that it can not write, and says which', async () => {
    const { code, output } = await run({ PORT: '0', DATA_DIR: `${MAIN}/data` });
    expect(code).toBe(1);
    expect(output).toMatch(/The data directory .*main\.js\/data can't be made or written .*DATA_DIR/);
  });
});
