import { randomUUID } from 'node:crypto';
import type { AgentDefinition, AgentDefinitions, AgentSession } from '@chat-stream/backend';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** How the suite gets fresh, empty definitions. */
export type MakeAgentDefinitions = () => AgentDefinitions;

const CREATED = '2026-01-01T00:00:00.000Z';
const agentOf = (owner: string | null = 'me', more: object = {}): AgentDefinition => ({
  id: randomUUID(),
  owner,
  config: { model: 'm', instructions: 'i "🔧" \u0000', ...more },
  created: CREATED,
});
const sessionOf = (agentId: string, name = 's'): AgentSession => ({
  id: randomUUID(),
  agentId,
  name,
  created: CREATED,
});

/** What every implementation promises. One is done when it passes. */
export function agentDefinitionsConformance(name: string, make: MakeAgentDefinitions): void {
  describe(`agent definitions: ${name}`, () => {
    let definitions: AgentDefinitions;
    beforeEach(() => {
      definitions = make();
    });
    afterEach(() => definitions.close());

    it('gives back an agent as it was put, everything in it', async () => {
      const agent = agentOf('me', { client_tools: [{ name: 't', parameters: [] }], max_infer_iters: 3 });
      expect(await definitions.getAgent(agent.id)).toBeUndefined();
      await definitions.putAgent(agent);
      expect(await definitions.getAgent(agent.id)).toEqual(agent);
    });

    it('lists the agents of one owner, in the order they were made, in parts', async () => {
      const mine = [agentOf(), agentOf(), agentOf()];
      for (const agent of [mine[0]!, agentOf('other'), mine[1]!, agentOf(null), mine[2]!]) {
        await definitions.putAgent(agent);
      }
      expect(await definitions.listAgents('me', { start: 0, limit: 10 })).toEqual({ items: mine, hasMore: false });
      expect(await definitions.listAgents('me', { start: 0, limit: 2 })).toEqual({
        items: mine.slice(0, 2),
        hasMore: true,
      });
      expect(await definitions.listAgents('me', { start: 2, limit: 2 })).toEqual({
        items: mine.slice(2),
        hasMore: false,
      });
      expect((await definitions.listAgents('nobody', { start: 0, limit: 2 })).items).toEqual([]);
      expect((await definitions.listAgents(null, { start: 0, limit: 9 })).items).toHaveLength(1);
      // A name is never taken for no name.
      expect((await definitions.listAgents('null', { start: 0, limit: 9 })).items).toEqual([]);
    });

    it('replaces an agent that is put again, in its place', async () => {
      const [first, second] = [agentOf(), agentOf()];
      await definitions.putAgent(first);
      await definitions.putAgent(second);
      const changed = { ...first, config: { ...first.config, model: 'other' } };
      await definitions.putAgent(changed);
      expect((await definitions.listAgents('me', { start: 0, limit: 9 })).items).toEqual([changed, second]);
    });

    it('keeps the sessions of each agent apart', async () => {
      const [one, two] = [agentOf(), agentOf()];
      await definitions.putAgent(one);
      await definitions.putAgent(two);
      const sessions = [sessionOf(one.id, 'a'), sessionOf(one.id, 'b')];
      for (const session of sessions) await definitions.putSession(session);
      expect(await definitions.listSessions(one.id, { start: 0, limit: 9 })).toEqual({
        items: sessions,
        hasMore: false,
      });
      expect((await definitions.listSessions(two.id, { start: 0, limit: 9 })).items).toEqual([]);
      expect(await definitions.getSession(one.id, sessions[0]!.id)).toEqual(sessions[0]);
      expect(await definitions.getSession(two.id, sessions[0]!.id)).toBeUndefined();
      expect(await definitions.deleteSession(two.id, sessions[0]!.id)).toBe(false);
      expect(await definitions.deleteSession(one.id, sessions[0]!.id)).toBe(true);
      expect(await definitions.getSession(one.id, sessions[0]!.id)).toBeUndefined();
      expect(await definitions.deleteSession(one.id, sessions[0]!.id)).toBe(false);
    });

    it('forgets an agent with its sessions, and nothing else', async () => {
      const [one, two] = [agentOf(), agentOf()];
      for (const agent of [one, two]) await definitions.putAgent(agent);
      const [gone, kept] = [sessionOf(one.id), sessionOf(two.id)];
      for (const session of [gone, kept]) await definitions.putSession(session);
      expect(await definitions.deleteAgent(one.id)).toBe(true);
      expect(await definitions.deleteAgent(one.id)).toBe(false);
      expect(await definitions.getAgent(one.id)).toBeUndefined();
      expect(await definitions.getSession(one.id, gone.id)).toBeUndefined();
      expect(await definitions.getSession(two.id, kept.id)).toEqual(kept);
    });

    it('takes no session of an agent that is not there', async () => {
      await expect(definitions.putSession(sessionOf(randomUUID()))).rejects.toThrow();
    });

    it('can be closed twice', async () => {
      await definitions.close();
      await definitions.close();
    });
  });
}
