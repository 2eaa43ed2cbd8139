/** The drawings on the launcher, a path on a 20 by 20 grid each: the loader draws them before there is Lit. */
export const CHAT_PATH =
  'M10 3.25c4.3 0 7.25 2.7 7.25 6.25S14.3 15.75 10 15.75c-.8 0-1.55-.1-2.25-.27L4 17l.62-3.12C3.45 12.75 2.75 11.25 2.75 9.5 2.75 5.95 5.7 3.25 10 3.25ZM7 8.25h6M7 11h3.5';

/** Close: a cross. */
export const CLOSE_PATH = 'm5.5 5.5 9 9m0-9-9 9';
