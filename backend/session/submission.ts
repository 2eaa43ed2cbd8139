import type { ClientFrameOf } from '@chat-stream/protocol';
import { ChatError } from '../chat-error.js';
import type { Decision } from './client-tools.js';
import type { Submission } from './session.js';

/**
 * What a `message` frame asks a session to take, whatever it came over.
 *
 * @throws {ChatError} `bad_message` when there is nothing in it.
 */
export function toSubmission({ id, content, metadata }: ClientFrameOf<'message'>): Submission {
  // How far a message has come is ours to say, not the client's.
  const { session_id: _, agentType, attachments = [], streaming: _1, status: _2, error: _3, ...rest } = metadata;
  if (content.trim() === '' && attachments.length === 0) {
    throw new ChatError('bad_message', 'A message needs a content that is not blank, or an attachment.', { ref: id });
  }
  return { id, content, agent: agentType ?? undefined, attachments, metadata: rest };
}

/** What an `approval` frame decides, whatever it came over. */
export function toDecision({ id, call_id, approved, comment }: ClientFrameOf<'approval'>): Decision {
  return {
    callId: call_id,
    approved,
    ...(id === undefined ? {} : { answerId: id }),
    ...(comment === undefined ? {} : { comment }),
  };
}
