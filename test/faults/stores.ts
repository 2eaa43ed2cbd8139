import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FrameLog, History } from '@chat-stream/backend';
import { random, SEED } from './seed.js';
import type { Backend } from './service.js';

/** What a service keeps its conversations in, opened. */
export interface Store {
  readonly frameLog: FrameLog;
  readonly history: History;
  /** Turns of the event loop that a call takes at most, beyond what it takes by itself. */
  readonly slowness: number;
  /** What the store complained about. */
  readonly warnings: readonly string[];
  /** Removes what it left behind, once the service is down. */
  remove(): Promise<void>;
}

/** A kind of store that the fault suite is run on. */
export interface StoreKind {
  readonly name: string;
  open(backend: Backend): Promise<Store>;
}

const nothing = (): Promise<void> => Promise.resolve();

/** One entry for each. */
export const STORES: readonly StoreKind[] = [
  {
    name: 'memory',
    open: (backend) => Promise.resolve({ ...inMemory(backend), slowness: 0, warnings: [], remove: nothing }),
  },
  {
    // What a store elsewhere is like: every call takes a while, each another one. Races that memory hides are wide open.
    name: 'memory, slow',
    open: (backend) => Promise.resolve({ ...inMemory(backend), slowness: 4, warnings: [], remove: nothing }),
  },
  {
    name: 'embedded',
    open: async (backend) => {
      const folder = await temporaryFolder();
      const warnings: string[] = [];
      const warn = (message: string) => void warnings.push(message);
      const { frameLog, history } = backend.openEmbeddedStore(folder.path, { warn });
      return { frameLog, history, slowness: 0, warnings, remove: folder.remove };
    },
  },
];

/** A fresh folder of the machine's temporary ones, and how to remove it. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'chat-stream-faults-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

function inMemory(backend: Backend) {
  return { frameLog: new backend.MemoryFrameLog(), history: new backend.MemoryHistory() };
}

/** Knows what is safe in a store. */
export interface StoreWitness {
  /** The last frame of this epoch of a session whose append has been confirmed. */
  stored(sessionId: string, epoch: string): number | undefined;
  /** Whether something of this session is on its way to the log. */
  isWriting(sessionId: string): boolean;
}

/**
 * The same store with a witness beside it, and as slow as it says. Nothing of what the interfaces promise is changed.
 * `moved` is called after everything that was stored.
 */
export function fencedStore(
  { frameLog, history, slowness }: Store,
  moved: () => void = () => undefined,
): {
  frameLog: FrameLog;
  history: History;
  witness: StoreWitness;
} {
  const log = new WitnessedLog(frameLog, slowness, moved);
  return { frameLog: log, history: slowness > 0 ? slowHistory(history, slowness) : history, witness: log };
}

class WitnessedLog implements FrameLog, StoreWitness {
  private readonly confirmed = new Map<string, number>();
  private readonly writes = new Map<string, Promise<void>>();
  private readonly pending = new Map<string, number>();
  private readonly next = random(SEED);

  constructor(
    private readonly log: FrameLog,
    private readonly slowness: number,
    private readonly moved: () => void,
  ) {}

  isWriting(sessionId: string): boolean {
    return (this.pending.get(sessionId) ?? 0) > 0;
  }

  stored(sessionId: string, epoch: string): number | undefined {
    return this.confirmed.get(`${sessionId} ${epoch}`);
  }

  async open(sessionId: string): ReturnType<FrameLog['open']> {
    await this.dawdle();
    const head = await this.log.open(sessionId);
    this.confirm(sessionId, head.epoch, head.seq);
    return head;
  }

  append(...[sessionId, epoch, frames]: Parameters<FrameLog['append']>): Promise<void> {
    // Appends of one session keep their order, however long each takes.
    const before = this.writes.get(sessionId) ?? Promise.resolve();
    const write = async (): Promise<void> => {
      this.count(sessionId, 1);
      if (this.slowness > 0) await before.catch(() => undefined);
      // Writing takes longest: there is time to do something with what is not safe yet.
      await this.dawdle();
      await this.dawdle();
      await this.dawdle();
      await this.log.append(sessionId, epoch, frames);
      this.confirm(sessionId, epoch, frames.at(-1)?.seq ?? 0);
    };
    const written = write().finally(() => this.count(sessionId, -1));
    if (this.slowness > 0) this.writes.set(sessionId, written);
    return written;
  }

  async read(...args: Parameters<FrameLog['read']>): Promise<Awaited<ReturnType<FrameLog['read']>>> {
    await this.dawdle();
    const read = await this.log.read(...args);
    await this.dawdle();
    return read;
  }

  watch(sessionId: string, wake: () => void): () => void {
    return this.log.watch(sessionId, wake);
  }

  trim(sessionId: string, seq: number): Promise<void> {
    return this.log.trim(sessionId, seq);
  }

  sessions(): Promise<readonly string[]> {
    return this.log.sessions();
  }

  drop(sessionId: string): Promise<void> {
    this.writes.delete(sessionId);
    return this.log.drop(sessionId);
  }

  close(): Promise<void> {
    return this.log.close();
  }

  private confirm(sessionId: string, epoch: string, seq: number): void {
    this.confirmed.set(`${sessionId} ${epoch}`, seq);
    this.moved();
  }

  private count(sessionId: string, change: number): void {
    this.pending.set(sessionId, (this.pending.get(sessionId) ?? 0) + change);
  }

  private dawdle(): Promise<void> | undefined {
    return this.slowness === 0 ? undefined : turns(Math.floor(this.next() * (this.slowness + 1)));
  }
}

/** Every call of `history` takes a few turns of the event loop longer, some before it is done and some after. */
function slowHistory(history: History, slowness: number): History {
  const next = random(SEED);
  const some = () => turns(Math.floor(next() * (slowness + 1)));
  return new Proxy(history, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]): Promise<unknown> => {
        await some();
        const result: unknown = await Reflect.apply(method, target, args);
        await some();
        return result;
      };
    },
  });
}

/** Lets the event loop turn. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
