// Makes sure that there is a Chromium for the tests: uses one that is installed, else installs Debian's or Ubuntu's.
//
//   node scripts/ensure-browser.mjs   prints the path of the browser; exits with 1 and one sentence where there is none
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { findChromium } from '../test/support/chromium.mjs';
import { run } from './tools.mjs';

const BY_HAND = 'Install Chromium or Google Chrome, or set CHROMIUM_PATH to one, and run the command again.';

/**
 * Resolves with the path of a browser.
 *
 * @throws {Error} with one sentence on what to do, where there is none and none can be installed.
 */
export async function ensureBrowser() {
  const chosen = process.env.CHROMIUM_PATH || process.env.CHROME_PATH;
  const found = findChromium();
  if (found !== undefined) return found;
  if (chosen) throw new Error(`CHROMIUM_PATH (or CHROME_PATH) is ${chosen}, and there is no such file. ${BY_HAND}`);
  if (!existsSync('/usr/bin/apt-get')) throw new Error(`The tests need a Chromium, and none was found. ${BY_HAND}`);
  await install();
  const installed = findChromium();
  if (installed === undefined) throw new Error(`The tests need a Chromium; apt-get could not install one. ${BY_HAND}`);
  return installed;
}

async function install() {
  const prefix = await asRoot();
  if (prefix === undefined) {
    throw new Error(`The tests need a Chromium, and installing one needs root. ${BY_HAND}`);
  }
  console.log('No Chromium found: installing the chromium package with apt-get …');
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    const [command, ...rest] = [...prefix, 'apt-get', ...args];
    const { code, output } = await run(command, rest, { capture: true, env });
    if (code !== 0) {
      // The last lines say why; the rest is hundreds of lines of progress.
      console.error(output.split('\n').slice(-12).join('\n'));
      return;
    }
  }
}

/** What to put before a command to run it as root; `undefined` where that would need a password. */
async function asRoot() {
  if (process.getuid?.() === 0) return [];
  const { code } = await run('sudo', ['-n', 'true'], { capture: true });
  return code === 0 ? ['sudo', '-n'] : undefined;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    console.log(await ensureBrowser());
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
