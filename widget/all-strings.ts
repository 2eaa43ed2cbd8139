import { DIAGRAM_STRINGS } from './diagram/strings.js';
import { PART_STRINGS } from './parts/strings.js';
import { DEFAULT_STRINGS as FIRST_STRINGS } from './strings.js';

/** Every word that the element itself says, in English. A page gives its own with the property `strings`. */
export const DEFAULT_STRINGS = { ...FIRST_STRINGS, ...PART_STRINGS, ...DIAGRAM_STRINGS } as const;
