import { MemoryHistory } from '@chat-stream/backend';
import { historyConformance } from './history.js';

// One line for each implementation.
historyConformance('memory', () => new MemoryHistory());
