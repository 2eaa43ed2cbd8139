// Writes to a store until it is killed: frames for many sessions, messages, trims, drops. Says on stdout what it was told is
// safe, and before it begins what may or may not have happened:
//
//   F <session> <epoch> <seq>   this frame is safe        M <session> <seq>   this message is safe
//   T <session> <seq>           about to be trimmed       D <session>         about to be dropped
//   d <session>                 dropped
//
//   node store-writer.mjs <directory> <seed> <bytes of a journal file>
import { writeSync } from 'node:fs';
// Not the package: its index loads Nest, and most processes would be killed before they begin.
import { openEmbeddedStore } from '../../backend/dist/store/embedded-store.js';
import { frameAt, messageAt, randomFrom, SESSIONS } from './store-content.mjs';

const [dir, seed, fileSize] = process.argv.slice(2);
const random = randomFrom(Number(seed));
const say = (line) => writeSync(1, `${line}\n`);
const { frameLog, history } = openEmbeddedStore(dir, {
  warn: (message) => say(`W ${message}`),
  journalFileSize: Number(fileSize),
});

const now = '2026-01-01T00:00:00.000Z';
const heads = new Map();
for (const id of SESSIONS) {
  await history.createSession({ id, owner: null, name: '', created: now, updated: now });
  const { epoch, seq } = await frameLog.open(id);
  heads.set(id, { epoch, seq });
}
say('ready');

for (;;) {
  // One turn of the event loop: some sessions, each with some appends that are not waited for.
  const turn = SESSIONS.filter(() => random() < 0.4).map(async (id) => {
    const head = heads.get(id);
    const { epoch } = head;
    const appends = [];
    for (let count = 1 + Math.floor(random() * 3); count > 0; count--) {
      const frames = [];
      for (let size = 1 + Math.floor(random() * 3); size > 0; size--) frames.push(frameAt(id, epoch, ++head.seq));
      appends.push(
        frameLog.append(id, epoch, frames).then(() => frames.forEach(({ seq }) => say(`F ${id} ${epoch} ${seq}`))),
      );
    }
    const { seq } = head;
    await Promise.all(appends);
    const luck = random();
    if (luck < 0.1) {
      await history.putMessage(id, messageAt(id, seq));
      say(`M ${id} ${seq}`);
    } else if (luck < 0.2) {
      say(`T ${id} ${seq - 3}`);
      await frameLog.trim(id, seq - 3);
    } else if (luck < 0.25) {
      say(`T ${id} ${seq}`);
      await frameLog.trim(id, seq);
    } else if (luck < 0.26) {
      say(`D ${id}`);
      await history.clearMessages(id);
      await frameLog.drop(id);
      say(`d ${id}`);
      const next = await frameLog.open(id);
      heads.set(id, { epoch: next.epoch, seq: next.seq });
    }
  });
  await Promise.all(turn);
  await new Promise((resolve) => setImmediate(resolve));
}
