import type { RaceName } from './races.js';

/** A bug that somebody could write, in what the compiler made of the product. */
export interface Mutant {
  /** What it does, as a visitor or an operator would tell it. */
  readonly name: string;
  /** In `backend/dist`. */
  readonly file: string;
  /** What is written where something else was. Each place must be there exactly once, whatever its line breaks are. */
  readonly edits: readonly (readonly [from: string, to: string])[];
}

/** A mutant, and how it is found. */
export interface FoundMutant extends Mutant {
  /** What a finding must say, so that it is the bug that was found and not something else. */
  readonly shows: string;
}

/** A mutant that one race finds, whatever the machine is doing. */
export interface RacedMutant extends FoundMutant {
  readonly race: RaceName;
}

/** Bugs in what is sent. */
export const WIRE_MUTANTS: readonly RacedMutant[] = [
  {
    name: 'live frames are watched for only after what is there was read',
    race: 'what is written while somebody reads what is there comes to them',
    shows: 'stuck',
    file: 'frame-log/follow.js',
    edits: [
      ['const unwatch = log.watch(sessionId, wakeUp.ring);', 'let unwatch;'],
      ["if (read.kind === 'lost')", "unwatch ??= log.watch(sessionId, wakeUp.ring); if (read.kind === 'lost')"],
      ['unwatch();', 'unwatch?.();'],
    ],
  },
  {
    name: 'a wake-up that comes during a read is forgotten',
    race: 'what is written while somebody reads what is there comes to them',
    shows: 'stuck',
    file: 'frame-log/follow.js',
    edits: [['return this.rung ? undefined : new Promise(this.wait);', 'return new Promise(this.wait);']],
  },
  {
    name: 'a replay leaves out one frame',
    race: 'every cursor goes on with the frame after it, by either transport',
    shows: 'gap: 2 after 0',
    file: 'frame-log/follow.js',
    edits: [['let { seq } = cursor;', 'let seq = cursor.seq + 1;']],
  },
  {
    name: 'a replay begins one frame early',
    race: 'every cursor goes on with the frame after it, by either transport',
    shows: 'doubled: 1…1 after 1',
    file: 'frame-log/follow.js',
    edits: [['let { seq } = cursor;', 'let seq = Math.max(0, cursor.seq - 1);']],
  },
  {
    name: 'a long replay goes on one frame early',
    race: 'every cursor goes on with the frame after it, by either transport',
    shows: 'doubled: ',
    file: 'frame-log/follow.js',
    edits: [['seq = last.seq;', 'seq = read.frames.length > 3 ? last.seq - 1 : last.seq;']],
  },
  {
    name: 'the epoch of a cursor is ignored',
    race: 'a cursor of another epoch gets a snapshot, however far it is',
    shows: 'on the wire, epoch: resumed in',
    file: 'session/openings.js',
    edits: [
      [
        'async open(session, cursor, token) {',
        'async open(session, cursor, token) { if (cursor) cursor = { ...cursor, epoch: session.cursor.epoch };',
      ],
    ],
  },
  {
    name: 'a cursor is never resumed from',
    race: 'every cursor goes on with the frame after it, by either transport',
    shows: 'not resumed: from 0',
    file: 'session/openings.js',
    edits: [['const resumed = cursor !== undefined &&', 'const resumed = false && cursor !== undefined &&']],
  },
  {
    name: 'merged frames do not say where they begin',
    race: 'every cursor goes on with the frame after it, by either transport',
    shows: 'gap: ',
    file: 'frame-log/coalesce.js',
    edits: [['seq: last.seq, first_seq: first', 'seq: last.seq']],
  },
  {
    name: 'frames are sent before they are stored',
    race: 'nothing is sent, shown or acknowledged before it is stored',
    shows: 'early: message 4, stored up to 3',
    file: 'session/session.js',
    edits: [
      [
        'this.pending.appends++;',
        'this.pending.appends++; for (const f of frames) this.notify(JSON.parse(f.json), f.seq - 1);',
      ],
    ],
  },
  {
    name: 'a message is acknowledged before it is stored',
    race: 'nothing is sent, shown or acknowledged before it is stored',
    shows: 'acknowledged before it was stored',
    file: 'session/session.js',
    edits: [
      [
        'if (!(await appended)) throw this.unavailable(); return { id: message.id, seq };',
        'return { id: message.id, seq };',
      ],
    ],
  },
  {
    name: 'a snapshot shows what is not stored',
    race: 'nothing is sent, shown or acknowledged before it is stored',
    shows: 'early: a snapshot',
    file: 'session/session.js',
    edits: [['if (!(await this.appended)) throw this.unavailable();', '']],
  },
  {
    name: 'a snapshot does not wait for an answer that has just ended',
    race: 'a snapshot waits for the answer that has just ended',
    shows: '3 messages for 2 questions',
    file: 'session/session.js',
    edits: [
      [
        'do await this.settled(); while (this.pending.stores > 0); // From here to the next await nothing moves',
        '// From here to the next await nothing moves',
      ],
    ],
  },
  {
    name: 'a snapshot waits once, whatever ends meanwhile',
    race: 'an answer that ends in the moment a snapshot is taken is in it, or comes after it',
    shows: 'an end is missing',
    file: 'session/session.js',
    edits: [
      ['do await this.settled(); while (this.pending.stores > 0); // From here', 'await this.settled(); // From here'],
    ],
  },
  {
    name: 'a snapshot does not say that the running answer belongs to it',
    race: 'a snapshot that is cut off before the running answer is there is not gone on from',
    shows: 'the answer is ", and the rest"',
    file: 'session/session.js',
    edits: [['catch_up: catchUp.length', 'catch_up: 0']],
  },
  {
    name: 'a snapshot leaves out the text so far',
    race: 'a snapshot that is cut off before the running answer is there is not gone on from',
    shows: 'the answer is ", and the rest"',
    file: 'session/session.js',
    edits: [['running?.catchUp() ?? []', 'running?.catchUp().slice(0, 1) ?? []']],
  },
  {
    name: 'notices overtake the frames they are about',
    race: 'every cursor goes on with the frame after it, by either transport',
    shows: 'notice: typing ended before the answer did',
    file: 'session/delivery.js',
    edits: [
      [
        'this.notices.splice(place, 0, { after, json }); this.sendNoticesUpTo(this.cursor.seq);',
        'this.notices.splice(place, 0, { after, json }); this.sendNoticesUpTo(Infinity);',
      ],
    ],
  },
  {
    name: 'the last words of an answer are lost when it ends',
    race: 'what is said in the moment in which an answer ends is in it',
    shows: 'is "one " (complete) and not "one two"',
    file: 'session/answer.js',
    edits: [['this.flush(); // What the chunks said', '// What the chunks said']],
  },
  {
    name: 'an answer ends without an end frame when it is stopped',
    race: 'Stop in one tab ends the answer in both, and in the agent',
    shows: 'stream_stopped came before the end',
    file: 'session/answer.js',
    edits: [
      [
        'this.host.append([draft(this.endFrame())]);',
        "if (status !== 'stopped') this.host.append([draft(this.endFrame())]);",
      ],
    ],
  },
  {
    name: 'closing a tab stops the answer',
    race: 'a tab that is closed does not stop the answer',
    shows: 'the agent was stopped',
    file: 'gateway/attachments.js',
    edits: [
      [
        'delivery.stop(); this.sessions.release',
        'delivery.stop(); void delivery.session.stop(); this.sessions.release',
      ],
    ],
  },
  {
    name: 'an event names another place than its frame',
    race: 'every cursor goes on with the frame after it, by either transport',
    shows: 'event id: ',
    file: 'http/event-stream.js',
    edits: [['id: ${this.epoch()}-${seq}', 'id: ${this.epoch()}-${seq - 1}']],
  },
];

