// RESULTS.md: a chapter for each half of the benchmark. Each is written by its own whole run, and leaves the other alone.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';

const FILE = join(import.meta.dirname, '..', 'RESULTS.md');

/** Puts a chapter in the place of the one with the same title, or at the end. `lines` come under the title. */
export function writeChapter(title, lines) {
  const text = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '';
  const chapters = text.split(/^(?=# )/m).filter((chapter) => chapter.trim() !== '');
  const place = chapters.findIndex((chapter) => chapter.startsWith(`# ${title}\n`));
  chapters.splice(place < 0 ? chapters.length : place, place < 0 ? 0 : 1, `# ${title}\n\n${lines.join('\n')}\n`);
  writeFileSync(FILE, `${chapters.map((chapter) => chapter.trim()).join('\n\n')}\n`);
  console.log('Written to test/bench/RESULTS.md.');
}

/** When, with what and where a chapter was measured. `versions`: what matters beside Node's. */
export function circumstances(started, command, versions = []) {
  const date = started.toISOString().slice(0, 10);
  const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown CPU'}`;
  const all = [`Node ${process.version}`, ...versions, machine].join(', ');
  return `\`${command}\` on ${date}, ${all}. Written by \`test/bench/run.mjs\`; do not edit.`;
}
