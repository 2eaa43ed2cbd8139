import type { LoggedFrame, StoredMessage } from '@chat-stream/backend';

export const SESSIONS: readonly string[];
export function frameAt(id: string, epoch: string, seq: number): LoggedFrame;
export function messageAt(id: string, seq: number): StoredMessage;
export function randomFrom(seed: number): () => number;
