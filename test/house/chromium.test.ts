import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM_FLAGS, findChromium } from '../support/chromium.mjs';

describe('the browser of the tests', () => {
  let folder: string;
  const place = (...path: string[]): string => join(folder, ...path);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'chat-stream-browser-'));
    for (const path of ['own/my-chrome', 'a/chromium', 'b/google-chrome']) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(place(path), '');
      chmodSync(place(path), 0o755);
    }
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('is the one that was chosen', () => {
    const PATH = place('a');
    expect(findChromium({ PATH, CHROMIUM_PATH: place('own/my-chrome') }, 'linux')).toBe(place('own/my-chrome'));
    expect(findChromium({ PATH, CHROME_PATH: place('own/my-chrome') }, 'linux')).toBe(place('own/my-chrome'));
  });

  it('is none when the chosen one is not there, not silently another', () => {
    expect(findChromium({ PATH: place('a'), CHROMIUM_PATH: place('own/gone') }, 'linux')).toBeUndefined();
  });

  it('is else one that is installed, Chrome before Chromium', () => {
    expect(findChromium({ PATH: place('a') }, 'linux')).toBe(place('a/chromium'));
    expect(findChromium({ PATH: [place('a'), place('b')].join(delimiter) }, 'linux')).toBe(place('b/google-chrome'));
    expect(findChromium({ PATH: place('empty') }, 'linux')).toBeUndefined();
    expect(findChromium({}, 'linux')).toBeUndefined();
  });

  it('is started without a window', () => {
    expect(CHROMIUM_FLAGS).toContain('--headless');
  });
});
