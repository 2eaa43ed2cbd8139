/** Longer text needs a wider head; it is rare, and what is saved here is nothing beside it. */
const MAX_LENGTH = 0xffff;

/**
 * Text as one WebSocket frame of a server (RFC 6455, 5.2), head and text in one string whose characters are the bytes;
 * `undefined` where that can't be: the text is not ASCII, or long.
 *
 * For a token, most of the price is the way to the kernel: `ws` hands over two chunks, a buffer and a string, which Node
 * gathers, converts and writes; one string of bytes is written as it is (2 µs less of 12).
 */
export function asciiFrame(text: string): string | undefined {
  const { length } = text;
  if (length > MAX_LENGTH || Buffer.byteLength(text) !== length) return undefined;
  const head = length < 126 ? String.fromCharCode(length) : '\x7e' + String.fromCharCode(length >> 8, length & 0xff);
  return '\x81' + head + text;
}
