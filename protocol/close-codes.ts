/**
 * Every close code that the gateway uses, and what a client does about each.
 *
 * 4000–4999 is the range RFC 6455 leaves to applications; where an HTTP status says the same thing its number is
 * kept behind the 4 (4401 is 401).
 */
export const CloseCode = {
  /** The client left, or a page was closed. */
  normal: 1000,
  /** The client broke WebSocket framing (sent by the WebSocket library). */
  protocolError: 1002,
  /** A binary frame came; this wire is text. */
  unsupportedData: 1003,
  /** Text that is not UTF-8 (sent by the WebSocket library). */
  invalidPayload: 1007,
  /** A frame over the server's size limit. */
  tooLarge: 1009,
  /** The server failed to serve this socket. */
  internalError: 1011,
  /** The server restarts: reconnect, nothing is lost. */
  restart: 1012,
  /** Ten bad frames within ten seconds. */
  badFrames: 4400,
  /** The token is missing, invalid or expired. */
  unauthorized: 4401,
  /** The token is valid, and what it asks for is not allowed. */
  forbidden: 4403,
  /** No `hello` in time where the server needs one. */
  helloTimeout: 4408,
  /** Too many of something, a second `hello` included. */
  tooMany: 4429,
  /** This client reads too slowly to be kept; it may come back and resume. */
  slowReader: 4508,
} as const;

/** One of the codes in {@link CloseCode}. */
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

/** What a client does after a close: come back as it was, come back with other credentials, or stay away. */
export type AfterClose = 'reconnect' | 'reauthenticate' | 'give-up';

/**
 * Decides what a client does after a close with this code. Unknown codes mean `reconnect`: a network between us may
 * close with anything, and coming back loses nothing.
 *
 * @example afterClose(1006) // 'reconnect'
 */
export function afterClose(code: number): AfterClose {
  switch (code) {
    case CloseCode.unauthorized:
      return 'reauthenticate';
    case CloseCode.forbidden:
    case CloseCode.unsupportedData:
    case CloseCode.badFrames:
      return 'give-up';
    default:
      return 'reconnect';
  }
}
