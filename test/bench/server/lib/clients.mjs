// Clients over node:net, and no more than the benchmark needs: what is measured is the server, and the less the load costs,
// the less it disturbs. Both call `on.open()`, `on.text(text, at)` for each message or event, and `on.close(error)`.
import { connect } from 'node:net';
import { now } from './token.mjs';

/** Where a body that is not complete yet is kept until more comes. */
class Inbox {
  #rest = Buffer.alloc(0);

  /** Calls `read` with all there is; it returns how many bytes it used. */
  take(data, read) {
    const all = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    this.#rest = all.subarray(read(all));
  }
}

class Client {
  /** How many messages or events came. */
  messages = 0;
  #error;
  #inbox = new Inbox();

  constructor(port, on) {
    this.on = on;
    this.socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.socket.on('connect', () => this.connected());
    this.socket.on('data', (data) => {
      const at = now();
      this.#inbox.take(data, (all) => this.read(all, at));
    });
    this.socket.on('error', (error) => (this.#error = error));
    this.socket.on('close', () => on.close(this.#error ?? new Error('The server closed the connection')));
  }

  /** Ends with an error of our own. */
  fail(message) {
    this.socket.destroy(new Error(message));
  }

  close() {
    this.on = { open() {}, text() {}, close() {} };
    this.socket.removeAllListeners('close').destroy();
  }

  message(text, at) {
    this.messages++;
    this.on.text(text, at);
  }
}

const END_OF_HEAD = '\r\n\r\n';

/** A WebSocket without extensions that understands text, ping and close. */
export class SocketClient extends Client {
  #upgraded = false;

  constructor(port, path, on) {
    super(port, on);
    this.path = path;
  }

  send(text) {
    this.#frame(1, Buffer.from(text));
  }

  connected() {
    this.socket.write(
      `GET ${this.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==${END_OF_HEAD}`,
    );
  }

  read(all, at) {
    let from = 0;
    if (!this.#upgraded) {
      const end = all.indexOf(END_OF_HEAD);
      if (end < 0) return 0;
      const head = all.latin1Slice(0, end);
      if (!head.startsWith('HTTP/1.1 101')) return this.fail(`No upgrade: ${head}`) ?? all.length;
      this.#upgraded = true;
      this.on.open();
      from = end + END_OF_HEAD.length;
    }
    while (from + 2 <= all.length) {
      const short = all[from + 1];
      const wide = short === 126 ? 2 : short === 127 ? 8 : 0;
      const start = from + 2 + wide;
      if (start > all.length) break;
      const length =
        wide === 0 ? short : wide === 2 ? all.readUInt16BE(from + 2) : Number(all.readBigUInt64BE(from + 2));
      if (start + length > all.length) break;
      this.#take(all[from], all.subarray(start, start + length), at);
      from = start + length;
    }
    return from;
  }

  #take(kind, payload, at) {
    if (kind === 0x81) this.message(payload.utf8Slice(), at);
    else if (kind === 0x89) this.#frame(10, payload);
    else if (kind !== 0x8a) this.fail(`Frame of kind 0x${kind.toString(16)}: ${payload.utf8Slice()}`);
  }

  /** Masked with zeros, which is legal and costs nothing. */
  #frame(opcode, payload) {
    const { length } = payload;
    const head = Buffer.alloc(length < 126 ? 6 : 8);
    head[0] = 0x80 | opcode;
    if (length < 126) {
      head[1] = 0x80 | length;
    } else {
      head[1] = 0x80 | 126;
      head.writeUInt16BE(length, 2);
    }
    this.socket.write(Buffer.concat([head, payload]));
  }
}

/** One POST after another over one connection; each is answered with an event stream in chunked coding. */
export class EventsClient extends Client {
  #inBody = false;
  #text = '';

  constructor(port, path, on) {
    super(port, on);
    this.path = path;
  }

  send(body) {
    this.socket.write(
      `POST ${this.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}${END_OF_HEAD}${body}`,
    );
  }

  connected() {
    this.on.open();
  }

  read(all, at) {
    let from = 0;
    if (!this.#inBody) {
      const end = all.indexOf(END_OF_HEAD);
      if (end < 0) return 0;
      const head = all.latin1Slice(0, end);
      if (!/^HTTP\/1.1 200.*^transfer-encoding: *chunked/ims.test(head))
        return this.fail(`Answered ${head}`) ?? all.length;
      this.#inBody = true;
      from = end + END_OF_HEAD.length;
    }
    while (this.#inBody) {
      const line = all.indexOf('\r\n', from);
      if (line < 0) break;
      const length = parseInt(all.latin1Slice(from, line), 16);
      const start = line + 2;
      if (start + length + 2 > all.length) break;
      this.#text += all.utf8Slice(start, start + length);
      this.#inBody = length > 0;
      from = start + length + 2;
    }
    this.#takeEvents(at);
    return from;
  }

  #takeEvents(at) {
    const events = this.#text.split('\n\n');
    this.#text = events.pop();
    for (const event of events) {
      for (const line of event.split('\n')) {
        if (line.startsWith('data: ')) this.message(line.slice(6), at);
      }
    }
  }
}
