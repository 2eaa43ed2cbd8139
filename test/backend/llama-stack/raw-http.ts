import { connect, type Socket } from 'node:net';

/** A response, as the bytes on a socket say it. */
export interface RawResponse {
  readonly head: string;
  /** The body so far, without the frames of the chunked encoding. */
  readonly body: () => string;
  /** Resolves when the body holds `text`. */
  until(text: string): Promise<void>;
  /** Resolves with the whole body, once it is properly over. */
  readonly whole: Promise<string>;
  readonly socket: Socket;
}

/** Sends a request on a socket of its own and reads the answer byte by byte, with nothing of ours in between. */
export async function rawPost(
  port: number,
  path: string,
  body: unknown,
  headers: readonly string[] = [],
): Promise<RawResponse> {
  const socket = connect(port, '127.0.0.1');
  const json = JSON.stringify(body);
  const lines = [
    `POST ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(json)}`,
    ...headers,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n${json}`);
  let received = Buffer.alloc(0);
  let head: string | undefined;
  let text = '';
  let isOver = false;
  const waiting = new Set<() => void>();
  const wake = () => waiting.forEach((look) => look());
  let broken: Error | undefined;

  /** Takes whole chunks off the front. */
  const read = () => {
    if (head === undefined) {
      const end = received.indexOf('\r\n\r\n');
      if (end < 0) return;
      head = received.subarray(0, end).toString();
      received = received.subarray(end + 4);
    }
    for (;;) {
      const line = received.indexOf('\r\n');
      if (line < 0) return;
      const size = Number.parseInt(received.subarray(0, line).toString(), 16);
      if (received.length < line + 2 + size + 2) return;
      text += received.subarray(line + 2, line + 2 + size).toString();
      received = received.subarray(line + 2 + size + 2);
      if (size === 0) return void (isOver = true);
    }
  };
  socket.on('data', (data: Buffer) => {
    received = Buffer.concat([received, data]);
    read();
    wake();
  });
  socket.on('error', (error) => {
    broken = error;
    wake();
  });
  socket.on('close', () => {
    broken ??= new Error('The connection was closed.');
    wake();
  });
  const when = (condition: () => boolean) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!condition() && broken === undefined) return;
        waiting.delete(look);
        if (condition()) resolve();
        else reject(new Error(`${broken?.message} Received: ${text}`));
      };
      waiting.add(look);
      look();
    });
  await when(() => head !== undefined);
  const whole = when(() => isOver).then(() => text);
  whole.catch(() => undefined);
  return { head: head ?? '', body: () => text, until: (part) => when(() => text.includes(part)), whole, socket };
}
