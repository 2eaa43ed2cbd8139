import { isLink } from './connection/link.js';
import type { ChatStreamLink } from './connection/transport.js';
import type { ChatConfig } from './conversation/chat-host.js';
import type { ChatStreamError } from './errors.js';
import type { Renderers } from './markdown/block-view.js';
import * as settings from './settings.js';

/** The attributes and properties as the page set them: anything may be in them. */
export interface RawSettings {
  readonly mode: unknown;
  readonly theme: unknown;
  readonly scrolling: unknown;
  readonly sessionAttribute: unknown;
  readonly transport: unknown;
  readonly server: unknown;
  readonly agent: unknown;
  readonly link: unknown;
  readonly suggestions: unknown;
  readonly renderers: unknown;
  readonly imageHosts: unknown;
}

/** What the element makes of them: every value is one that can be used. */
export interface ElementSettings {
  readonly mode: settings.Mode;
  readonly theme: settings.Theme;
  readonly scroll: settings.Scroll;
  readonly suggestions: readonly string[];
  /** The page's own renderers, by kind. */
  readonly renderers: Renderers;
  /** Where images may be loaded from. */
  readonly imageHosts: readonly string[];
  /** Whom to talk to. */
  readonly chat: ChatConfig;
  /** What was wrong, and has its default now. */
  readonly problems: readonly ChatStreamError[];
}

/** Reads everything that a page can set, in one place, once per change. Throws nothing. */
export function readElementSettings(raw: RawSettings): ElementSettings {
  const mode = settings.readChoice('mode', raw.mode, settings.MODES);
  const theme = settings.readChoice('theme', raw.theme, settings.THEMES);
  const scroll = settings.readChoice('scroll', raw.scrolling, settings.SCROLLS);
  const sessionId = settings.readSessionId(raw.sessionAttribute);
  const transport = settings.readChoice('transport', raw.transport, settings.TRANSPORTS);
  const link = readLink(raw.link);
  const renderers = settings.readRenderers(raw.renderers);
  const imageHosts = settings.readHosts(raw.imageHosts);
  const { suggestions } = raw;
  return {
    mode: mode.value,
    theme: theme.value,
    scroll: scroll.value,
    suggestions: Array.isArray(suggestions) ? suggestions.filter((text) => typeof text === 'string') : [],
    renderers: renderers.value,
    imageHosts: imageHosts.value,
    chat: {
      link: link.value,
      server: settings.readText(raw.server),
      agent: settings.readText(raw.agent),
      sessionId: sessionId.value,
      transport: transport.value,
      // Not among the problems: the connection gives up with it, and reports it then.
      problem: link.problem ?? transport.problem,
    },
    problems: [mode, theme, scroll, sessionId, renderers, imageHosts].flatMap(({ problem }) => problem ?? []),
  };
}

function readLink(given: unknown): settings.Setting<ChatStreamLink | undefined> {
  if (given === undefined || given === null) return { value: undefined };
  if (isLink(given)) return { value: given };
  return { value: undefined, problem: settings.notAllowed('link', given, 'an object with connect, send and close') };
}
