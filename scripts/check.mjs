// Types, lint (the layer rules included), format, and the size of what pages load (the limits are in package.json). Runs
// all of them, shows what each found, and fails if one failed.
//
//   npm run check
import { join } from 'node:path';
import { nodeBinary, requireDependencies, root, run, runTool } from './tools.mjs';

const CHECKS = [
  ['types', 'tsc', ['-b']],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings', '--report-unused-disable-directives']],
  ['format', 'prettier', ['--check', '--log-level', 'warn', '.']],
  ['size', 'size-limit', []],
];

requireDependencies();
const built = await run(nodeBinary(), [join(root, 'scripts', 'build.mjs'), '--quiet'], { capture: true });
const failed = [];
// One after the other: the type-aware rules read the declarations that the compiler writes.
for (const [name, tool, args] of CHECKS) {
  const started = performance.now();
  // Where nothing could be built there is nothing to weigh; the compiler has said why.
  const { code, output } = name === 'size' && built.code !== 0 ? built : await runTool(tool, args, { capture: true });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (name === 'size' && code === 0) console.log(output.trimEnd());
  if (code === 0) continue;
  failed.push(name);
  console.log(output.trimEnd());
}
if (failed.length > 0) {
  console.log(
    `check failed: ${failed.join(', ')}${failed.includes('format') ? ' (npm run format mends the format)' : ''}`,
  );
  process.exitCode = 1;
}
