import { isBlank, isDigit, isLetter } from './characters.js';
import type { Language, Region } from './language.js';
import type { Scanner, Token, TokenKind } from './token.js';

/** How deep code may stand in strings that stand in code: what is deeper is part of its string. */
const MAX_DEPTH = 32;

/** What is open at the beginning of a line, innermost first. */
export interface Frame {
  /** What text this is; `undefined`: code inside of a string. */
  readonly region: Region | undefined;
  readonly close: string;
  /** How many of the same are open inside of it. */
  readonly inside: number;
  readonly depth: number;
  readonly up: Frame | undefined;
}

const HEREDOC: Region = { kind: 'string', open: '', close: '', multiline: true };

/** Reads the languages that are words, strings and comments: most of them. */
export class CodeScanner implements Scanner<Frame | undefined> {
  readonly start = undefined;
  readonly #language: Language;
  /** By their first character, the longest first: `"""` goes before `"`. */
  readonly #regions = new Map<number, Region[]>();

  constructor(language: Language) {
    this.#language = language;
    for (const region of language.regions.toSorted((a, b) => b.open.length - a.open.length)) {
      const first = region.open.charCodeAt(0);
      this.#regions.set(first, [...(this.#regions.get(first) ?? []), region]);
    }
  }

  line(text: string, state: Frame | undefined, tokens: Token[]): Frame | undefined {
    return new Line(text, state, tokens, this.#language, this.#regions).read();
  }
}

/** The reading of one line. */
class Line {
  #at = 0;
  /** Where the first thing stands that is not a blank. */
  readonly #first: number;
  /** Whether what stands before could be divided: then a slash divides. */
  #afterOperand = false;
  /** A slash that began no regular expression says that no later one does: looking again would take n² steps. */
  #hasRegexes: boolean;
  /** What ends the text that begins on the next line. */
  #heredoc = '';

  constructor(
    readonly text: string,
    private frame: Frame | undefined,
    readonly tokens: Token[],
    readonly language: Language,
    readonly regions: ReadonlyMap<number, readonly Region[]>,
  ) {
    let first = 0;
    while (isBlank(text.charCodeAt(first))) first++;
    this.#first = first;
    this.#hasRegexes = language.regexes === true;
  }

  read(): Frame | undefined {
    if (this.frame?.region === HEREDOC) return this.#readHeredoc(this.frame);
    while (this.#at < this.text.length) {
      const { frame } = this;
      if (frame?.region === undefined) this.#readCode();
      else this.#readRegion(frame, frame.region, this.#at);
    }
    // An empty line ends what goes on only behind a backslash.
    while (this.text === '' && this.frame?.region !== undefined && this.frame.region.multiline !== true) {
      this.frame = this.frame.up;
    }
    if (this.#heredoc !== '') this.#push(HEREDOC, this.#heredoc);
    return this.frame;
  }

  #readHeredoc(frame: Frame): Frame | undefined {
    const { length } = this.text;
    if (length > 0) this.#add('string', 0, length);
    const rest = length - this.#first;
    // A semicolon may follow in PHP.
    const isEnd = this.text.startsWith(frame.close, this.#first) && rest <= frame.close.length + 1;
    return isEnd ? frame.up : frame;
  }

  #add(kind: TokenKind, start: number, end: number): void {
    if (end > start) this.tokens.push({ kind, start, end });
  }

  #push(region: Region | undefined, close: string): void {
    this.frame = { region, close, inside: 0, depth: (this.frame?.depth ?? 0) + 1, up: this.frame };
  }

