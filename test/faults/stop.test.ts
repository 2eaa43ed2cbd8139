import { describe, expect, it, onTestFinished } from 'vitest';
import { ServiceProcess } from './process.js';
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
        SHUTDOWN_GRACE_MS: '1500',
      });
      onTestFinished(async () => {
        await service.end('SIGKILL');
        await folder.remove();
      });
      expect(await service.start(), service.complaints).toBe(true);
      const signal = AbortSignal.timeout(50_000);
      const sessions = Array.from({ length: 6 }, () => new WatchedSession(() => service.url, signal));
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
      // Too late for this server: it waits in the outbox for the next one.
      const late = sessions[0]!.ask(0, 20);

      // Nest ends the process with the signal it got, once everything is closed; an exit that had to be forced has code 1.
      const { code, signal: endedBy } = await exit;
      expect(code ?? endedBy, service.complaints).toBeOneOf([0, 'SIGTERM']);
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
});
