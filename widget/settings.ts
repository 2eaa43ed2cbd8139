import { ChatStreamError } from './errors.js';
import type { Renderers } from './markdown/block-view.js';

/** Where the chat shows: in its parent, behind a button in the corner, or over the whole page. */
export const MODES = ['inline', 'launcher', 'fullscreen'] as const;
/** One of {@link MODES}. */
export type Mode = (typeof MODES)[number];

/** Which colours: those that the visitor's system prefers, or always the same. */
export const THEMES = ['auto', 'light', 'dark'] as const;
/** One of {@link THEMES}. */
export type Theme = (typeof THEMES)[number];

/**
 * What the transcript does when an answer grows: stay at its end while the reader is there, put the question at the
 * top once and stay, or nothing.
 */
export const SCROLLS = ['follow', 'anchor', 'off'] as const;
/** One of {@link SCROLLS}. */
export type Scroll = (typeof SCROLLS)[number];

/**
 * How the element may reach its server. `auto`: over a WebSocket, and where networks block those by server-sent events
 * and requests; the next two force one of them. `llama-stack`: the server is a Llama Stack server, and none of ours.
 */
export const TRANSPORTS = ['auto', 'websocket', 'sse', 'llama-stack'] as const;
/** One of {@link TRANSPORTS}. */
export type TransportName = (typeof TRANSPORTS)[number];

/** What may stand in `session-id`: printable, without spaces. */
const SESSION_ID = /^[\x21-\x7e]{1,128}$/;

/** The longest part of a wrong value that is repeated in an error, in characters. */
const SHOWN_LENGTH = 40;

/** A setting as it came from the page, and what became of it. */
export interface Setting<T> {
  readonly value: T;
  /** What is wrong with the page's value; `value` is the default then. */
  readonly problem?: ChatStreamError;
}

/**
 * Reads an attribute that has a few allowed values; the first one is the default.
 *
 * @example readChoice('theme', 'dark', THEMES) // { value: 'dark' }
 */
export function readChoice<T extends string>(name: string, given: unknown, allowed: readonly [T, ...T[]]): Setting<T> {
  if (given === undefined || given === null || given === '') return { value: allowed[0] };
  const value = allowed.find((choice) => choice === given);
  return value === undefined ? { value: allowed[0], problem: notAllowed(name, given, allowed.join(', ')) } : { value };
}

/** Reads `session-id`. */
export function readSessionId(given: unknown): Setting<string | undefined> {
  if (given === undefined || given === null || given === '') return { value: undefined };
  if (isSessionId(given)) return { value: given };
  const problem = notAllowed('session-id', given, '1 to 128 printable characters without spaces');
  return { value: undefined, problem };
}

/** Reads `image-hosts`: hosts, each with `*.` in front for those below it. With anything else in it, there are none. */
export function readHosts(given: unknown): Setting<readonly string[]> {
  const hosts = readText(given)?.toLowerCase().split(/\s+/) ?? [];
  if (hosts.every((host) => /^(?:\*\.)?[a-z0-9][a-z0-9.-]*(?::\d+)?$/.test(host))) return { value: hosts };
  return { value: [], problem: notAllowed('image-hosts', given, 'hosts such as img.example.com or *.example.com') };
}

/** Whether a value can name a session. */
export function isSessionId(given: unknown): given is string {
  return typeof given === 'string' && SESSION_ID.test(given);
}

/** Reads `renderers`: an object of functions and `false`. With anything else in it, all of it is left out. */
export function readRenderers(given: unknown): Setting<Renderers> {
  if (given === undefined || given === null) return { value: {} };
  const isUsable =
    typeof given === 'object' &&
    Object.values(given).every((one) => one === undefined || one === false || typeof one === 'function');
  if (isUsable) return { value: given as Renderers };
  return { value: {}, problem: notAllowed('renderers', given, 'an object of functions and false, by kind of block') };
}

/** Reads a text attribute: empty is as good as absent. */
export function readText(given: unknown): string | undefined {
  return typeof given === 'string' && given.trim() !== '' ? given.trim() : undefined;
}

/** The error of a setting that names what it is, and what would be allowed. */
export function notAllowed(name: string, given: unknown, allowed: string): ChatStreamError {
  const shown = typeof given === 'string' ? `"${given.slice(0, SHOWN_LENGTH)}"` : typeof given;
  return new ChatStreamError('bad_setting', `"${name}" is ${shown}; supported: ${allowed}.`);
}
