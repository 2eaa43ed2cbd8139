// The product's build of another checkout (`--base`).
import { peerFrom } from './chat-stream.js';

export const mount = peerFrom('/base/');
