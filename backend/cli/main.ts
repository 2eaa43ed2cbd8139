#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { describeFrame, encodeTailed, idOf } from './describe-frame.js';
import { tailJournal, type TailedFrame } from './journal-tail.js';

const USAGE = `chat-stream tail [session]   shows every frame as it is written to the log, with the time since the last one

  --answer <id>      only the frames of this answer or message
  --data-dir <dir>   where the service keeps its files; default: DATA_DIR, or ./data
  --json             one JSON object a line: {session_id, epoch, seq, after_ms, frame}
  --once             what is there, and no more

The log holds the frames of running answers and of those that ended lately. Nothing is changed, and the service need not run.
`;

interface Wanted {
  readonly session: string | undefined;
  readonly answer: string | undefined;
}

function read(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      answer: { type: 'string' },
      'data-dir': { type: 'string', default: process.env['DATA_DIR'] ?? './data' },
      json: { type: 'boolean', default: false },
      once: { type: 'boolean', default: false },
    },
  });
}

function isWanted({ sessionId, json }: TailedFrame, { session, answer }: Wanted): boolean {
  return (session === undefined || sessionId === session) && (answer === undefined || idOf(json) === answer);
}

async function tail(args: readonly string[]): Promise<void> {
  const { values, positionals } = read(args);
  const wanted = { session: positionals[0], answer: values.answer };
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
  // A reader that has seen enough, such as `head`.
  process.stdout.on('error', () => ending.abort());
  let last: number | undefined;
  for await (const frame of tailJournal(values['data-dir'], { follow: !values.once, signal: ending.signal })) {
    if (!isWanted(frame, wanted)) continue;
    const since = frame.at === undefined || last === undefined ? undefined : frame.at - last;
    last = frame.at;
    process.stdout.write(`${values.json ? encodeTailed(frame, since) : describeFrame(frame, since)}\n`);
  }
}

const [command, ...args] = process.argv.slice(2);
try {
  if (command === 'tail') await tail(args);
  else process.stderr.write(USAGE);
  if (command !== 'tail') process.exitCode = 2;
} catch (error) {
  process.stderr.write(`chat-stream: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 2;
}
