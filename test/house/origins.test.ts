import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const rows = readFileSync(join(ROOT, 'protocol', 'ORIGINS.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| it names') && !line.startsWith('| ---'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

describe('the table of what the two systems name', () => {
  it('has rows', () => expect(rows.length).toBeGreaterThan(35));

  it.each(rows)('%s %s: its place and its test are there', (_, _what, place = '', _better, test = '') => {
    expect(existsSync(join(ROOT, place.replaceAll('`', ''))), place).toBe(true);
    const [, file = '', name = ''] = /^`([^`]+)`: (.+)$/.exec(test) ?? [];
    expect(existsSync(join(ROOT, file)), test).toBe(true);
    expect(readFileSync(join(ROOT, file), 'utf8'), name).toContain(name);
  });
});
