// Finds the Chromium that the tests drive. Plain JavaScript, so that scripts can use it before anything is built.
import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** How the tests start Chromium. No sandbox: it can't be had as root in a container; QUIC off: cuts are made on TCP. */
export const CHROMIUM_FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const NAMES = [
  'google-chrome',
  'google-chrome-stable',
  'chromium',
  'chromium-browser',
  'chrome',
  'microsoft-edge',
  'msedge',
];

const MAC_APPLICATIONS = [
  'Google Chrome.app/Contents/MacOS/Google Chrome',
  'Chromium.app/Contents/MacOS/Chromium',
  'Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
];

const WINDOWS_PROGRAMS = [
  'Google\\Chrome\\Application\\chrome.exe',
  'Chromium\\Application\\chrome.exe',
  'Microsoft\\Edge\\Application\\msedge.exe',
];

/**
 * The path of a Chromium-based browser: `CHROMIUM_PATH` or `CHROME_PATH` when set, else the first found on `PATH` or
 * where the system keeps its applications; `undefined` when there is none. A path that was set and is wrong is not
 * silently replaced by another browser.
 */
export function findChromium(env = process.env, platform = process.platform) {
  const chosen = env.CHROMIUM_PATH || env.CHROME_PATH;
  if (chosen) return isFile(chosen) ? chosen : undefined;
  return candidates(env, platform).find(isFile);
}

function candidates(env, platform) {
  const onPath = placesOnPath(NAMES, env, platform);
  if (platform === 'darwin') {
    const homes = ['/Applications', ...(env.HOME ? [join(env.HOME, 'Applications')] : [])];
    return [...onPath, ...homes.flatMap((home) => MAC_APPLICATIONS.map((path) => join(home, path)))];
  }
  if (platform === 'win32') {
    const homes = [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA].filter((home) => home !== undefined);
    return [...homes.flatMap((home) => WINDOWS_PROGRAMS.map((path) => join(home, path))), ...onPath];
  }
  return onPath;
}

/** Where programs of these names would be, the first name first. */
export function placesOnPath(names, env, platform) {
  const suffix = platform === 'win32' ? '.exe' : '';
  const folders = (env.PATH ?? env.Path ?? '').split(delimiter).filter(Boolean);
  return names.flatMap((name) => folders.map((folder) => join(folder, name + suffix)));
}

/** Whether there is a file. */
export function isFile(path) {
  return existsSync(path) && statSync(path).isFile();
}
