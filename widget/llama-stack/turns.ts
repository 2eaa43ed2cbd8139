import { llamaStack, type ServerFrameInput } from '@chat-stream/protocol';

type HistoryMessage = Extract<ServerFrameInput, { type: 'history' }>['messages'][number];

/** Makes messages of the turns of a session, oldest first. */
export function messagesOf(turns: unknown, sessionId: string): HistoryMessage[] {
  return llamaStack.asList(turns).flatMap((turn, index): HistoryMessage[] => {
    const id = llamaStack.asText(turn['turn_id']) || `turn-${index}`;
    const asked = llamaStack.asList(turn['input_messages']).findLast(({ role }) => role === 'user');
    const question: HistoryMessage = {
      id: `${id}:question`,
      content: llamaStack.textOf(asked?.['content']),
      sender: 'user',
      timestamp: timeOf(turn['started_at']),
      session_id: sessionId,
    };
    return asked === undefined ? [answerOf(turn, id, sessionId)] : [question, answerOf(turn, id, sessionId)];
  });
}

/** A stored turn says the same as the stream's last event did. */
function answerOf(turn: llamaStack.Fields, id: string, sessionId: string): HistoryMessage {
  const reader = new llamaStack.TurnReader();
  const outputs = reader.take({ event: { payload: { event_type: 'turn_complete', turn } } });
  const deltas = outputs.flatMap((output) =>
    ['text', 'correction', 'end', 'awaiting', 'failed'].includes(output.type) ? [] : [output],
  );
  return {
    id,
    content: reader.text,
    sender: 'ai',
    timestamp: timeOf(turn['completed_at'] ?? turn['started_at']),
    session_id: sessionId,
    metadata: { reply_to: `${id}:question`, streaming: false, status: 'complete' },
    ...(deltas.length === 0 ? {} : { deltas }),
  } as HistoryMessage;
}

function timeOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
