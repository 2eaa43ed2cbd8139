import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const dist = join(import.meta.dirname, '..', '..', 'widget', 'dist');
// Not by its name: it is a script of the build, which the compiler of the tests does not read.
const { INTERNAL_NAMES: names } = (await import(join(dist, '..', 'internal-names.mjs'))) as {
  INTERNAL_NAMES: readonly string[];
};
const read = (...path: readonly string[]): string => readFileSync(join(dist, ...path), 'utf8');

/** Files that are loaded later, and get objects of `chat-stream.js`, or give it theirs. */
const later = readdirSync(join(dist, 'script')).filter((file) =>
  /^chat-stream-(?!loader|frame\.|mermaid)[a-z-]+\.js$/.test(file),
);

describe('names that are written shorter in chat-stream.js', () => {
  it('are not in it any more, in any place that reads or writes a field', () => {
    const script = read('script', 'chat-stream.js');
    for (const name of names) expect(script).not.toMatch(new RegExp(`[.]${name}\\b(?!["'\`])`));
  });

  it('are in none of the files that are loaded later', () => {
    expect(later).toContain('chat-stream-parts.js');
    for (const file of later) {
      for (const name of names) expect(read('script', file), file).not.toMatch(new RegExp(`\\b${name}\\b`));
    }
  });

  it('are not what pages may use', () => {
    for (const file of [
      'chat-stream.d.ts',
      'events.d.ts',
      'strings.d.ts',
      'errors.d.ts',
      'connection/transport.d.ts',
    ]) {
      const isPublic = new RegExp(`^\\s+(?!#|private)(?:readonly |declare |get |set )?(${names.join('|')})[?(:]`, 'm');
      expect(read(file), file).not.toMatch(isPublic);
    }
  });
});
