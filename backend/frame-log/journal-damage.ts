import { type LogId, SEPARATOR } from './journal-record.js';

/** At most so many damaged lines are looked at one by one. */
const LOOKED_AT = 100;

/** Fields of a line that is about a log: more than a file's first and last line have. */
const FIELDS_OF_A_LOG = 4;

/** A place in the journal that is not as it was written. */
interface Damage {
  /** The number of the line, counted through all files. */
  readonly line: number;
  /** For the operator: file, offset. */
  readonly where: string;
  /** The line as it is now; `undefined` where more than a line is missing. */
  readonly text: string | undefined;
}

/** Whom a damage may concern. */
export interface Concern {
  readonly line: number;
  /** Sessions; `undefined`: it may have been anything of anybody. */
  readonly sessions: ReadonlySet<string> | undefined;
}

/**
 * The damaged places of a journal. A line that was hit by a flipped bit still shows whose it was, and concerns nobody else;
 * where more was hit, lines may be missing that nobody knows of.
 */
export class JournalDamages {
  private readonly places: Damage[] = [];

  /** Notes a damaged line. */
  addLine(line: number, where: string, bytes: Buffer): void {
    this.places.push({ line, where: `${where} (${bytes.length} bytes)`, text: bytes.toString('utf8') });
  }

  /** Notes that something is missing, and nobody knows what. */
  addLoss(line: number, where: string): void {
    this.places.push({ line, where, text: undefined });
  }

  /**
   * Says whom each damage concerns, and warns of it.
   *
   * @param isKnown whether there is a session of this name that the journal itself says nothing of.
   */
  assess(logs: Iterable<LogId>, isKnown: (name: string) => boolean, warn: (message: string) => void): Concern[] {
    const needles = [...logs].map(({ sessionId, epoch }) => ({ sessionId, epoch, quoted: JSON.stringify(sessionId) }));
    if (this.places.length > LOOKED_AT) {
      const [first] = this.places;
      warn(`The frame log is damaged in ${this.places.length} places, the first in ${first?.where}. The rest is used.`);
      return [{ line: this.places.at(-1)?.line ?? 0, sessions: undefined }];
    }
    return this.places.map(({ line, where, text }) => {
      const sessions = text === undefined ? undefined : this.sessionsIn(text, needles, isKnown);
      const whose = sessions === undefined ? 'session unknown' : `session ${[...sessions].join(', ') || 'none'}`;
      warn(`The frame log is damaged: ${where}, ${whose}. The rest of it is used.`);
      return { line, sessions };
    });
  }

  private sessionsIn(
    text: string,
    needles: readonly (LogId & { readonly quoted: string })[],
    isKnown: (name: string) => boolean,
  ): ReadonlySet<string> | undefined {
    if (!isConfined(text)) return undefined;
    const sessions = new Set(
      needles.filter(({ epoch, quoted }) => text.includes(epoch) || text.includes(quoted)).map((log) => log.sessionId),
    );
    const fields = text.split(SEPARATOR);
    for (const field of fields) {
      const name = /^"(.*)"$/.exec(field)?.[1];
      if (name !== undefined && isKnown(name)) sessions.add(name);
    }
    return sessions.size > 0 || fields.length < FIELDS_OF_A_LOG ? sessions : undefined;
  }
}

/** A bit that flips makes one control character, or tears one character of up to four bytes; more is a lost block. */
function isConfined(text: string): boolean {
  let torn = 0;
  for (const character of text) {
    if (character === '\ufffd') torn++;
    else if (character < ' ' && character !== SEPARATOR) torn += 4;
  }
  return torn <= 4;
}
