import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MemoryAgentDefinitions, SqliteAgentDefinitions } from '@chat-stream/backend';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../support/store.js';
import { agentDefinitionsConformance } from './agent-definitions.js';

const inFile = (dir = temporaryDirectory(), warn: (message: string) => void = () => undefined) =>
  new SqliteAgentDefinitions(join(dir, 'agents.db'), { warn });

// One line for each implementation.
agentDefinitionsConformance('memory', () => new MemoryAgentDefinitions());
agentDefinitionsConformance('sqlite', () => inFile());

const AGENT = { id: 'a', owner: null, config: { model: 'm', instructions: 'i' }, created: '2026-01-01T00:00:00.000Z' };

it('sqlite: what was put is there for the next process', async () => {
  const dir = temporaryDirectory();
  const first = inFile(dir);
  await first.putAgent(AGENT);
  await first.close();
  const second = inFile(dir);
  expect(await second.getAgent('a')).toEqual(AGENT);
  await second.close();
});

it('sqlite: who asks for nothing has no file', async () => {
  const dir = temporaryDirectory();
  await inFile(dir).close();
  expect(readdirSync(dir)).toEqual([]);
});

it('sqlite: a damaged file is set aside, named, and begun anew', async () => {
  const dir = temporaryDirectory();
  const warnings: string[] = [];
  writeFileSync(join(dir, 'agents.db'), 'This is no database, and long enough to be looked at. '.repeat(100));
  const definitions = inFile(dir, (message) => warnings.push(message));
  await definitions.putAgent(AGENT);
  expect(await definitions.getAgent('a')).toEqual(AGENT);
  await definitions.close();
  expect(warnings).toEqual([
    expect.stringMatching(/^The agents made over the API were damaged\..*agents\.db\.damaged-/),
  ]);
});
