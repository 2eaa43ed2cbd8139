/** The wire of chat-stream: what travels, how it is read and written, and what it makes of a conversation. */
export * from './apply-frame.js';
export * from './close-codes.js';
export * from './codec.js';
export * from './delta.js';
export * from './errors.js';
export * from './frames.js';
export * from './message.js';
/** The wire of Llama Stack's agents, beside ours: `llamaStack.decodeTurnEvent(…)`. */
export * as llamaStack from './llama-stack/index.js';
