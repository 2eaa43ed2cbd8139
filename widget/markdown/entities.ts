/**
 * The entities that people and models write, by code point: a start, and the names that follow from there (`-` leaves one
 * out). The others of HTML stay as they were written: all of them would weigh as much as half of the parser.
 */
const NAMES =
  '34 quot,38 amp,39 apos,60 lt,62 gt,160 nbsp,163 pound,167 sect,169 copy - laquo,174 reg - deg plusmn sup2 sup3,181 micro - middot,187 raquo frac14 frac12 frac34,196 Auml,214 Ouml times,220 Uuml,223 szlig,228 auml,233 eacute,246 ouml divide,252 uuml,8201 thinsp,8211 ndash mdash,8216 lsquo rsquo,8220 ldquo rdquo,8226 bull,8230 hellip,8364 euro,8482 trade,8592 larr uarr rarr darr harr,8658 rArr,8722 minus,8734 infin,8776 asymp,8800 ne,8804 le ge';

let table: Map<string, string> | undefined;

/** Reads the table when the first named entity is met: most answers have none. */
function read(): Map<string, string> {
  const map = new Map<string, string>();
  for (const group of NAMES.split(',')) {
    const [start, ...names] = group.split(' ');
    names.forEach((name, index) => map.set(name, String.fromCodePoint(Number(start) + index)));
  }
  return map;
}

/** A character reference as CommonMark has it; sticky where a parser asks for one at a place. */
export const ENTITY = /&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|([A-Za-z]\w{1,31}));/y;

/** What a match of {@link ENTITY} stands for; `undefined`: no entity that we know. */
export function entity([, decimal, hex, name]: RegExpExecArray): string | undefined {
  if (name !== undefined) return (table ??= read()).get(name);
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
  return code === 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? '\ufffd' : String.fromCodePoint(code);
}
