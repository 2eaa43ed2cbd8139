import type { FrameLog, History } from '@chat-stream/backend';

type Args = readonly unknown[];

/** One call that is held: a race, stopped at its narrowest place. */
export interface Gate {
  /** Resolves when a call stands here. */
  readonly reached: Promise<void>;
  /** Lets the call go on, and those that come later pass. */
  release(): void;
}

interface Waiting {
  readonly method: string;
  readonly where: 'before' | 'after';
  readonly isMeant: (args: Args) => boolean;
  readonly arrive: () => void;
  readonly released: Promise<void>;
}

/**
 * Calls that one scene may make: a race makes some hundred. A bug that reads the same thing over and over leaves the event
 * loop no turn in which a test could end it, and would fill the memory.
 */
const MAX_CALLS = 10_000;

/** A store whose calls a test can hold, each at the very place that it names. What is not held goes through as it is. */
export class Gates {
  /** Called when the store was called so often that something must be going round in circles. From then on, calls fail. */
  onTooMany: (sentence: string) => void = () => undefined;
  private calls = 0;
  private readonly waiting: Waiting[] = [];
  private readonly held = new Set<() => void>();

  /** Holds the next call of `method` that `isMeant` says yes to: before it is made, or when its result is there. */
  hold(
    method: keyof FrameLog | keyof History,
    where: 'before' | 'after',
    isMeant: (args: Args) => boolean = () => true,
  ): Gate {
    const [reached, arrive] = event();
    const [released, release] = event();
    this.waiting.push({ method, where, isMeant, arrive, released });
    this.held.add(release);
    return { reached, release };
  }

  /** Holds nothing any more: a service that waits for its store could not be closed. */
  openAll(): void {
    this.waiting.length = 0;
    for (const release of this.held) release();
  }

  /** The same store, with a gate at every call. */
  around<T extends FrameLog | History>(store: T): T {
    return new Proxy(store, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]): unknown => {
          // What waits for a promise can be refused; to watch is not to call.
          if (name !== 'watch' && ++this.calls > MAX_CALLS) return this.refuse(String(name));
          const gate = this.waiting.findIndex((one) => one.method === name && one.isMeant(args));
          const [held] = gate < 0 ? [] : this.waiting.splice(gate, 1);
          if (held === undefined) return Reflect.apply(method, target, args);
          return pass(held, () => Reflect.apply(method, target, args) as unknown);
        };
      },
    });
  }

  private refuse(method: string): Promise<never> {
    const sentence = `the store was called ${MAX_CALLS} times, and now for ${method}: something goes round in circles`;
    if (this.calls === MAX_CALLS + 1) this.onTooMany(sentence);
    return Promise.reject(new Error(sentence));
  }
}

async function pass({ where, arrive, released }: Waiting, call: () => unknown): Promise<unknown> {
  if (where === 'before') {
    arrive();
    await released;
    return call();
  }
  const result = await call();
  arrive();
  await released;
  return result;
}

function event(): [happened: Promise<void>, happen: () => void] {
  let happen!: () => void;
  const happened = new Promise<void>((resolve) => (happen = resolve));
  return [happened, happen];
}
