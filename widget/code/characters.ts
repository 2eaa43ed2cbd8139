// Behind the end of a line stands NaN, which is none of these.

/** Whether a UTF-16 unit is a space or a tab. */
export function isBlank(unit: number): boolean {
  return unit === 32 || unit === 9 || unit === 13;
}

/** Whether a UTF-16 unit is a digit. */
export function isDigit(unit: number): boolean {
  return unit >= 48 && unit <= 57;
}

/** Whether a UTF-16 unit can begin a word: a letter, `_`, or anything beyond ASCII. */
export function isLetter(unit: number): boolean {
  const lower = unit | 32;
  return (lower >= 97 && lower <= 122) || unit === 95 || unit > 127;
}
