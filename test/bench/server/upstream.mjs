// A model server that costs nearly nothing: answers POST …/chat/completions with a stream of chunks as OpenAI writes them.
// What it writes is asked for in the last message:  bench tokens=400 rate=50 batch=1 seed=7
//
//   tokens  how many
//   rate    how many in a second; 0: as fast as they are taken
//   batch   how many in one write, as a server does that is asked by many
//
// It speaks HTTP on node:net, where a token costs one string and one write; node:http's writer costs twice that.
import { createServer } from 'node:net';
import { now, timeText, tokenText } from './lib/token.mjs';

const HEAD =
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n' +
  'Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n';
const BEFORE =
  'data: {"id":"chatcmpl-BkR8bench000000000000000","object":"chat.completion.chunk","created":1760000000,"model":"bench",' +
  '"service_tier":"default","system_fingerprint":"fp_34a54ae93c","choices":[{"index":0,"delta":{';
const AFTER = '},"logprobs":null,"finish_reason":null}]}\n\n';
const ROLE = chunked(`${BEFORE}"role":"assistant","content":"","refusal":null${AFTER}`);
const END = `${chunked(`${BEFORE}},"logprobs":null,"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`)}0\r\n\r\n`;

/** Timers are no finer; one serves all answers. */
const TICK_MS = 2;
/** After so many writes in a row another answer has its turn. */
const WRITES_IN_A_ROW = 32;

class Answer {
  #socket;
  #question;
  #place = 0;
  #due;

  constructor(socket, question) {
    this.#socket = socket;
    this.#question = question;
    this.#due = now() + Math.random() * this.#interval;
    socket.write(HEAD + ROLE, 'latin1');
  }

  get isDone() {
    return this.#socket.destroyed || this.#place >= this.#question.tokens;
  }

  get #interval() {
    return (1e6 * this.#question.batch) / this.#question.rate;
  }

  /** Writes what is due by now; returns whether that was the last. */
  writeDue(time) {
    for (; !this.isDone && this.#due <= time; this.#due += this.#interval) this.#write();
    if (this.isDone) this.#end();
    return this.isDone;
  }

  writeAll() {
    for (let writes = 0; !this.isDone; writes++) {
      if (writes === WRITES_IN_A_ROW) return void setImmediate(() => this.writeAll());
      if (!this.#write()) return void this.#socket.once('drain', () => this.writeAll());
    }
    this.#end();
  }

  #write() {
    const { tokens, batch, seed } = this.#question;
    const time = timeText(now());
    const end = Math.min(tokens, this.#place + batch);
    let text = '';
    while (this.#place < end) text += `${BEFORE}"content":"${tokenText(seed, this.#place++, time)}"${AFTER}`;
    return this.#socket.write(chunked(text), 'latin1');
  }

  #end() {
    if (!this.#socket.destroyed) this.#socket.write(END, 'latin1');
  }
}

const paced = new Set();
setInterval(() => {
  const time = now();
  for (const answer of paced) {
    if (answer.writeDue(time)) paced.delete(answer);
  }
}, TICK_MS);

const server = createServer({ noDelay: true }, (socket) => {
  let received = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (data) => {
    received += data.toString('latin1');
    const head = received.indexOf('\r\n\r\n');
    const length = Number(/content-length: *(\d+)/i.exec(received)?.[1] ?? 0);
    if (head < 0 || received.length < head + 4 + length) return;
    const question = questionIn(received);
    received = '';
    const answer = new Answer(socket, question);
    if (question.rate > 0) paced.add(answer);
    else answer.writeAll();
  });
});
server.listen(0, '127.0.0.1', 4096, () => console.log(`listening on ${server.address().port}`));

function questionIn(request) {
  const text = request.slice(request.lastIndexOf('bench tokens='));
  const numbers = [...text.matchAll(/(tokens|rate|batch|seed)=(\d+)/g)].map(([, name, value]) => [name, Number(value)]);
  return Object.fromEntries(numbers);
}

function chunked(text) {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}
