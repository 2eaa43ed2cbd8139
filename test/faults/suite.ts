import fc from 'fast-check';
import { Figures } from './figures.js';
import { KeyedAgent } from './keyed-agent.js';
import { Progress } from './progress.js';
import { type StreamPlan, streamPlan } from './plans.js';
import { type Backend, startService } from './service.js';
import type { StoreKind } from './stores.js';
import { runStream, type World } from './stream.js';

/** How much is done, and how. */
export interface SuiteOptions {
  readonly seed: number;
  /** Conversations that run at the same time. */
  readonly batch: number;
  /** It goes on until so many answers were written over so many lost connections. */
  readonly streams: number;
  readonly cuts: number;
  /** Whether a failure is made smaller before it is told. */
  readonly shrink: boolean;
}

/** What a run of the suite came to. */
export interface SuiteResult {
  readonly figures: Figures;
  /** The smallest plan that was found to fail, and what it broke; `undefined`: none did. */
  readonly failure:
    { readonly plans: readonly StreamPlan[]; readonly problems: readonly string[]; readonly first: string } | undefined;
}

/** Shrinking takes the time it is worth. */
const SHRINK_MS = 30_000;

/** Carries out plans for many conversations at once, on one service and one store. */
export async function runFaultSuite(backend: Backend, kind: StoreKind, options: SuiteOptions): Promise<SuiteResult> {
  const store = await kind.open(backend);
  const agent = new KeyedAgent();
  const progress = new Progress();
  const service = await startService(backend, store, { agents: [agent] }, progress.moved);
  const figures = new Figures();
  const abandoned = new AbortController();
  let first: string | undefined;
  let problems: readonly string[] = [];
  let failedAt: number | undefined;
  try {
    const property = fc.asyncProperty(
      fc.array(streamPlan, { minLength: 1, maxLength: options.batch, size: 'max' }),
      async (plans) => {
        if (failedAt === undefined && figures.streams >= options.streams && figures.cuts >= options.cuts) return;
        const isFirst = failedAt === undefined;
        if (failedAt !== undefined && performance.now() - failedAt > SHRINK_MS) return;
        // While a failure is made smaller, what it shows is not counted again.
        const world: World = {
          service,
          agent,
          figures: isFirst ? figures : new Figures(),
          progress,
          abandoned: abandoned.signal,
          // Where a failure is enough, there is nothing to wait for.
          onFinding: (sentence) => {
            first ??= sentence;
            if (!options.shrink) abandoned.abort();
          },
        };
        const found = (await Promise.all(plans.map((plan) => runStream(plan, world)))).flat();
        if (found.length === 0) return;
        problems = found;
        failedAt ??= performance.now();
        throw new Error(found.slice(0, 10).join('\n'));
      },
    );
    const details = await fc.check(property, {
      seed: options.seed,
      // More than are ever needed; the rest does nothing.
      numRuns: options.streams,
      endOnFailure: !options.shrink,
    });
    for (const warning of store.warnings) {
      figures.other++;
      problems = [...problems, `the store complains: ${warning}`];
    }
    const plans = details.counterexample?.[0];
    return {
      figures,
      failure: plans === undefined || !details.failed ? undefined : { plans, problems, first: first ?? '' },
    };
  } finally {
    progress.stop();
    await service.close();
    await store.remove();
  }
}
