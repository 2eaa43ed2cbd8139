// Types, lint (the layer rules included) and format. Runs all three, shows what each found, and fails if one failed.
//
//   npm run check
import { requireDependencies, runTool } from './tools.mjs';

const CHECKS = [
  ['types', 'tsc', ['-b']],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings', '--report-unused-disable-directives']],
  ['format', 'prettier', ['--check', '--log-level', 'warn', '.']],
];

requireDependencies();
const failed = [];
// One after the other: the type-aware rules read the declarations that the compiler writes.
for (const [name, tool, args] of CHECKS) {
  const started = performance.now();
  const { code, output } = await runTool(tool, args, { capture: true });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
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
