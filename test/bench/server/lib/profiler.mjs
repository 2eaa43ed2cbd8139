// Loaded into a server (`--import`) to profile it: the first SIGWINCH starts, the second writes the profile to BENCH_PROFILE.
// (Of the signals that ask for nothing, the one that no framework takes for a shutdown.)
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.setSamplingInterval', { interval: 400 });
let running = false;
process.on('SIGWINCH', () => void toggle());

async function toggle() {
  running = !running;
  if (running) return session.post('Profiler.start');
  const { profile } = await session.post('Profiler.stop');
  writeFileSync(process.env.BENCH_PROFILE, JSON.stringify(profile));
}
