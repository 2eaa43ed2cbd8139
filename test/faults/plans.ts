import fc from 'fast-check';
import type { Transport } from '../support/resuming-client.js';

/** What the network does to one client. */
export type Fault =
  /** Every connection ends with RST, or with FIN. */
  | { readonly kind: 'reset' | 'fin' }
  /** The bytes of this direction vanish; nobody is told. */
  | { readonly kind: 'black hole'; readonly direction: 'up' | 'down' | undefined }
  /** Bytes arrive one at a time. */
  | { readonly kind: 'trickle'; readonly direction: 'up' | 'down' }
  | { readonly kind: 'delay'; readonly ms: number }
  /** The connection ends in the middle of whatever is on its way. */
  | { readonly kind: 'cut after'; readonly bytes: number; readonly direction: 'up' | 'down' }
  /** The next attempts meet a proxy that forbids WebSockets, or a closed port. */
  | { readonly kind: 'forbid' | 'refuse'; readonly attempts: number }
  /** The next attempt is accepted, and never answered. */
  | { readonly kind: 'hang' };

/** What the driver waits for after a fault. */
export type WaitFor = 'go on' | 'back' | 'caught up';

/** One thing that happens while an answer is being written. */
export type Step =
  /** The agent says `tokens` at once; then the event loop turns. */
  | { readonly step: 'say'; readonly tokens: number; readonly turns: number }
  | { readonly step: 'fault'; readonly client: number; readonly fault: Fault; readonly waitFor: WaitFor }
  | Reload;

/** A client forgets everything and comes back without a cursor; its next connection may end within the snapshot. */
export interface Reload {
  readonly step: 'reload';
  readonly client: number;
  readonly waitFor: WaitFor;
  readonly cutAfter: number | undefined;
}

/** One question and its answer. */
export interface TurnPlan {
  /** The session's messages are forgotten first: its next frames are of another epoch. */
  readonly forget: boolean;
  /** The client that asks. */
  readonly asks: number;
  /** Right after the message was written: what is lost is the message, or its echo. */
  readonly atSend: Fault | undefined;
  readonly steps: readonly Step[];
  /** Right after the answer's last word. */
  readonly atEnd: Fault | undefined;
  /** A client that was loaded again so many turns of the event loop before the end: its snapshot falls around it. */
  readonly reloadBeforeEnd: { readonly client: number; readonly turns: number } | undefined;
  readonly end: 'complete' | 'fail' | 'stop';
}

/** One conversation, the clients that look at it, and all that goes wrong. */
export interface StreamPlan {
  readonly clients: readonly Transport[];
  readonly turns: readonly TurnPlan[];
}

const direction = fc.constantFrom('up' as const, 'down' as const);

const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 30, arbitrary: fc.record({ kind: fc.constantFrom('reset' as const, 'fin' as const) }) },
  {
    weight: 22,
    arbitrary: fc.record({
      kind: fc.constant('cut after' as const),
      bytes: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 3_000 })),
      direction: fc.oneof({ weight: 4, arbitrary: fc.constant('down' as const) }, { weight: 1, arbitrary: direction }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('black hole' as const),
      direction: fc.constantFrom('up' as const, 'down' as const, undefined),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('trickle' as const), direction }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('delay' as const), ms: fc.integer({ min: 1, max: 20 }) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('forbid' as const, 'refuse' as const),
      attempts: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('hang' as const) }) },
);

const waitFor = fc.oneof(
  { weight: 2, arbitrary: fc.constant<WaitFor>('go on') },
  { weight: 4, arbitrary: fc.constant<WaitFor>('back') },
  { weight: 1, arbitrary: fc.constant<WaitFor>('caught up') },
);

const client = fc.nat(1);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      step: fc.constant('say' as const),
      tokens: fc.integer({ min: 1, max: 4 }),
      turns: fc.nat(3),
    }),
  },
  { weight: 9, arbitrary: fc.record({ step: fc.constant('fault' as const), client, fault, waitFor }) },
  {
    weight: 2,
    arbitrary: fc.record({
      step: fc.constant('reload' as const),
      client,
      waitFor,
      cutAfter: fc.option(fc.integer({ min: 300, max: 3_000 }), { nil: undefined, freq: 2 }),
    }),
  },
);

const sometimes = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });

const turn: fc.Arbitrary<TurnPlan> = fc.record({
  forget: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  asks: client,
  atSend: sometimes(fault),
  steps: fc.array(step, { minLength: 8, maxLength: 20, size: 'max' }),
  atEnd: sometimes(fault),
  reloadBeforeEnd: sometimes(fc.record({ client, turns: fc.nat(24) })),
  end: fc.oneof(
    { weight: 8, arbitrary: fc.constant('complete' as const) },
    { weight: 1, arbitrary: fc.constantFrom('fail' as const, 'stop' as const) },
  ),
});

const transport = fc.constantFrom<Transport>('websocket', 'sse', 'auto');

/** Conversations of one or two questions, looked at by one or two clients. */
export const streamPlan: fc.Arbitrary<StreamPlan> = fc.record({
  clients: fc.array(transport, { minLength: 1, maxLength: 2 }),
  turns: fc.array(turn, { minLength: 1, maxLength: 2 }),
});
