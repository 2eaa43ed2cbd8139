import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { FrameLog } from '../frame-log/frame-log.js';
import { JournalFrameLog } from '../frame-log/journal-frame-log.js';
import type { History } from '../history/history.js';
import { SqliteHistory } from '../history/sqlite-history.js';
import type { AgentDefinitions } from '../llama-stack/agent-definitions.js';
import { SqliteAgentDefinitions } from '../llama-stack/sqlite-agent-definitions.js';
import { lockDirectory, prepareDirectory } from './data-directory.js';
import { markDamaged, openDatabase } from './database.js';
import { SqliteHeads } from './sqlite-heads.js';
import { adviceFor, problemOf } from './sqlite.js';
import { StoreError } from './store-error.js';
import { visitorSecret } from './visitor-secret.js';

/** How the embedded store works. */
export interface EmbeddedStoreOptions {
  /** Gets a sentence about everything that is not as it should be, and does not stop the rest. */
  readonly warn: (message: string) => void;
  /**
   * Whether to wait for the disk before something counts as safe; default `false`: it survives the death of the process at
   * any moment, but a power failure may take the last moments.
   */
  readonly fsync?: boolean;
  /** See `JournalOptions.fileSize`. */
  readonly journalFileSize?: number;
}

/** All that a service keeps, in one directory. */
export interface EmbeddedStore {
  readonly frameLog: FrameLog;
  readonly history: History;
  /** Agents made over `/v1/agents`. */
  readonly agentDefinitions: AgentDefinitions;
  /** Signs visitors' tokens; the same after every start. */
  readonly visitorSecret: string;
  /** Closes all and gives the directory back. Closing log and history by themselves does the same; twice does nothing. */
  close(): Promise<void>;
}

/**
 * Opens the store in `dir`, making it when it is not there: the frame log is a journal of its own files, history and heads
 * are in `chat-stream.db`,
 * agents made over the API, once there are any, in `agents.db`. What is damaged is named through `warn`, and does not stop the rest.
 *
 * @throws {StoreError} when the directory can't be used, or another process uses it. The sentence says what to do.
 */
export function openEmbeddedStore(dir: string, options: EmbeddedStoreOptions): EmbeddedStore {
  const { warn, fsync = false, journalFileSize } = options;
  prepareDirectory(dir);
  const unlock = lockDirectory(dir);
  let database: DatabaseSync | undefined;
  try {
    const secret = visitorSecret(dir, warn);
    const path = join(dir, 'chat-stream.db');
    const opened = (database = openDatabase(path, { warn, fsync }));
    const agentDefinitions = new SqliteAgentDefinitions(join(dir, 'agents.db'), { warn, fsync });
    const release = lastOf(2, () => {
      void agentDefinitions.close();
      opened.close();
      unlock();
    });
    const frameLog = new JournalFrameLog(dir, {
      heads: new SqliteHeads(opened),
      warn,
      fsync,
      ...(journalFileSize === undefined ? {} : { fileSize: journalFileSize }),
      onClose: release,
    });
    const history = new SqliteHistory(opened, {
      warn,
      onError: (error) => {
        if (problemOf(error) === 'damaged') markDamaged(path);
      },
      onClose: release,
    });
    const close = async () => {
      await frameLog.close();
      await history.close();
    };
    return { frameLog, history, agentDefinitions, visitorSecret: secret, close };
  } catch (cause) {
    database?.close();
    unlock();
    if (cause instanceof StoreError) throw cause;
    throw new StoreError(`The store in ${dir} can't be opened: ${adviceFor(cause)}`, { cause });
  }
}

/** Calls `done` at the `count`-th call. */
function lastOf(count: number, done: () => void): () => void {
  let left = count;
  return () => {
    if (--left === 0) done();
  };
}