/** Bugs in what is kept for cursors. */
export const TRIM_MUTANTS: readonly RacedMutant[] = [
  {
    name: 'a cursor is served from a log that was trimmed beyond it',
    race: 'a cursor older than what was trimmed gets a snapshot, and the oldest that was not goes on',
    shows: 'gap: ',
    file: 'frame-log/session-frames.js',
    edits: [['cursor.seq < this.trimmed ||', '']],
  },
  {
    name: 'nobody asks whether the log still has what a cursor needs',
    race: 'a cursor older than what was trimmed gets a snapshot, and the oldest that was not goes on',
    shows: 'the cursor 0 went on',
    file: 'session/openings.js',
    edits: [["(await this.log.read(session.id, cursor, 1)).kind === 'frames'", 'true']],
  },
  {
    name: 'frames of an answer that is being written count as finished',
    race: 'the frames of an answer that is being written are not trimmed, whoever comes and goes',
    shows: 'trimmed up to 8, and the answer begins after 4',
    file: 'session/sessions.js',
    edits: [['if (!session.isBusy && !session.hasFailed)', 'if (!session.hasFailed)']],
  },
  {
    name: 'what was trimmed is remembered beyond the end of a log',
    race: 'what was trimmed before a conversation was cleared has no effect on what comes after',
    shows: 'trimmed up to 3, and the answer has no end',
    file: 'session/sessions.js',
    edits: [['this.retention.forget(id);', '']],
  },
  {
    name: 'a session is forgotten as abandoned although somebody is in it',
    race: 'a session that somebody comes to after it was found empty is not forgotten',
    shows: 'it was forgotten under a visitor',
    file: 'session/sessions.js',
    edits: [['if (!this.open.has(id)) await work();', 'await work();']],
  },
  {
    name: 'one frame too many is trimmed',
    race: 'the frames of an answer that is being written are not trimmed, whoever comes and goes',
    shows: 'not resumed: from 4',
    file: 'frame-log/session-frames.js',
    edits: [['const through = Math.min(seq, this.seq);', 'const through = Math.min(seq + 1, this.seq);']],
  },
];

