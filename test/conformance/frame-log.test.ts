import { MemoryFrameLog } from '@chat-stream/backend';
import { frameLogConformance } from './frame-log.js';

// One line for each implementation.
frameLogConformance('memory', () => new MemoryFrameLog());
