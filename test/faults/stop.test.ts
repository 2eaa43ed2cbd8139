import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ServiceProcess } from './process.js';
import { HANGING_STOP } from './mutants.js';
import { plant } from './plant.js';
import { Progress } from './progress.js';
import { temporaryFolder } from './stores.js';
import { startDeterministicUpstream } from './upstream.js';
import { WatchedSession } from './watched-session.js';

describe('the shipped service, asked to stop during answers', () => {
  it(
    'says goaway, lets answers finish within the grace, ends the rest, and loses nothing over the restart',
    { timeout: 60_000 },
    async () => {
      await using upstream = await startDeterministicUpstream(2);
      const folder = await temporaryFolder();
      const service = new ServiceProcess(folder.path, {
        OPENAI_BASE_URL: upstream.baseURL,
        OPENAI_MODEL: 'deterministic',
        SHUTDOWN_GRACE_MS: '3000',
      });
      onTestFinished(async () => {
        await service.end('SIGKILL');
        await folder.remove();
      });
      expect(await service.start(), service.complaints).toBe(true);
      const progress = new Progress();
      onTestFinished(() => progress.stop());
      const sessions = Array.from({ length: 6 }, () => new WatchedSession(() => service.url, progress));
      onTestFinished(() => sessions.forEach((session) => session.close()));
      // Half of them are over in a moment, the others would go on for much longer than the grace.
      const questions = sessions.map((session, index) => {
        return { session, isShort: index % 2 === 0, id: session.ask(index, index % 2 === 0 ? 40 : 50_000) };
      });
      for (const { session, id } of questions) {
        for (const client of session.clients) {
          await client.until(() => (client.answerTo(id)?.content ?? '') !== '', 'the first words');
        }
      }
      const exit = service.end('SIGTERM');
      const { clients } = sessions[0]!;
      await clients[0]!.until(() => clients[0]!.said.includes('goaway'), 'goaway');
      // Whoever balances load knew before the clients did; the process itself is well, and serves until it is gone.
      const [ready, live] = await Promise.all(['ready', 'live'].map((what) => fetch(`${service.url}/health/${what}`)));
      expect([ready?.status, live?.status]).toEqual([503, 200]);
      const refused = await fetch(`${service.url}/api/chat/sessions/${randomUUID()}/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ content: 'too late' }),
      });
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
      // Too late for this server: it waits in the outbox for the next one.
      const late = sessions[0]!.ask(0, 20);

      // It came by itself, not by its signal; one that had to be forced has code 1.
      expect(await exit, service.complaints).toEqual({ code: 0, signal: null });
      for (const { session, isShort, id } of questions) {
        for (const client of session.clients) {
          expect(client.said).toContain('goaway');
          await client.until(() => !client.isOpen, 'the end of the connection');
          // The end was there before the connection was closed.
          expect(client.answerTo(id)?.metadata.status).toBe(isShort ? 'complete' : 'interrupted');
        }
        const [socket, stream] = session.clients;
        expect(new Set(socket?.losses)).toEqual(new Set(['closed with 1012']));
        expect(new Set(stream?.losses)).toEqual(new Set(['the stream ended']));
        session.rememberShown();
      }
      expect(clients[0]!.outbox.has(late)).toBe(true);

      expect(await service.start(), service.complaints).toBe(true);
      for (const session of sessions) {
        await session.settled();
        await session.audit();
        session.close();
        expect(session.problems).toEqual([]);
      }
      expect(clients[0]!.answerTo(late)?.metadata.status).toBe('complete');
      expect([...upstream.counts.values()].every((count) => count === 1)).toBe(true);
    },
  );

  it('is gone in time with exit code 1 when something hangs, and says so', { timeout: 60_000 }, async () => {
    await using planted = await plant(HANGING_STOP);
    const folder = await temporaryFolder();
    const env = { SHUTDOWN_GRACE_MS: '0', SHUTDOWN_LIMIT_MS: '300' };
    const service = new ServiceProcess(folder.path, env, join(planted.path, 'main.js'));
    onTestFinished(async () => {
      await service.end('SIGKILL');
      await folder.remove();
    });
    expect(await service.start(), service.complaints).toBe(true);
    expect(await service.end('SIGTERM')).toEqual({ code: 1, signal: null });
    expect(service.complaints).toContain('the stop was not over after 300 ms');
  });

  it('may not be given longer than orchestrators wait', async () => {
    const folder = await temporaryFolder();
    onTestFinished(folder.remove);
    const service = new ServiceProcess(folder.path, { SHUTDOWN_LIMIT_MS: '25000' });
    expect(await service.start()).toBe(false);
    expect(service.complaints).toContain('SHUTDOWN_LIMIT_MS must be a whole number from 100 to 24000');
  });
});
