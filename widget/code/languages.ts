import { CodeScanner } from './scan-code.js';
import { diffScanner, markdownScanner } from './scan-lines.js';
import { MarkupScanner } from './scan-markup.js';
import { YamlScanner } from './scan-yaml.js';
import { TABLES } from './tables.js';
import type { Scanner } from './token.js';

/** What reads which language; the names that writers of answers give it, with blanks between them. */
const LANGUAGES: readonly (readonly [names: string, scanner: () => Scanner<unknown>])[] = [
  ['js javascript jsx mjs cjs ts typescript tsx mts cts node', () => new CodeScanner(TABLES.javascript)],
  ['py python python3 py3 pyi', () => new CodeScanner(TABLES.python)],
  ['java', () => new CodeScanner(TABLES.java)],
  ['c h cpp c++ cc cxx hpp hxx', () => new CodeScanner(TABLES.c)],
  ['cs c# csharp', () => new CodeScanner(TABLES.csharp)],
  ['go golang', () => new CodeScanner(TABLES.go)],
  ['rs rust', () => new CodeScanner(TABLES.rust)],
  ['php', () => new CodeScanner(TABLES.php)],
  ['rb ruby', () => new CodeScanner(TABLES.ruby)],
  ['swift', () => new CodeScanner(TABLES.swift)],
  ['kt kotlin kts', () => new CodeScanner(TABLES.kotlin)],
  ['sql mysql postgresql postgres sqlite', () => new CodeScanner(TABLES.sql)],
  ['sh bash shell zsh console', () => new CodeScanner(TABLES.shell)],
  ['json json5 jsonc jsonl ndjson', () => new CodeScanner(TABLES.json)],
  ['css scss less', () => new CodeScanner(TABLES.css)],
  ['toml ini conf cfg env', () => new CodeScanner(TABLES.toml)],
  ['dockerfile docker containerfile', () => new CodeScanner(TABLES.docker)],
  ['html htm xml xhtml svg vue svelte', markup],
  ['yaml yml', () => new YamlScanner(new CodeScanner(TABLES.yaml))],
  ['md markdown mdx', () => markdownScanner],
  ['diff patch', () => diffScanner],
];

function markup(): Scanner<unknown> {
  return new MarkupScanner({ script: new CodeScanner(TABLES.javascript), style: new CodeScanner(TABLES.css) });
}

const scanners = new Map<string, Scanner<unknown>>();

/**
 * What reads a language, by any of its names; `undefined` for one that we do not know, which stays plain.
 *
 * @example scannerOf('TS') === scannerOf('javascript')
 */
export function scannerOf(language: string): Scanner<unknown> | undefined {
  const name = language.toLowerCase();
  const entry = LANGUAGES.find(([names]) => names.split(' ').includes(name));
  if (entry === undefined) return undefined;
  const scanner = scanners.get(entry[0]) ?? entry[1]();
  scanners.set(entry[0], scanner);
  return scanner;
}