  /** Reads on in a string or a comment that is open, up to its end or to code inside of it. */
  #readRegion(frame: Frame, region: Region, start: number): void {
    const { text } = this;
    let { inside } = frame;
    let at = this.#at;
    while (at < text.length) {
      if (region.escapes === true && text.charCodeAt(at) === 92 && region.inner?.[0].charCodeAt(0) !== 92) {
        at += 2;
      } else if (frame.close !== '' && text.startsWith(frame.close, at)) {
        at += frame.close.length;
        if (region.doubles === true && text.startsWith(frame.close, at)) at += frame.close.length;
        else if (inside > 0) inside--;
        else return this.#closeRegion(region, start, at, frame.up);
      } else if (region.inner !== undefined && text.startsWith(region.inner[0], at) && frame.depth < MAX_DEPTH) {
        return this.#openCode(region, region.inner, start, at);
      } else if (region.escapes === true && text.charCodeAt(at) === 92) {
        at += 2;
      } else if (region.nests === true && text.startsWith(region.open, at)) {
        inside++;
        at += region.open.length;
      } else {
        at++;
      }
    }
    this.#add(region.kind, start, text.length);
    this.#at = text.length;
    // A backslash before the line break takes its meaning, too.
    const goesOn = region.multiline === true || at > text.length;
    this.frame = goesOn ? { ...frame, inside } : frame.up;
  }

  #closeRegion(region: Region, start: number, end: number, up: Frame | undefined): void {
    const isProperty = region.kind === 'string' && this.language.assigns === ':' && this.#next(end) === 58;
    this.#add(isProperty ? 'property' : region.kind, start, end);
    this.#at = end;
    this.frame = up;
    this.#afterOperand = true;
  }

  #openCode(region: Region, [open, close]: readonly [string, string], start: number, at: number): void {
    this.#add(region.kind, start, at);
    this.#add('meta', at, at + open.length);
    this.#at = at + open.length;
    this.#push(undefined, close);
    this.#afterOperand = false;
  }

  /** Reads one thing: a blank, a word, a number, a sign, or the beginning of a string or a comment. */
  #readCode(): void {
    const { text, language } = this;
    const start = this.#at;
    const unit = text.charCodeAt(start);
    if (isBlank(unit)) {
      this.#at++;
    } else if (this.#opensRegion(unit, start) || this.#opensSpecial(unit, start)) {
      // Taken.
    } else if (
      isDigit(unit) ||
      (unit === 46 && isDigit(text.charCodeAt(start + 1)) && text.charCodeAt(start - 1) !== 46)
    ) {
      this.#readNumber(start);
    } else if (this.#isLetter(unit, start)) {
      this.#readWord(start);
    } else {
      const kind = language.sigils?.[text.charAt(start)];
      const before = text.charCodeAt(start - 1);
      if (kind !== undefined && unit !== before && this.#isPartOfWord(text.charCodeAt(start + 1))) {
        this.#at = this.#wordEnd(start + 1);
        this.#add(kind, start, this.#at);
        this.#afterOperand = true;
      } else {
        this.#readSign(unit);
      }
    }
  }

  #readSign(unit: number): void {
    this.#at++;
    const { frame } = this;
    // ")" and "]" end what can be divided.
    this.#afterOperand = unit === 41 || unit === 93;
    if (frame === undefined) return;
    const close = frame.close.charCodeAt(0);
    const open = close === 125 ? 123 : 40;
    if (unit === open) this.frame = { ...frame, inside: frame.inside + 1 };
    else if (unit === close && frame.inside > 0) this.frame = { ...frame, inside: frame.inside - 1 };
    else if (unit === close) {
      this.#add('meta', this.#at - 1, this.#at);
      this.frame = frame.up;
    }
  }

  #opensRegion(unit: number, start: number): boolean {
    for (const region of this.regions.get(unit) ?? []) {
      if (!this.text.startsWith(region.open, start)) continue;
      if (region.only === 'line' && start !== this.#first) continue;
      if (region.only === 'word' && start > 0 && !' \t([{,;='.includes(this.text.charAt(start - 1))) continue;
      this.#push(region, region.close);
      this.#at = start + region.open.length;
      if (this.frame !== undefined) this.#readRegion(this.frame, region, start);
      return true;
    }
    return false;
  }

  /** What some languages have, and no table can say. */
  #opensSpecial(unit: number, start: number): boolean {
    const { language, text } = this;
    if (unit === 47 && this.#hasRegexes && !this.#afterOperand) return this.#readRegex(start);
    if (unit === 39 && language.characters === true) return this.#readCharacter(start);
    if (unit === 35 && language.directives === true && start === this.#first) {
      let end = start + 1;
      while (isBlank(text.charCodeAt(end))) end++;
      this.#at = this.#wordEnd(end);
      this.#add('meta', start, this.#at);
      return true;
    }
    if (unit === 91 && language.sections === true && start === this.#first) {
      this.#at = text.length;
      this.#add('heading', start, text.length);
      return true;
    }
    return language.heredoc !== undefined && text.startsWith(language.heredoc, start) && this.#readHeredocStart(start);
  }

  /** `<<EOF`, `<<-'EOF'`, `<<~EOF`: the text begins on the next line. */
  #readHeredocStart(start: number): boolean {
    const { text, language } = this;
    let at = start + (language.heredoc?.length ?? 0);
    if (text.charAt(at) === '-' || text.charAt(at) === '~') at++;
    const quote = text.charCodeAt(at);
    if (quote === 39 || quote === 34) at++;
    // In capitals, so that it is not taken for a shift to the left.
    const first = text.charCodeAt(at);
    if (first < 65 || first > 90 || this.#heredoc !== '') return false;
    const end = this.#wordEnd(at);
    this.#heredoc = text.slice(at, end);
    this.#at = text.charCodeAt(end) === quote ? end + 1 : end;
    this.#add('string', start, this.#at);
    return true;
  }

  #readRegex(start: number): boolean {
    const { text } = this;
    let isInClass = false;
    let at = start + 1;
    for (; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit === 92) at++;
      else if (unit === 91) isInClass = true;
      else if (unit === 93) isInClass = false;
      else if (unit === 47 && !isInClass) {
        this.#at = this.#wordEnd(at + 1);
        this.#add('string', start, this.#at);
        this.#afterOperand = true;
        return true;
      }
    }
    this.#hasRegexes = false;
    return false;
  }

  #readCharacter(start: number): boolean {
    const { text } = this;
    // The longest are escapes such as '\u{10ffff}'.
    const isEscape = text.charCodeAt(start + 1) === 92;
    const last = start + (isEscape ? 12 : 3);
    for (let at = start + (isEscape ? 3 : 2); at <= last; at++) {
      if (text.charCodeAt(at) !== 39) continue;
      this.#at = at + 1;
      this.#add('string', start, this.#at);
      return true;
    }
    return false;
  }

  #readNumber(start: number): void {
    const { text } = this;
    const isHex = (text.charCodeAt(start + 1) | 32) === 120;
    let at = start + 1;
    for (; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      const isExponent = !isHex && (unit === 43 || unit === 45) && (text.charCodeAt(at - 1) | 32) === 101;
      // Two dots are a range.
      const isPoint = unit === 46 && text.charCodeAt(at + 1) !== 46 && text.charCodeAt(at - 1) !== 46;
      if (!isLetter(unit) && !isDigit(unit) && !isPoint && !isExponent && unit !== 37) break;
    }
    this.#at = at;
    this.#add('number', start, at);
    this.#afterOperand = true;
  }

  #readWord(start: number): void {
    const { text, language } = this;
    const end = this.#wordEnd(start);
    this.#at = end;
    const word = text.slice(start, end);
    const isMember = text.charCodeAt(start - 1) === 46;
    const known = isMember ? undefined : language.words.get(language.caseless === true ? word.toLowerCase() : word);
    const kind = known ?? this.#kindOf(word, end);
    if (kind !== undefined) this.#add(kind, start, end);
    this.#afterOperand = known !== 'keyword';
  }

  #kindOf(word: string, end: number): TokenKind | undefined {
    const { language, text } = this;
    const { assigns } = language;
    if (assigns !== undefined && this.#next(end) === assigns.charCodeAt(0)) return 'property';
    if (text.charCodeAt(end) === 40) return 'function';
    const first = word.charCodeAt(0);
    return language.types === true && first >= 65 && first <= 90 ? 'type' : undefined;
  }

  /** The next thing that is not a blank: blanks are passed twice at most, here and when they are read. */
  #next(from: number): number {
    let at = from;
    while (isBlank(this.text.charCodeAt(at))) at++;
    return this.text.charCodeAt(at);
  }

  #wordEnd(from: number): number {
    let at = from;
    while (this.#isPartOfWord(this.text.charCodeAt(at))) at++;
    return at;
  }

  #isLetter(unit: number, at: number): boolean {
    if (isLetter(unit)) return true;
    if (!this.#isPartOfWord(unit)) return false;
    // A dash begins a word of CSS only before a letter.
    if (unit !== 45) return true;
    const next = this.text.charCodeAt(at + 1);
    return isLetter(next) || next === 45;
  }

  #isPartOfWord(unit: number): boolean {
    if (isLetter(unit) || isDigit(unit)) return true;
    const { letters } = this.language;
    return letters !== undefined && unit > 0 && letters.includes(String.fromCharCode(unit));
  }
}
