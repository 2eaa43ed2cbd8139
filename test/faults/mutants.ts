import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Backend } from './service.js';
import { temporaryFolder } from './stores.js';

/** A bug that somebody could write, in what the compiler made of the product. */
export interface Mutant {
  /** What it does, as a visitor or an operator would tell it. */
  readonly name: string;
  /** In `backend/dist`. */
  readonly file: string;
  /** What is written where something else was. Each place must be there exactly once, whatever its line breaks are. */
  readonly edits: readonly (readonly [from: string, to: string])[];
}

/** Bugs in what is sent, which the network suite must find. */
export const WIRE_MUTANTS: readonly Mutant[] = [
  {
    name: 'live frames are watched for only after what is there was read',
    file: 'frame-log/follow.js',
    edits: [
      ['const unwatch = log.watch(sessionId, wakeUp.ring);', 'let unwatch;'],
      ["if (read.kind === 'lost')", "unwatch ??= log.watch(sessionId, wakeUp.ring); if (read.kind === 'lost')"],
      ['unwatch();', 'unwatch?.();'],
    ],
  },
  {
    name: 'a wake-up that comes during a read is forgotten',
    file: 'frame-log/follow.js',
    edits: [['return this.rung ? undefined : new Promise(this.wait);', 'return new Promise(this.wait);']],
  },
  {
    name: 'a replay leaves out one frame',
    file: 'frame-log/follow.js',
    edits: [['let { seq } = cursor;', 'let seq = cursor.seq + 1;']],
  },
  {
    name: 'a replay begins one frame early',
    file: 'frame-log/follow.js',
    edits: [['let { seq } = cursor;', 'let seq = Math.max(0, cursor.seq - 1);']],
  },
  {
    name: 'a long replay goes on one frame early',
    file: 'frame-log/follow.js',
    edits: [['seq = last.seq;', 'seq = read.frames.length > 3 ? last.seq - 1 : last.seq;']],
  },
  {
    name: 'the epoch of a cursor is ignored',
    file: 'session/openings.js',
    edits: [
      [
        'async open(session, cursor, token) {',
        'async open(session, cursor, token) { if (cursor) cursor = { ...cursor, epoch: session.cursor.epoch };',
      ],
    ],
  },
  {
    name: 'a cursor is never resumed from',
    file: 'session/openings.js',
    edits: [['const resumed = cursor !== undefined &&', 'const resumed = false && cursor !== undefined &&']],
  },
  {
    name: 'merged frames do not say where they begin',
    file: 'frame-log/coalesce.js',
    edits: [['seq: last.seq, first_seq: first', 'seq: last.seq']],
  },
  {
    name: 'frames are sent before they are stored',
    file: 'session/session.js',
    edits: [
      [
        'this.pending.appends++;',
        'this.pending.appends++; for (const f of frames) this.notify(JSON.parse(f.json), f.seq - 1);',
      ],
    ],
  },
  {
    name: 'a message is acknowledged before it is stored',
    file: 'session/session.js',
    edits: [
      [
        'if (!(await appended)) throw this.unavailable(); return { id: message.id, seq };',
        'return { id: message.id, seq };',
      ],
    ],
  },
  {
    name: 'a snapshot shows what is not stored',
    file: 'session/session.js',
    edits: [['if (!(await this.appended)) throw this.unavailable();', '']],
  },
  {
    name: 'a snapshot does not wait for an answer that has just ended',
    file: 'session/session.js',
    edits: [
      [
        'do await this.settled(); while (this.pending.stores > 0); // From here to the next await nothing moves',
        '// From here to the next await nothing moves',
      ],
    ],
  },
  {
    name: 'a snapshot waits once, whatever ends meanwhile',
    file: 'session/session.js',
    edits: [
      ['do await this.settled(); while (this.pending.stores > 0); // From here', 'await this.settled(); // From here'],
    ],
  },
  {
    name: 'a snapshot does not say that the running answer belongs to it',
    file: 'session/session.js',
    edits: [['catch_up: catchUp.length', 'catch_up: 0']],
  },
  {
    name: 'a snapshot leaves out the text so far',
    file: 'session/session.js',
    edits: [['running?.catchUp() ?? []', 'running?.catchUp().slice(0, 1) ?? []']],
  },
  {
    name: 'a message that is sent again is taken again',
    file: 'session/session.js',
    edits: [['const known = await this.services.history.getMessage(this.id, id);', 'const known = undefined;']],
  },
  {
    name: 'notices overtake the frames they are about',
    file: 'session/delivery.js',
    edits: [
      [
        'this.notices.splice(place, 0, { after, json }); this.sendNoticesUpTo(this.cursor.seq);',
        'this.notices.splice(place, 0, { after, json }); this.sendNoticesUpTo(Infinity);',
      ],
    ],
  },
  {
    name: 'the last words of an answer are lost when it ends',
    file: 'session/answer.js',
    edits: [['this.flush(); this.endedAt', 'this.endedAt']],
  },
  {
    name: 'an answer ends without an end frame when it is stopped',
    file: 'session/answer.js',
    edits: [
      [
        'this.host.append([draft(this.endFrame())]);',
        "if (status !== 'stopped') this.host.append([draft(this.endFrame())]);",
      ],
    ],
  },
  {
    name: 'closing a tab stops the answer',
    file: 'gateway/attachments.js',
    edits: [
      [
        'delivery.stop(); this.sessions.release',
        'delivery.stop(); void delivery.session.stop(); this.sessions.release',
      ],
    ],
  },
  {
    name: 'an event names another place than its frame',
    file: 'http/event-stream.js',
    edits: [['id: ${this.epoch()}-${seq}', 'id: ${this.epoch()}-${seq - 1}']],
  },
];

