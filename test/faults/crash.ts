import { ServiceProcess } from './process.js';
import { Progress } from './progress.js';
import { random } from './seed.js';
import { temporaryFolder } from './stores.js';
import type { DeterministicUpstream } from './upstream.js';
import { WatchedSession } from './watched-session.js';

/** How often the service dies, and with how much going on. */
export interface CrashOptions {
  readonly seed: number;
  readonly kills: number;
  readonly sessions: number;
  /** The script that is the service; default: the shipped one. */
  readonly main?: string;
}

/** What it came to. */
export interface CrashFigures {
  kills: number;
  /** Kills before the service served again. */
  killedAtStart: number;
  answers: number;
  complete: number;
  interrupted: number;
  frames: number;
  resumed: number;
  doubleRuns: number;
  /** The longest from the start of the process until a client had the end of everything. */
  slowestEndsMs: number;
  readonly problems: string[];
}

/** Sessions live so many lives of the service; then others begin. */
const LIVES = 8;

/** Kills the service, -9, at moments that nobody chose, and looks at what is left each time. */
export async function runCrashes(upstream: DeterministicUpstream, options: CrashOptions): Promise<CrashFigures> {
  const folder = await temporaryFolder();
  const lane = new CrashLane(upstream, options, folder.path);
  try {
    await lane.run();
  } catch (error) {
    lane.figures.problems.push(error instanceof Error ? error.message : String(error));
  } finally {
    await lane.close();
    await folder.remove();
  }
  return lane.figures;
}

class CrashLane {
  readonly figures: CrashFigures = {
    kills: 0,
    killedAtStart: 0,
    answers: 0,
    complete: 0,
    interrupted: 0,
    frames: 0,
    resumed: 0,
    doubleRuns: 0,
    slowestEndsMs: 0,
    problems: [],
  };
  private readonly service: ServiceProcess;
  private readonly progress = new Progress();
  private readonly next: () => number;
  private sessions: WatchedSession[] = [];
  private startedAt = 0;

  constructor(
    private readonly upstream: DeterministicUpstream,
    private readonly options: CrashOptions,
    dataDir: string,
  ) {
    const env = { OPENAI_BASE_URL: upstream.baseURL, OPENAI_MODEL: 'deterministic', CONCURRENT_TURNS: 'queue' };
    this.service = new ServiceProcess(dataDir, env, options.main);
    this.next = random(options.seed);
  }

  async run(): Promise<void> {
    await this.start();
    for (let life = 0; this.figures.kills < this.options.kills; life++) {
      if (life % LIVES === 0) await this.renew();
      await this.askAndKill();
      await this.start();
      if (!(await this.examine())) return;
    }
    await this.retire();
  }

  async close(): Promise<void> {
    this.progress.stop();
    await this.service.end('SIGKILL');
    for (const session of this.sessions) session.close();
  }

  /** Everybody asks; the service dies after so many words of the model, or when all is said. */
  private async askAndKill(): Promise<void> {
    const asked = this.sessions.flatMap((session) => {
      // Some ask more than one thing at once: what waits for its turn has been acknowledged, and has no start yet.
      const count = 1 + Math.floor(2.5 * this.next());
      const asks = Math.floor(2 * this.next());
      return Array.from({ length: count }, () => {
        return { session, id: session.ask(asks, 5 + Math.floor(40 * this.next())) };
      });
    });
    const words = Math.floor(this.next() * 35 * this.sessions.length);
    const { upstream } = this;
    const first = upstream.written;
    // One of the clients sees everything: whichever comes first, so many words or the last end.
    const wordsAreSaid = new Promise<void>((resolve) =>
      upstream.listen(() => upstream.written - first >= words, resolve),
    );
    const ends = asked.map(({ session, id }) =>
      session.clients[0]!.until(() => session.clients[0]!.hasEnd(id), 'an end'),
    );
    await Promise.race([wordsAreSaid, Promise.all(ends)]);
    for (const end of ends) end.catch(() => undefined);
    await this.kill();
  }

  private async kill(): Promise<void> {
    const gone = this.service.end('SIGKILL');
    await gone;
    this.figures.kills++;
    this.progress.moved();
    for (const session of this.sessions) session.rememberShown();
  }

  /** Starts the service; now and then it dies again before, or just after, it serves. */
  private async start(): Promise<void> {
    while (this.next() < 0.2 && this.figures.kills < this.options.kills) {
      const starting = this.service.start();
      const early = Math.floor(this.next() * 900);
      await Promise.race([starting, new Promise((resolve) => setTimeout(resolve, early))]);
      await this.kill();
      this.figures.killedAtStart++;
    }
    this.startedAt = performance.now();
    if (!(await this.service.start())) throw new Error(`The service did not start: ${this.service.complaints}`);
    this.progress.moved();
  }

  /** Resolves with `false` when there is something wrong already: what comes after would only wait for it. */
  private async examine(): Promise<boolean> {
    for (const session of this.sessions) await session.endsAreThere();
    const problems = this.sessions.flatMap((session) => session.problems);
    if (problems.length > 0) {
      this.figures.problems.push(...problems);
      return false;
    }
    this.figures.slowestEndsMs = Math.max(this.figures.slowestEndsMs, Math.round(performance.now() - this.startedAt));
    for (const session of this.sessions) await session.settled();
    for (const session of this.sessions) await session.resend(this.next());
    const audited = this.sessions[Math.floor(this.next() * this.sessions.length)];
    await audited?.audit();
    return true;
  }

  private async renew(): Promise<void> {
    await this.retire();
    const server = () => this.service.url;
    this.sessions = Array.from({ length: this.options.sessions }, () => new WatchedSession(server, this.progress));
  }

  private async retire(): Promise<void> {
    const { figures } = this;
    for (const session of this.sessions) {
      await session.audit();
      session.close();
      figures.complete += session.countEnds('complete');
      figures.interrupted += session.countEnds('interrupted');
      figures.answers = figures.complete + figures.interrupted;
      figures.doubleRuns += session.doubleRuns(this.upstream.counts);
      for (const { ledger, resumed } of session.clients) {
        figures.frames += ledger.frames;
        figures.resumed += resumed;
      }
      figures.problems.push(...session.problems);
    }
    this.sessions = [];
  }
}
