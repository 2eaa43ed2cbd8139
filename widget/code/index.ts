import { adopt } from '../lazy/adopt.js';
import type { LazyModule } from '../lazy/lazy-module.js';
import { CODE_STYLES } from './code.styles.js';
import { CodeView } from './code-view.js';
import { scannerOf } from './languages.js';

/** Shows code in the colours of its language. A language that we do not know stays plain. */
export const render: LazyModule['render'] = (target, { language }) => {
  const scanner = scannerOf(language);
  if (scanner === undefined) return undefined;
  adopt(target, CODE_STYLES);
  return new CodeView(target, scanner);
};
