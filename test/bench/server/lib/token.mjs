// What the mock model writes and the clients verify. A token is 16 ASCII characters, so that a receiver can tell tokens
// apart however the server under test cut or merged them:
//
//   " " + place (4) + check (4) + time (7)
//
//   place  its number in the answer, base 36: nothing lost, nothing twice, nothing out of order
//   check  20 bits of a hash of the question's seed and the place: it belongs to this question, and is not damaged
//   time   when the model wrote it, in µs of the machine's monotonic clock, base 36: what the server added to it
const LENGTH = 16;
const TIME_RANGE = 36 ** 7;

/** The machine's monotonic clock in µs: the same in every process. */
export function now() {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1e3;
}

/** The time as a token carries it. */
export function timeText(time) {
  return Math.floor(time % TIME_RANGE)
    .toString(36)
    .padStart(7, '0');
}

export function tokenText(seed, place, time) {
  return ' ' + placeText(place) + checkText(seed, place) + time;
}

/** Takes the text of one answer in pieces of any size and throws at the first character that is not as it was written. */
export class Verifier {
  #seed;
  #expected;
  #onToken;
  #place = 0;
  #rest = '';

  /** `onToken` is called with the µs that each token took. */
  constructor(seed, expected, onToken) {
    this.#seed = seed;
    this.#expected = expected;
    this.#onToken = onToken;
  }

  take(text, at) {
    const all = this.#rest + text;
    let from = 0;
    for (; from + LENGTH <= all.length; from += LENGTH) {
      const wanted = ' ' + placeText(this.#place) + checkText(this.#seed, this.#place);
      if (!all.startsWith(wanted, from)) {
        const got = JSON.stringify(all.slice(from, from + LENGTH));
        throw new Error(
          `Wrong text: token ${this.#place} of question ${this.#seed} should be "${wanted}…", came ${got}`,
        );
      }
      const written = parseInt(all.slice(from + 9, from + LENGTH), 36);
      this.#onToken((at - written + 2 * TIME_RANGE) % TIME_RANGE);
      this.#place++;
    }
    this.#rest = all.slice(from);
  }

  end() {
    if (this.#rest === '' && this.#place === this.#expected) return;
    throw new Error(
      `Question ${this.#seed} ended after ${this.#place} of ${this.#expected} tokens, then "${this.#rest}"`,
    );
  }
}

const places = [];
function placeText(place) {
  return (places[place] ??= place.toString(36).padStart(4, '0'));
}

const DIGITS = '0123456789abcdefghijklmnopqrstuv';
const pairs = Array.from({ length: 1024 }, (_, value) => DIGITS[value >> 5] + DIGITS[value & 31]);
function checkText(seed, place) {
  let hash = Math.imul(seed + 0x9e37, 0x85ebca6b) ^ Math.imul(place + 1, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash ^= hash >>> 12;
  return pairs[(hash >>> 10) & 1023] + pairs[hash & 1023];
}
