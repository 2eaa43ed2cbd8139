import type { AnswerStatus, Message, StreamFrame } from '@chat-stream/protocol';

/** The end of an answer whose server will not write one: a server of the original kind, or one that is given up. */
export function endFrame(message: Message, status: AnswerStatus): StreamFrame {
  return {
    type: 'message_stream',
    id: message.id,
    sender: 'ai',
    timestamp: undefined,
    stream_start: false,
    stream_chunk: false,
    stream_end: true,
    metadata: { ...message.metadata, streaming: false, status },
  };
}
