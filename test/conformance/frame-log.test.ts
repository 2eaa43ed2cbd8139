import { MemoryFrameLog } from '@chat-stream/backend';
import { openStore } from '../support/store.js';
import { frameLogConformance } from './frame-log.js';

// One line for each implementation.
frameLogConformance('memory', () => new MemoryFrameLog());
frameLogConformance('journal', () => openStore().frameLog);
// Files of a few lines: every test crosses several of them.
frameLogConformance('journal in small files', () => openStore({ journalFileSize: 2_000 }).frameLog);
