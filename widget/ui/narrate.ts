import type { ConnectionState } from '../connection/transport.js';
import type { ChatStreamEventDetails, ChatStreamEventName } from '../events.js';
import type { ChatStreamStrings } from '../strings.js';
import type { Announcer } from './announcer.js';

/** Says to screen readers what a sighted visitor sees happen, event by event. */
export function narrate<Name extends ChatStreamEventName>(
  announcer: Announcer,
  strings: ChatStreamStrings,
  name: Name,
  detail: ChatStreamEventDetails[Name],
): void {
  const event: Partial<ChatStreamEventDetails> = { [name]: detail };
  const end = event['chat-stream-stream-end'];
  if (end !== undefined) {
    announcer.finish();
    announcer.say(endingOf(end.status, strings));
  }
  const said = event['chat-stream-message']?.message;
  // A streamed answer was said while it grew.
  if (said?.sender === 'ai' && said.metadata.streaming === undefined) announcer.say(said.content);
  const connection = event['chat-stream-connection'];
  if (connection !== undefined) announcer.say(lossOf(connection.state, connection.previous, strings));
  const error = event['chat-stream-error'];
  if (error !== undefined)
    announcer.say(error.ref === undefined ? error.message : `${strings.notSent} ${error.message}`);
}

function endingOf(
  status: ChatStreamEventDetails['chat-stream-stream-end']['status'],
  strings: ChatStreamStrings,
): string {
  switch (status) {
    case 'complete':
      return '';
    case 'stopped':
      return strings.stopped;
    case 'error':
      return strings.failed;
    case 'interrupted':
      return strings.interrupted;
  }
}

/** A loss is said once, not at every try that fails. */
function lossOf(state: ConnectionState, previous: ConnectionState, strings: ChatStreamStrings): string {
  if (state === 'offline') return strings.offline;
  return state === 'reconnecting' && previous === 'open' ? strings.reconnecting : '';
}
