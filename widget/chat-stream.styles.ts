import type { CSSResult } from '@lit/reactive-element/css-tag.js';
import { base } from './styles/base.js';
import { colours } from './styles/colours.js';
import { content } from './styles/content.js';
import { foot } from './styles/foot.js';
import { host } from './styles/host.js';
import { launcher } from './styles/launcher.js';
import { motion } from './styles/motion.js';
import { notes } from './styles/notes.js';
import { panel } from './styles/panel.js';
import { print } from './styles/print.js';
import { transcript } from './styles/transcript.js';

/** All styles of the element, inside its shadow root. */
export const chatStreamStyles: CSSResult[] = [
  host,
  base,
  colours,
  panel,
  transcript,
  content,
  notes,
  foot,
  launcher,
  motion,
  print,
];
