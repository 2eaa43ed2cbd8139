import { crc32 } from 'node:zlib';

/** Ends every line. Never in JSON as `JSON.stringify` writes it. */
export const NEWLINE = 0x0a;

/** In front of every line: eight digits and a space. */
const CHECKSUM_LENGTH = 9;
const NO_CHECKSUM = '00000000 ';
const DIGITS = Buffer.from('0123456789abcdef');

/** More than this is not kept for the next time. */
const SCRATCH_SIZE = 1024 * 1024;
const scratch = Buffer.allocUnsafe(SCRATCH_SIZE);

/**
 * Turns records into the bytes of lines, each with its checksum in front. The bytes are good until the next call.
 *
 * Every frame comes through here, many at a time: all text is encoded at once, then the checksums are put in where zeros
 * were. Measured against one line after the other, this halves the cost of a frame.
 */
export function encodeLines(bodies: readonly string[]): Buffer {
  let text = '';
  for (const body of bodies) text += NO_CHECKSUM + body + '\n';
  // A UTF-16 unit takes at most three bytes.
  const room = text.length * 3 <= SCRATCH_SIZE ? scratch : Buffer.allocUnsafe(Buffer.byteLength(text));
  const size = room.write(text, 'utf8');
  const isAscii = size === text.length;
  let from = 0;
  for (const body of bodies) {
    const end = isAscii ? from + CHECKSUM_LENGTH + body.length : room.indexOf(NEWLINE, from);
    putChecksum(room, from, crc32(room.subarray(from + CHECKSUM_LENGTH, end)));
    from = end + 1;
  }
  return room.subarray(0, size);
}

/** The text of a line, given without its newline; `undefined` when it is not as it was written. */
export function verifyLine(bytes: Buffer): string | undefined {
  const body = bytes.subarray(CHECKSUM_LENGTH);
  const found = bytes.toString('latin1', 0, CHECKSUM_LENGTH);
  return found === crc32(body).toString(16).padStart(8, '0') + ' ' ? body.toString('utf8') : undefined;
}

function putChecksum(into: Buffer, at: number, checksum: number): void {
  let rest = checksum;
  for (let place = at + 7; place >= at; place--) {
    into[place] = DIGITS[rest & 15] ?? 0;
    rest >>>= 4;
  }
}