/** Bugs in what is kept for cursors, which the races of the store must find. */
export const TRIM_MUTANTS: readonly Mutant[] = [
  {
    name: 'a cursor is served from a log that was trimmed beyond it',
    file: 'frame-log/session-frames.js',
    edits: [['cursor.seq < this.trimmed ||', '']],
  },
  {
    name: 'nobody asks whether the log still has what a cursor needs',
    file: 'session/openings.js',
    edits: [["(await this.log.read(session.id, cursor, 1)).kind === 'frames'", 'true']],
  },
  {
    name: 'frames of an answer that is being written count as finished',
    file: 'session/sessions.js',
    edits: [['if (!session.isBusy && !session.hasFailed)', 'if (!session.hasFailed)']],
  },
  {
    name: 'what was trimmed is remembered beyond the end of a log',
    file: 'session/sessions.js',
    edits: [['this.retention.forget(id);', '']],
  },
  {
    name: 'one frame too many is trimmed',
    file: 'frame-log/session-frames.js',
    edits: [['const through = Math.min(seq, this.seq);', 'const through = Math.min(seq + 1, this.seq);']],
  },
];

/** Bugs in what is taken, which the suite of lost acknowledgements must find. */
export const SEND_MUTANTS: readonly Mutant[] = [
  {
    name: 'a message that is sent again is taken again',
    file: 'session/session.js',
    edits: [['const known = await this.services.history.getMessage(this.id, id);', 'const known = undefined;']],
  },
  {
    name: 'a message that comes by two ways at once is taken twice',
    file: 'session/session.js',
    edits: [['this.submitting.then(() => this.accept(submission))', 'this.accept(submission)']],
  },
  {
    name: 'a session is let go while a message is being taken',
    file: 'session/session.js',
    edits: [['submissions + appends + stores > 0', 'appends + stores > 0']],
  },
  {
    name: 'a session is opened while it is being forgotten',
    file: 'session/sessions.js',
    edits: [['after === undefined ? work() : after.then(work)', 'work()']],
  },
  {
    name: 'a message is looked for before the history has the last ones',
    file: 'session/session.js',
    edits: [['await this.settled(); const known =', 'const known =']],
  },
  {
    name: 'an echo that is repeated overtakes what comes before it',
    file: 'session/delivery.js',
    edits: [['this.insert(seq, json);', 'this.sink.sendJson(json);']],
  },
];

/** Bugs in what is there after a crash, which the crash suite must find. */
export const CRASH_MUTANTS: readonly Mutant[] = [
  {
    name: 'frames are sent before they are written to the disk',
    file: 'frame-log/journal-frame-log.js',
    edits: [
      [
        'file = this.write(batch.operations);',
        'file = this.files.current().id; setTimeout(() => this.write(batch.operations), 1_000);',
      ],
    ],
  },
  {
    name: 'an answer that a crash cut off gets no end',
    file: 'session/recovery.js',
    edits: [['messages.filter(({ metadata }) => metadata.streaming === true)', '[]']],
  },
  {
    name: 'the service serves before the ends are there',
    file: 'lifecycle.js',
    edits: [['await this.sessions.recover();', 'setTimeout(() => void this.sessions.recover(), 3_000);']],
  },
  {
    name: 'an answer gets another end after every start',
    file: 'session/recovery.js',
    edits: [['({ metadata }) => metadata.streaming === true', "({ sender }) => sender === 'ai'"]],
  },
  {
    name: 'a question that waited for its turn is forgotten',
    file: 'session/recovery.js',
    edits: [["sender === 'user' && !answered.has(id)", 'sender === id']],
  },
];

/** A store that never closes: what the limit of a planned stop is for. */
export const HANGING_STOP: Mutant = {
  name: 'a planned stop hangs',
  file: 'lifecycle.js',
  edits: [['await this.log.close();', 'await new Promise((resolve) => setTimeout(resolve, 3_600_000));']],
};

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
  const path = join(folder.path, 'backend', 'dist');
  try {
    const built = dirname(fileURLToPath(import.meta.resolve('@chat-stream/backend')));
    await mkdir(dirname(path));
    await copyScripts(built, path);
    await cp(join(built, '..', 'package.json'), join(path, '..', 'package.json'));
    // Everything else is the real thing: it is looked for from here upwards.
    await symlink(dependencies(), join(folder.path, 'node_modules'));
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
