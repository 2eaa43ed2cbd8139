import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type EmbeddedStore, type EmbeddedStoreOptions, openEmbeddedStore } from '@chat-stream/backend';
import { afterAll } from 'vitest';

const temporary: string[] = [];

/** A new directory, deleted when the tests of this file are over. */
export function temporaryDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'chat-stream-store-'));
  temporary.push(dir);
  return dir;
}

afterAll(() => {
  for (const dir of temporary.splice(0)) rmSync(dir, { recursive: true, force: true });
});

/** An embedded store that remembers what it warned of. */
export interface TestStore extends EmbeddedStore {
  readonly dir: string;
  readonly warnings: readonly string[];
}

/** Opens an embedded store; without `dir`, in a new directory. */
export function openStore(options: Partial<EmbeddedStoreOptions> & { readonly dir?: string } = {}): TestStore {
  const { dir = temporaryDirectory(), ...rest } = options;
  const warnings: string[] = [];
  return { ...openEmbeddedStore(dir, { warn: (message) => warnings.push(message), ...rest }), dir, warnings };
}

/** A line of the journal, as the store writes it. */
export function journalLine(...fields: readonly string[]): string {
  const body = fields.join('\u001f');
  return `${crc32(body).toString(16).padStart(8, '0')} ${body}\n`;
}
