import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPlaceholderKey, usesOpenAi } from '../../../backend/agent/openai-key.js';

const PLACEHOLDERS = [
  '',
  '   ',
  'placeholder-key',
  'sk-',
  'sk-your-key-here',
  'sk-your-openai-api-key',
  'sk-your_api_key',
  'sk-YOUR-KEY-HERE',
  'sk-<your-key-here>',
  'sk-proj-your-key-here',
  'sk-placeholder',
  'sk-xxxx',
  'sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
  'sk-proj-XXXXXXXXXXXXXXXXXXXXXXXX',
  'sk-...',
  'sk-0000000000',
  'sk-********',
];

const REAL_LOOKING = [
  'sk-proj-Ab12Cd34Ef56Gh78',
  'sk-abc123',
  'sk-1234',
  'sk-qbvunvtrxyxlmpqzsk',
  'sk-Qb7uVnTrYxLmPqZsKdWfHjGc',
  'sk-svcacct-9fKd02jf-your-key-here',
  'sk-or-v1-0f3a9c7be1d24568',
  'sk-ant-api03-Zx9',
];

describe('isPlaceholderKey', () => {
  it.each(PLACEHOLDERS)('knows %j as a placeholder', (key) => expect(isPlaceholderKey(key)).toBe(true));
  it.each(REAL_LOOKING)('takes %j for real', (key) => expect(isPlaceholderKey(key)).toBe(false));
  it('takes an absent key for a placeholder', () => {
    expect(isPlaceholderKey(undefined)).toBe(true);
    expect(isPlaceholderKey(null)).toBe(true);
  });

  it('never misjudges a key of 20 or more random characters', () => {
    const character = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'.split(''));
    const random = fc.string({ unit: character, minLength: 20, maxLength: 160 }).filter((key) => new Set(key).size > 1);
    fc.assert(
      fc.property(fc.constantFrom('sk-', 'sk-proj-', 'sk-svcacct-'), random, (prefix, key) => {
        expect(isPlaceholderKey(prefix + key)).toBe(false);
      }),
    );
  });
});

describe('usesOpenAi', () => {
  it.each([
    [{ apiKey: 'sk-abc123' }, true],
    [{ apiKey: ' sk-abc123\n' }, true],
    [{ apiKey: 'sk-your-key-here' }, false],
    [{ apiKey: 'placeholder-key' }, false],
    [{ apiKey: 'abc123' }, false],
    [{ apiKey: '' }, false],
    [{}, false],
    [{ baseURL: 'http://127.0.0.1:11434/v1' }, true],
    [{ baseURL: 'http://127.0.0.1:11434/v1', apiKey: 'sk-your-key-here' }, true],
    [{ baseURL: '  ', apiKey: 'none' }, false],
  ])('%j → %j', (access, expected) => expect(usesOpenAi(access)).toBe(expected));
});
