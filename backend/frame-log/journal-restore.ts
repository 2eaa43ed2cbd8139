import { randomUUID } from 'node:crypto';
import type { LoggedFrame } from './frame-log.js';
import type { HeadStore } from './journal-heads.js';
import type { JournalFile } from './journal-files.js';
import { dropLine, framesLine, logPrefix, stateLine } from './journal-record.js';
import { JournalReplay, type ReplayedLog } from './journal-replay.js';
import { JournalSession } from './journal-session.js';

/** A session that can't go on in its epoch: what of it can still be read goes on in a new one. */
export interface Renewal {
  readonly log: JournalSession;
  readonly frames: readonly LoggedFrame[];
  /** What makes it so in the journal. */
  readonly lines: readonly string[];
}

/** What a journal holds when it is opened. */
export interface Restored {
  readonly sessions: readonly JournalSession[];
  readonly renewals: readonly Renewal[];
}

/** Reads a journal back. Changes nothing but the head store, whose doubtful heads it deletes. */
export function restore(
  files: readonly JournalFile[],
  heads: HeadStore,
  options: { readonly fsync: boolean; readonly warn: (message: string) => void },
): Restored {
  const { fsync, warn } = options;
  const replay = new JournalReplay();
  for (const file of files) replay.read(file);
  const { logs, dropped, suspects, concerns } = replay.finish(fsync, (name) => heads.get(name) !== undefined, warn);

  // A head may be older than what a damaged line said, so it must not be used. One that outlived its session neither.
  for (const { sessions } of concerns) {
    if (sessions === undefined) heads.clear();
    else for (const sessionId of sessions) heads.delete(sessionId);
  }
  for (const { sessionId, epoch } of dropped) {
    if (heads.get(sessionId)?.epoch === epoch) heads.delete(sessionId);
  }

  const sessions: JournalSession[] = [];
  const renewals: Renewal[] = [];
  for (const log of logs) {
    const { sessionId } = log.id;
    const stored = heads.get(sessionId);
    // It was dropped and begun anew, and only the head store saw that.
    if (stored !== undefined && stored.epoch !== log.id.epoch) continue;
    // What is in the head store had been trimmed.
    if (stored !== undefined) log.trimmed = Math.max(log.trimmed, stored.seq);
    log.head = Math.max(log.head, log.trimmed);
    const frames = wholeFrames(log);
    const isBroken = log.trimmed + frames.length < log.head;
    const floor = heads.floor(sessionId);
    if (isBroken) {
      const at = log.trimmed + frames.length + 1;
      warn(`The frame log is damaged: session ${sessionId} lost frame ${at}. It goes on in a new epoch.`);
    }
    if (isBroken || suspects.has(log) || floor > log.head) {
      heads.delete(sessionId);
      renewals.push(renew(log, frames, Math.max(log.head, floor)));
    } else sessions.push(adopt(log, frames));
  }
  return { sessions, renewals };
}

/** The frames after the trimmed ones, up to the first that is missing. */
function wholeFrames(log: ReplayedLog): LoggedFrame[] {
  const frames: LoggedFrame[] = [];
  for (let seq = log.trimmed + 1; seq <= log.head; seq++) {
    const frame = log.frames.get(seq);
    if (frame === undefined) break;
    frames.push({ seq, json: frame.json });
  }
  return frames;
}

function adopt(log: ReplayedLog, frames: readonly LoggedFrame[]): JournalSession {
  const session = new JournalSession(log.id.sessionId, log.id.epoch, log.trimmed);
  for (const frame of frames) session.store([frame], log.frames.get(frame.seq)?.file ?? log.file);
  session.queued = session.seq;
  session.wasWrittenTo(log.file);
  return session;
}

/**
 * A new epoch, so that no client mistakes what comes for what it missed. Its numbers are moved up until the last is `head`:
 * what comes next must not get a number that older messages of the history have.
 */
function renew(log: ReplayedLog, frames: readonly LoggedFrame[], head: number): Renewal {
  const { sessionId } = log.id;
  const shift = head - (log.trimmed + frames.length);
  const moved: LoggedFrame[] = [];
  for (const { seq, json } of frames.toReversed()) {
    const renumbered = shift === 0 ? json : renumber(json, seq + shift);
    // What stands before a frame that can't be renumbered is lost with it.
    if (renumbered === undefined) break;
    moved.unshift({ seq: seq + shift, json: renumbered });
  }
  const trimmed = head - moved.length;
  const session = new JournalSession(sessionId, randomUUID(), trimmed);
  const lines = [dropLine(logPrefix(log.id)), stateLine(session.prefix, trimmed, trimmed)];
  for (const frame of moved) lines.push(framesLine(session.prefix, [frame]));
  return { log: session, frames: moved, lines };
}

/** The log takes frames as text; only here it must know that each carries its number. */
function renumber(json: string, seq: number): string | undefined {
  try {
    const frame: unknown = JSON.parse(json);
    return typeof frame === 'object' && frame !== null ? JSON.stringify({ ...frame, seq }) : undefined;
  } catch {
    return undefined;
  }
}
