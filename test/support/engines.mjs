// The engines that the tests of the widget run in, and where each is installed. Plain JavaScript, so that scripts can use
// it before anything is built.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findChromium, isFile, placesOnPath } from './chromium.mjs';

/** The engines by the name that `ENGINES` takes, in the order in which they run; `title` is what people read. */
export const ENGINES = {
  chromium: { title: 'Chromium', find: findChromium },
  firefox: { title: 'Firefox', find: findFirefox },
  webkit: { title: 'WebKit', find: findWebKit },
};

/**
 * The engines that `ENGINES` chooses, `ENGINES=chromium,webkit`; all of them where it is not set.
 *
 * @throws {Error} where it names one that there is not.
 */
export function chosenEngines(env = process.env) {
  const all = Object.keys(ENGINES);
  const chosen = (env.ENGINES ?? '').split(/[\s,]+/).filter(Boolean);
  const unknown = chosen.filter((name) => !all.includes(name));
  if (unknown.length > 0) throw new Error(`ENGINES names ${unknown.join(', ')}; there are ${all.join(', ')}.`);
  return chosen.length > 0 ? all.filter((name) => chosen.includes(name)) : all;
}

const FIREFOX_MAC = ['Firefox.app/Contents/MacOS/firefox'];
const FIREFOX_WINDOWS = ['Mozilla Firefox\\firefox.exe'];

/**
 * The path of Firefox: `FIREFOX_PATH` when set, else the first found on `PATH` or where the system keeps its
 * applications; `undefined` when there is none.
 */
export function findFirefox(env = process.env, platform = process.platform) {
  if (env.FIREFOX_PATH) return isFile(env.FIREFOX_PATH) ? env.FIREFOX_PATH : undefined;
  const places = placesOnPath(['firefox-esr', 'firefox'], env, platform);
  if (platform === 'darwin') places.push(...FIREFOX_MAC.map((path) => join('/Applications', path)));
  if (platform === 'win32') {
    const homes = [env.PROGRAMFILES, env['PROGRAMFILES(X86)']].filter((home) => home !== undefined);
    places.push(...homes.flatMap((home) => FIREFOX_WINDOWS.map((path) => join(home, path))));
  }
  return places.find(isFile);
}

/**
 * What WebKit needs to run without a screen: its WebDriver, the small browser that comes with the library, and Xvfb.
 * `undefined` unless all three are installed. Linux only: WebKitGTK is the one build of WebKit that a package manager has.
 */
export function findWebKit(env = process.env, platform = process.platform) {
  if (platform !== 'linux') return undefined;
  const [driver, xvfb] = ['WebKitWebDriver', 'Xvfb'].map((name) => placesOnPath([name], env, platform).find(isFile));
  const browser = env.MINIBROWSER_PATH || miniBrowsers().at(-1);
  if (driver === undefined || xvfb === undefined || browser === undefined || !isFile(browser)) return undefined;
  return { driver, xvfb, browser };
}

/** Each version of the library has its own, outside of `PATH`, as in `/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1`. */
function miniBrowsers() {
  const parents = ['/usr/libexec', '/usr/lib', '/usr/lib64', ...foldersIn('/usr/lib', /-linux-gnu\w*$/)];
  const folders = parents.flatMap((parent) => foldersIn(parent, /^webkit2?gtk-\d/));
  return folders.map((folder) => join(folder, 'MiniBrowser')).filter(isFile);
}

function foldersIn(parent, name) {
  try {
    const entries = readdirSync(parent, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && name.test(entry.name))
      .map(({ name }) => join(parent, name));
  } catch {
    return [];
  }
}
