/** How the tests start Chromium. */
export const CHROMIUM_FLAGS: readonly string[];

/**
 * The path of a Chromium-based browser: `CHROMIUM_PATH` or `CHROME_PATH` when set, else the first found on `PATH` or
 * where the system keeps its applications; `undefined` when there is none.
 */
export function findChromium(env?: Record<string, string | undefined>, platform?: string): string | undefined;
