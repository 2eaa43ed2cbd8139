import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/**
 * The lint rules that keep the layers apart, proven: for each rule a file that breaks it is planted in a copy of the
 * layout and must be refused, and one that does what the rule asks for must pass.
 */

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const oxlint = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint');

interface Finding {
  readonly code: string;
  readonly filename: string;
  readonly help?: string;
  readonly labels: readonly { readonly span: { readonly line: number } }[];
}

/** One planted line: what it is, where it stands, and the rule that must (or must not) refuse it. */
interface Plant {
  readonly file: string;
  readonly line: string;
}

const IMPORTS = 'eslint(no-restricted-imports)';
const PROPERTIES = 'eslint(no-restricted-properties)';

const REFUSED: readonly (Plant & { readonly rule: string })[] = [
  // widget → protocol ← backend
  ...refused('protocol/wrong.ts', [
    '../backend/session/session.js',
    '../widget/index.js',
    '@chat-stream/backend',
    'lit',
    'ws',
    'node:fs',
    '../test/support/x.js',
  ]),
  ...refused('protocol/llama-stack/wrong.ts', ['../../backend/index.js', 'node:fs', '@chat-stream/backend']),
  ...refused('widget/wrong.ts', [
    '@chat-stream/backend',
    '../backend/index.js',
    '../protocol/index.js',
    '@chat-stream/protocol/dist/codec.js',
    'node:fs',
    '../demo/index.js',
    '../test/support/x.js',
    'lit/directives/unsafe-html.js',
  ]),
  ...refused('widget/connection/wrong.ts', ['../../backend/index.js', '../../protocol/codec.js']),
  ...refused('backend/wrong.ts', [
    '@chat-stream/widget',
    '../widget/index.js',
    '../protocol/index.js',
    'lit',
    '../demo/index.js',
    '../test/support/x.js',
    // Concrete implementations are named in the modules only.
    './agent/openai.agent.js',
    './auth/visitor-authenticator.js',
    './frame-log/memory-frame-log.js',
    './frame-log/sqlite-frame-log.js',
    './history/memory-history.js',
  ]),
  // gateway, http → session → agent, frame-log, history (interfaces)
  ...['gateway', 'http', 'llama-stack', 'session'].flatMap((folder) =>
    refused(`backend/${folder}/wrong.ts`, [
      '../agent/openai.agent.js',
      '../agent/openai/client.js',
      '../auth/visitor-authenticator.js',
      '../frame-log/memory-frame-log.js',
      '../history/sqlite-history.js',
      '../chat-stream.module.js',
      '../index.js',
      '@chat-stream/widget',
      '../../widget/index.js',
      '../../protocol/index.js',
      '../../demo/index.js',
      '../../test/support/x.js',
    ]),
  ),
  ...refused('backend/session/wrong.ts', [
    '../gateway/chat.gateway.js',
    '../http/health.controller.js',
    '../llama-stack/turn-fold.js',
    'ws',
  ]),
  ...['agent', 'auth', 'frame-log', 'history'].flatMap((folder) =>
    refused(`backend/${folder}/wrong.ts`, [
      '../session/session.js',
      '../gateway/chat.gateway.js',
      '../http/health.controller.js',
      '../llama-stack/turn-fold.js',
      '../chat-stream.module.js',
      '../../test/support/x.js',
      '@chat-stream/widget',
    ]),
  ),
  ...refused('backend/agent/wrong.ts', [
    '../frame-log/frame-log.js',
    '../history/history.js',
    '../auth/authenticator.js',
  ]),
  ...refused('backend/frame-log/wrong.ts', ['../agent/agent.js']),
  // Even the modules know neither the widget nor the tests.
  ...refused('backend/app.module.ts', ['@chat-stream/widget', '../test/support/x.js', '../demo/index.js']),
  ...refused('demo/wrong.js', ['@chat-stream/widget', '../widget/index.js', '../test/support/x.js']),
  // One parser
  ...['protocol/wrong.ts', 'widget/wrong.ts', 'widget/connection/wrong.ts', 'backend/gateway/wrong.ts'].map((file) => ({
    file,
    line: 'export const parsed: unknown = JSON.parse("1");',
    rule: PROPERTIES,
  })),
  { file: 'widget/wrong.ts', line: 'document.body.innerHTML = "";', rule: PROPERTIES },
  { file: 'widget/connection/identity.ts', line: 'document.body.innerHTML = "";', rule: PROPERTIES },
  // Every way to import is an import.
  {
    file: 'backend/session/wrong.ts',
    line: "import type { A } from '../gateway/a.js'; export type B = A;",
    rule: IMPORTS,
  },
  { file: 'backend/session/wrong.ts', line: "export * from '../gateway/a.js';", rule: IMPORTS },
  { file: 'backend/session/wrong.ts', line: "export { a } from '../gateway/a.js';", rule: IMPORTS },
  {
    file: 'backend/session/wrong.ts',
    line: "export const a: unknown = await import('../gateway/a.js');",
    rule: IMPORTS,
  },
];

