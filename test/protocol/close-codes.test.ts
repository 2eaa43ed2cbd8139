import { afterClose, CloseCode } from '@chat-stream/protocol';
import { describe, expect, it } from 'vitest';
import { fc } from '../support/properties.js';

describe('what a client does after a close', () => {
  it.each([
    ['reconnect', ['normal', 'protocolError', 'invalidPayload', 'tooLarge', 'internalError', 'restart']],
    ['reconnect', ['helloTimeout', 'tooMany', 'slowReader']],
    ['reauthenticate', ['unauthorized']],
    ['give-up', ['forbidden', 'unsupportedData', 'badFrames']],
  ] as const)('%s after %j', (after, names) => {
    for (const name of names) expect(afterClose(CloseCode[name])).toBe(after);
  });

  it('comes back after any code that it does not know: the network may close with anything', () => {
    const known = new Set<number>(Object.values(CloseCode));
    fc.assert(
      fc.property(
        fc.integer({ min: 1000, max: 4999 }).filter((code) => !known.has(code)),
        (code) => {
          expect(afterClose(code)).toBe('reconnect');
        },
      ),
    );
    expect(afterClose(1006)).toBe('reconnect');
  });

  it('uses each code for one thing, within the ranges that are free to use', () => {
    const codes = Object.values(CloseCode);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect((code >= 1000 && code <= 1012) || (code >= 4000 && code <= 4999)).toBe(true);
  });
});
