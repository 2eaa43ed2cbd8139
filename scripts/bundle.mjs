// Makes the files that pages load (widget/scripts.mjs) out of the compiled widget. build.mjs calls it when they are stale.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { SCRIPTS } from '../widget/scripts.mjs';
import { configOf } from '../widget/vite.config.mjs';
import { root } from './tools.mjs';

// What is served is what lies here: nothing of an earlier build may stay.
rmSync(join(root, 'widget', 'dist', 'script'), { recursive: true, force: true });
for (const script of SCRIPTS) await build(configOf(script));
