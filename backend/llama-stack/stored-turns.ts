import { HISTORY_LIMIT, type llamaStack, type Message } from '@chat-stream/protocol';
import { Inject, Injectable } from '@nestjs/common';
import { HISTORY, type History } from '../history/history.js';
import type { Session } from '../session/session.js';
import { TurnFold, type TurnHead } from './turn-fold.js';
import { inputMessagesOf } from './turn-submission.js';

/** What a turn is made of where it is kept: what was asked, and the newest answer to it. */
export interface StoredTurn {
  readonly question: Message;
  readonly answer: Message;
}

/** The turns of a session, read from its messages: every exchange is one, over whatever it came. */
@Injectable()
export class StoredTurns {
  constructor(@Inject(HISTORY) private readonly history: History) {}

  /** All of them, oldest first; the one that is being answered is the last. */
  async list(session: Session): Promise<llamaStack.Turn[]> {
    return pairs(await this.messages(session)).map(({ question, answer }) => foldOf(question, answer).turn());
  }

  /** One of them, also while it is being answered. */
  async find(session: Session, turnId: string): Promise<StoredTurn | undefined> {
    return pairs(await this.messages(session)).find(({ question }) => question.id === turnId);
  }

  private async messages(session: Session): Promise<Message[]> {
    await session.settled();
    const pages: Message[][] = [];
    let before: string | undefined;
    do {
      const page = await this.history.page(session.id, {
        limit: HISTORY_LIMIT.max,
        ...(before === undefined ? {} : { before }),
      });
      pages.unshift(page.messages.map(({ message }) => message));
      before = page.hasMore ? page.messages[0]?.message.id : undefined;
    } while (before !== undefined);
    const { unfinished } = session;
    return [...pages.flat(), ...(unfinished === undefined ? [] : [unfinished])];
  }
}

/** Reads what is kept of an answer. */
export function foldOf(
  question: Message,
  answer: Message,
  emit: (payload: llamaStack.Payload) => void = nobody,
): TurnFold {
  const fold = new TurnFold(headOf(question), answer.id, emit);
  fold.replay(answer);
  return fold;
}

/** What a turn says of itself by the message that began it. */
export function headOf(question: Message): TurnHead {
  return {
    turnId: question.id,
    sessionId: question.session_id ?? '',
    inputMessages: inputMessagesOf(question),
    startedAt: question.timestamp ?? new Date(0).toISOString(),
  };
}

function pairs(messages: readonly Message[]): StoredTurn[] {
  const answers = new Map(
    messages.filter(({ sender }) => sender === 'ai').map((answer) => [answer.metadata.reply_to, answer]),
  );
  return messages.flatMap((question) => {
    const answer = question.sender === 'user' ? answers.get(question.id) : undefined;
    return answer === undefined ? [] : [{ question, answer }];
  });
}

function nobody(): void {}
