import { decodeServerFrame, parseServerFrame, PROTOCOL_VERSION, toJson } from '@chat-stream/protocol';
import { newId } from './ids.js';
import { receive } from './receive.js';

/** What the element has anyway, and a transport in a file of its own is given: two copies of the schemas would be large. */
export const wire = { decodeServerFrame, parseServerFrame, PROTOCOL_VERSION, toJson, newId, receive };

/** See {@link wire}. */
export type Wire = typeof wire;
