type Env = Record<string, string | undefined>;

/** What WebKit needs to run without a screen. */
export interface WebKitPrograms {
  readonly driver: string;
  readonly xvfb: string;
  readonly browser: string;
}

/** The engines by the name that `ENGINES` takes, in the order in which they run. */
export const ENGINES: Readonly<
  Record<
    'chromium' | 'firefox' | 'webkit',
    { readonly title: string; readonly find: () => string | WebKitPrograms | undefined }
  >
>;

/** The engines that `ENGINES` chooses; all of them where it is not set. Throws where it names one that there is not. */
export function chosenEngines(env?: Env): (keyof typeof ENGINES)[];

/** The path of Firefox; `undefined` when there is none. */
export function findFirefox(env?: Env, platform?: string): string | undefined;

/** What WebKit needs to run; `undefined` unless all of it is installed. */
export function findWebKit(env?: Env, platform?: string): WebKitPrograms | undefined;
