import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Mutant } from './mutants.js';
import type { Backend } from './service.js';
import { temporaryFolder } from './stores.js';

/** The built backend with edits made to it, loaded into this process. */
export interface MutatedBackend extends AsyncDisposable {
  readonly backend: Backend;
  /** Its folder: what `backend/dist` is of the product. */
  readonly path: string;
}

/**
 * Copies the built backend to a temporary folder, plants the bug there, and loads the copy.
 *
 * @throws when an edit does not find its place exactly once: the mutant has to follow the code that it is a mutant of.
 */
export async function plant({ name, file, edits }: Mutant): Promise<MutatedBackend> {
  const folder = await temporaryFolder();
  // Below a `node_modules`: the test runner leaves what is there to Node, which loads it in a tenth of the time.
  const path = join(folder.path, 'node_modules', 'backend', 'dist');
  try {
    const built = dirname(fileURLToPath(import.meta.resolve('@chat-stream/backend')));
    await mkdir(dirname(path), { recursive: true });
    await copyScripts(built, path);
    await cp(join(built, '..', 'package.json'), join(path, '..', 'package.json'));
    // Everything else is the real thing: it is looked for from here upwards.
    await symlink(dependencies(), join(path, '..', 'node_modules'));
    if (edits.length > 0) {
      let text = await readFile(join(path, file), 'utf8');
      for (const [from, to] of edits) text = edit(text, from, to, `${name}: ${file}`);
      await writeFile(join(path, file), text);
    }
    const backend = (await import(pathToFileURL(join(path, 'index.js')).href)) as Backend;
    return { backend, path, [Symbol.asyncDispose]: folder.remove };
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

/** Copies the code, without its source maps: those would be looked for beside sources that are not there. */
async function copyScripts(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.js')) continue;
    const source = join(entry.parentPath, entry.name);
    const target = join(to, relative(from, source));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, (await readFile(source, 'utf8')).replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'));
  }
}

/** The folder that the backend's own packages are in. */
function dependencies(): string {
  const rxjs = createRequire(import.meta.url).resolve('rxjs/package.json');
  return dirname(dirname(rxjs));
}

function edit(text: string, from: string, to: string, where: string): string {
  const words = from.split(/\s+/).map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const places = [...text.matchAll(new RegExp(words.join('\\s+'), 'g'))];
  if (places.length !== 1) throw new Error(`${where} has ${places.length} places like this: ${from}`);
  return text.replace(places[0]![0], () => to);
}
