/**
 * A link that was only written down ends before the punctuation of the sentence. Brackets are counted once: an address with
 * 20,000 of them must not cost more than its length.
 */
export function withoutTail(address: string): string {
  let end = address.length;
  let surplus = 0;
  for (const char of address) surplus += char === ')' ? 1 : char === '(' ? -1 : 0;
  for (;;) {
    const last = address[end - 1] ?? '';
    if (last === ')' && surplus > 0) surplus--;
    else if (last === ';') {
      const name = /&[A-Za-z0-9]{1,32};$/.exec(address.slice(Math.max(0, end - 34), end));
      if (name === null) break;
      end -= name[0].length;
      continue;
    } else if (last === '' || !`?!.,:*_~'"`.includes(last)) break;
    end--;
  }
  return address.slice(0, end);
}