const ACCEPTED: readonly Plant[] = [
  ...accepted('protocol/right.ts', ['./frames.js', './llama-stack/index.js', 'valibot']),
  ...accepted('protocol/llama-stack/right.ts', ['./turn.js', '../codec.js', 'valibot']),
  ...accepted('backend/llama-stack/right.ts', ['../session/session.js', '../http/access.guard.js', './turn-fold.js']),
  ...accepted('widget/right.ts', ['@chat-stream/protocol', './ui/transcript.js', 'lit', 'lit/directives/repeat.js']),
  ...accepted('backend/gateway/right.ts', [
    '../session/session.js',
    '../agent/agent.js',
    '../agent/agent-registry.js',
    '../auth/authenticator.js',
    '../frame-log/frame-log.js',
    '../frame-log/follow.js',
    '../frame-log/coalesce.js',
    '../history/history.js',
    '@chat-stream/protocol',
    '@nestjs/common',
    'ws',
  ]),
  ...accepted('backend/session/right.ts', [
    './answer.js',
    '../agent/agent.js',
    '../agent/agent-registry.js',
    '../frame-log/frame-log.js',
    '../history/history.js',
    'rxjs',
  ]),
  ...accepted('backend/agent/right.ts', ['./agent.js', './openai.agent.js', 'openai', '@chat-stream/protocol']),
  ...accepted('backend/history/right.ts', ['./history.js', '../frame-log/frame-log.js']),
  ...['app.module.ts', 'chat-stream.module.ts', 'index.ts'].flatMap((file) =>
    accepted(`backend/${file}`, [
      './agent/openai.agent.js',
      './frame-log/memory-frame-log.js',
      './gateway/chat.gateway.js',
    ]),
  ),
  { file: 'protocol/codec.ts', line: 'export const parsed: unknown = JSON.parse("1");' },
  { file: 'widget/connection/identity.ts', line: 'export const parsed: unknown = JSON.parse("1");' },
  { file: 'backend/agent/right.ts', line: 'export const parsed: unknown = JSON.parse("1");' },
];

function refused(file: string, specifiers: readonly string[]): (Plant & { readonly rule: string })[] {
  return specifiers.map((specifier) => ({ file, line: `import '${specifier}';`, rule: IMPORTS }));
}

function accepted(file: string, specifiers: readonly string[]): Plant[] {
  return specifiers.map((specifier) => ({ file, line: `import '${specifier}';` }));
}

/** Plants every line in its file, lints all of them in one run, and returns what was found at each `file:line`. */
function lint(folder: string, plants: readonly Plant[]): ReadonlyMap<string, readonly Finding[]> {
  copyFileSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  for (const [file, own] of groupBy(plants, (plant) => plant.file)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), own.map(({ line }) => `${line}\n`).join(''));
  }
  const { stdout, stderr } = spawnSync(process.execPath, [oxlint, '--format', 'json', '.'], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (!stdout.trimStart().startsWith('{')) throw new Error(`oxlint did not run: ${stdout}${stderr}`);
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: Finding[] };
  return groupBy(diagnostics, ({ filename, labels }) => `${filename.replaceAll('\\', '/')}:${labels[0]?.span.line}`);
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item)) ?? [];
    groups.set(keyOf(item), group);
    group.push(item);
  }
  return groups;
}

/** Where a plant stands: its file, and its line among those of the same file. */
function placeOf(plants: readonly Plant[], plant: Plant): string {
  return `${plant.file}:${plants.filter(({ file }) => file === plant.file).indexOf(plant) + 1}`;
}

describe('the layer rules', () => {
  const plants: readonly Plant[] = [...REFUSED, ...ACCEPTED];
  let folder: string;
  let found: ReadonlyMap<string, readonly Finding[]>;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'chat-stream-layers-'));
    found = lint(folder, plants);
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(REFUSED)('refuse in $file: $line', (plant) => {
    const own = found.get(placeOf(plants, plant)) ?? [];
    expect(own.map(({ code }) => code)).toContain(plant.rule);
    // A refusal that does not say what to do instead is half a rule.
    for (const { code, help } of own) if (code === IMPORTS) expect(help).toMatch(/\w{3}.*\.$/);
  });

  it.each(ACCEPTED)('let pass in $file: $line', (plant) => {
    const own = found.get(placeOf(plants, plant)) ?? [];
    expect(own.filter(({ code }) => code === IMPORTS || code === PROPERTIES)).toEqual([]);
  });

  it('refuse a circle of imports', () => {
    const circle = mkdtempSync(join(tmpdir(), 'chat-stream-circle-'));
    try {
      const around = [
        { file: 'backend/session/a.ts', line: "import { b } from './b.js'; export const a = (): unknown => b;" },
        { file: 'backend/session/b.ts', line: "import { a } from './a.js'; export const b = (): unknown => a;" },
      ];
      const codes = [...lint(circle, around).values()].flat().map(({ code }) => code);
      expect(codes).toContain('import(no-cycle)');
    } finally {
      rmSync(circle, { recursive: true, force: true });
    }
  });
});
