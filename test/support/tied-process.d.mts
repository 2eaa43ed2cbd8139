import type { Readable } from 'node:stream';

/** Starts a program that ends with us, however we end. `stop` resolves when it has ended. */
export function startTied(
  command: string,
  args: readonly string[],
  env?: Record<string, string>,
): { readonly stdout: Readable; readonly stop: () => Promise<void> };
