import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { startApp } from '../../support/app.js';
import { ScriptedAgent } from '../../support/scripted-agent.js';
import { openStore } from '../../support/store.js';
import { TestClient } from '../../support/ws-client.js';

const CLI = fileURLToPath(new URL('../../../backend/dist/cli/main.js', import.meta.url));

/** What `--json` writes. */
interface Tailed {
  readonly session_id: string;
  readonly seq: number;
  readonly after_ms?: number;
  readonly frame: { readonly seq: number; readonly chunk?: string };
}

describe('chat-stream tail', () => {
  const children: ChildProcess[] = [];
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });

  const start = (...args: string[]) => {
    const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    return { child, lines, ended: once(child, 'exit') as Promise<[number | null]> };
  };

  const run = async (...args: string[]) => {
    const { child, ended } = start(...args);
    let [output, errors] = ['', ''];
    child.stdout?.on('data', (text) => (output += text));
    child.stderr?.on('data', (text) => (errors += text));
    const [[code]] = await Promise.all([ended, once(child, 'close')]);
    return { code, output, errors };
  };

  it('shows the frames of a session as a client gets them, while they are written', async () => {
    const store = openStore();
    const agent = new ScriptedAgent();
    await using app = await startApp({ agents: [agent], ...store });
    const session_id = randomUUID();
    const { client } = await TestClient.open(app.chatUrl, { session_id });
    await using _ = client;
    const other = await TestClient.open(app.chatUrl);
    await using __ = other.client;

    const { child, lines, ended } = start('tail', session_id, '--data-dir', store.dir, '--json');
    other.client.send({ type: 'message', content: 'someone else' });
    (await agent.nextRun()).finish('not for this tail');
    await other.client.answer();
    client.send({ type: 'message', content: 'hi' });
    const answering = await agent.nextRun();
    const tailed: Tailed[] = [];
    const until = async (isLast: (line: Tailed) => boolean) => {
      do tailed.push(JSON.parse(String((await lines.next()).value)) as Tailed);
      while (!isLast(tailed.at(-1)!));
    };
    for (const text of ['Hello', ' – ', 'wörld 👋\n']) {
      answering.say(text);
      // Seen before the next one is written: nothing is held back.
      await until(({ frame }) => frame.chunk === text);
    }
    answering.finish();
    const { end } = await client.answer();
    await until(({ seq }) => seq === end.seq);

    const durable = client.received
      .map(({ frame }) => frame)
      .filter((frame) => 'seq' in frame && frame.type !== 'session');
    expect(tailed.map(({ frame }) => frame)).toEqual(durable.filter(({ type }) => type !== 'history'));
    expect(tailed.every((line) => line.session_id === session_id && line.seq === line.frame.seq)).toBe(true);
    expect(tailed.at(-1)?.after_ms).toBeGreaterThanOrEqual(0);
    child.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);

    // One answer, as data, without the service.
    await app.close();
    const { output } = await run('tail', '--once', '--json', '--answer', end.id, '--data-dir', store.dir);
    const kept = output
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as Tailed).frame);
    expect(kept).toEqual(durable.filter((frame) => 'id' in frame && frame.id === end.id));
    // And for people.
    const readable = await run('tail', session_id, '--once', '--data-dir', store.dir);
    expect(readable.output).toMatch(
      new RegExp(`${session_id.slice(0, 8)}  +\\d+  chunk +${end.id.slice(0, 8)}  "Hello"`),
    );
  });

  it('says what is wrong, and how it is used', async () => {
    const missing = await run('tail', '--once', '--data-dir', '/nowhere/at/all');
    expect(missing).toMatchObject({ code: 2, output: '' });
    expect(missing.errors).toContain('/nowhere/at/all');
    const unknown = await run('trail');
    expect(unknown.code).toBe(2);
    expect(unknown.errors).toContain('chat-stream tail [session]');
    expect((await run('tail', '--colour')).errors).toContain('--colour');
  });
});
