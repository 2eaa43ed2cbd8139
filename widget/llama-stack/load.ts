/** Loads what speaks to a Llama Stack server: for bundlers. Behind a script tag it is `load-script.ts` (vite.config.mjs). */
export function loadLlamaStack(): Promise<typeof import('./index.js')> {
  return import('./index.js');
}
