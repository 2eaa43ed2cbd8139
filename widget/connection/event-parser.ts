/**
 * Reads server-sent events out of text that comes in pieces, cut anywhere. Only `data` matters on this wire: comments
 * and other fields are dropped, and an event that the stream's end cuts off is none, as the standard has it.
 *
 * @param onData Takes the data of each event, in order.
 * @returns takes the next piece.
 * @example
 * const parse = eventParser((data) => console.log(data));
 * parse('data: {"type":');
 * parse('"pong"}\n\n'); // {"type":"pong"}
 */
export function eventParser(onData: (data: string) => void): (piece: string) => void {
  let rest = '';
  let data: string[] = [];
  return (piece) => {
    rest += piece;
    // A long line is looked at once it is whole, not again with every piece of it.
    if (!/[\r\n]/.test(piece)) return;
    // A `\r` at the end may be the first half of a `\r\n`: it waits for the next piece.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '' && data.length > 0) {
        const whole = data.join('\n');
        data = [];
        onData(whole);
      } else if (/^data(:|$)/.test(line)) {
        data.push(line.slice(line[5] === ' ' ? 6 : 5));
      }
    }
  };
}
