import { MemoryHistory } from '@chat-stream/backend';
import { openStore } from '../support/store.js';
import { historyConformance } from './history.js';

// One line for each implementation.
historyConformance('memory', () => new MemoryHistory());
historyConformance('sqlite', () => openStore().history);
