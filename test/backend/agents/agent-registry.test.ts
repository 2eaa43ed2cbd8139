import { EMPTY } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { AgentRegistry } from '../../../backend/agent/agent-registry.js';
import type { Agent } from '../../../backend/agent/agent.js';

const named = (name: string): Agent => ({ info: { name }, execute: () => EMPTY });
const [a, b] = [named('a'), named('b')];

describe('AgentRegistry', () => {
  it('finds an agent by its exact name', () => {
    const registry = new AgentRegistry([a, b]);
    expect(registry.find('a')).toBe(a);
    expect(registry.find('b')).toBe(b);
  });

  it.each([undefined, null, '', 'B', ' b', 'nobody', 'toString', '__proto__'])(
    'answers %j with the default agent',
    (name) => {
      expect(new AgentRegistry([a, b], 'b').find(name)).toBe(b);
      expect(new AgentRegistry([a, b]).find(name)).toBe(a);
    },
  );

  it('lists who is there, in the order given', () => {
    expect(new AgentRegistry([b, a]).list()).toEqual([{ name: 'b' }, { name: 'a' }]);
  });

  it.each([
    ['agents is empty', [], undefined],
    ['Two agents are named "a"', [a, b, named('a')], undefined],
    ['agents[1] has no name', [a, named(' ')], undefined],
    ['agents[0] has no name', [{ execute: () => EMPTY } as unknown as Agent], undefined],
    ['defaultAgent is "c", and no agent has this name. There are: a, b.', [a, b], 'c'],
  ] as const)('stops the start: %s', (message, agents, defaultName) => {
    expect(() => new AgentRegistry(agents, defaultName)).toThrow(message);
  });
});
