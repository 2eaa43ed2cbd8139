import { importBeside } from '../lazy/beside.js';

type Module = typeof import('./index.js');

let attempts = 0;

/** Loads what speaks to a Llama Stack server: the file beside our own script. That server has none of our files. */
export async function loadLlamaStack(): Promise<Module> {
  const nowhere = () => {
    throw new Error('The script tag of chat-stream is not there.');
  };
  try {
    return (await importBeside('llama-stack', nowhere, attempts)) as Module;
  } catch (thrown) {
    attempts++;
    throw thrown;
  }
}
