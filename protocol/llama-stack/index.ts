/** The wire of Llama Stack's agents (servers 0.1 to 0.3): requests, turns, and the events of their streams. */
export * from './answer-text.js';
export * from './codec.js';
export * from './content.js';
export * from './events.js';
export * from './fields.js';
export * from './requests.js';
export * from './tools.js';
export * from './turn-reader.js';
export * from './turn.js';