/** Bugs in what is taken. */
export const SEND_MUTANTS: readonly RacedMutant[] = [
  {
    name: 'a message that is sent again is taken again',
    race: 'a message that is sent again before the history has it is not taken again',
    shows: 'it was run 2 times',
    file: 'session/session.js',
    edits: [['const known = await this.services.history.getMessage(this.id, id);', 'const known = undefined;']],
  },
  {
    name: 'a message that comes by two ways at once is taken twice',
    race: 'a message that comes by two ways at once is taken once',
    shows: 'it was taken as ',
    file: 'session/session.js',
    edits: [['this.submitting.then(() => this.accept(submission))', 'this.accept(submission)']],
  },
  {
    name: 'a session is let go while a message is being taken',
    race: 'a message whose sender leaves while it is being taken is answered, and the session goes on',
    shows: 'the next message got HTTP 503',
    file: 'session/session.js',
    edits: [['submissions + appends + stores > 0', 'appends + stores > 0']],
  },
  {
    name: 'a session is opened while it is being forgotten',
    race: 'a message that comes while the conversation is being cleared is not lost',
    shows: 'it was taken as 5',
    file: 'session/sessions.js',
    edits: [['after === undefined ? work() : after.then(work)', 'work()']],
  },
  {
    name: 'a message is looked for before the history has the last ones',
    race: 'a message that is sent again before the history has it is not taken again',
    shows: 'it was run 2 times',
    file: 'session/session.js',
    edits: [['await this.settled(); const known =', 'const known =']],
  },
  {
    name: 'a session that has just been let go is used',
    race: 'a session that is let go in the moment in which somebody comes is not used beside the next one',
    shows: '(interrupted) and not "yes" (complete)',
    file: 'session/sessions.js',
    edits: [['if (this.open.get(id) !== loading) continue;', '']],
  },
  {
    name: 'an echo that is repeated overtakes what comes before it',
    race: 'an echo that is repeated waits for what comes before it',
    shows: 'gap: 5 after 0',
    file: 'session/delivery.js',
    edits: [['this.insert(seq, json);', 'this.sink.sendJson(json);']],
  },
];

/** Bugs in what is there after a crash. */
export const CRASH_MUTANTS: readonly FoundMutant[] = [
  {
    name: 'frames are sent before they are written to the disk',
    shows: 'shown, then lost',
    file: 'frame-log/journal-frame-log.js',
    edits: [
      [
        'file = this.write(batch.operations);',
        'file = this.files.current().id; setTimeout(() => this.write(batch.operations), 60_000);',
      ],
    ],
  },
  {
    name: 'an answer that a crash cut off gets no end',
    shows: '2 starts, 1 ends',
    file: 'session/recovery.js',
    edits: [['messages.filter(({ metadata }) => metadata.streaming === true)', '[]']],
  },
  {
    name: 'the service serves before the ends are there',
    shows: '1 starts, 0 ends',
    file: 'lifecycle.js',
    edits: [['await this.sessions.recover();', 'setTimeout(() => void this.sessions.recover(), 60_000);']],
  },
  {
    name: 'an answer gets another end after every start',
    shows: '2 starts, 4 ends',
    file: 'session/recovery.js',
    edits: [['({ metadata }) => metadata.streaming === true', "({ sender }) => sender === 'ai'"]],
  },
  {
    name: 'a question that waited for its turn is forgotten',
    shows: '1 starts, 1 ends and 0 others in the log for 2 questions',
    file: 'session/recovery.js',
    edits: [["sender === 'user' && !answered.has(id)", 'sender === id']],
  },
];

/** A store that never closes: what the limit of a planned stop is for. */
export const HANGING_STOP: Mutant = {
  name: 'a planned stop hangs',
  file: 'lifecycle.js',
  edits: [['await this.log.close();', 'await new Promise((resolve) => setTimeout(resolve, 3_600_000));']],
};
