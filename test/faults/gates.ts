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

/** A store whose calls a test can hold, each at the very place that it names. What is not held goes through as it is. */
export class Gates {
  private readonly waiting: Waiting[] = [];

  /** Holds the next call of `method` that `isMeant` says yes to: before it is made, or when its result is there. */
  hold(
    method: keyof FrameLog | keyof History,
    where: 'before' | 'after',
    isMeant: (args: Args) => boolean = () => true,
  ): Gate {
    const [reached, arrive] = event();
    const [released, release] = event();
    this.waiting.push({ method, where, isMeant, arrive, released });
    return { reached, release };
  }

  /** The same store, with a gate at every call. */
  around<T extends FrameLog | History>(store: T): T {
    return new Proxy(store, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]): unknown => {
          const gate = this.waiting.findIndex((one) => one.method === name && one.isMeant(args));
          const [held] = gate < 0 ? [] : this.waiting.splice(gate, 1);
          if (held === undefined) return Reflect.apply(method, target, args);
          return pass(held, () => Reflect.apply(method, target, args) as unknown);
        };
      },
    });
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
