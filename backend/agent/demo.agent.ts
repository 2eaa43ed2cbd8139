import type { AgentInfo } from '@chat-stream/protocol';
import { concat, interval, map, type Observable, of, take } from 'rxjs';
import type { Agent, AgentEvent, AgentTurn } from './agent.js';

const CHARACTERS_PER_STEP = 10;
const STEP_MS = 100;
/** More of a question than this is not repeated, so that a pasted book does not keep the demo busy for an hour. */
const MAX_ECHO = 1000;

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Answers without a key, a model or another server: ten characters every 100 ms. What it says depends on the message
 * alone, so that two visitors, two tabs and a test see the same.
 */
export class DemoAgent implements Agent {
  readonly info: AgentInfo = {
    name: 'demo',
    displayName: 'Demo',
    description: 'Answers without a model, to show how an answer streams.',
    category: 'demo',
    capabilities: ['streaming'],
  };

  execute(turn: AgentTurn): Observable<AgentEvent> {
    const steps = inSteps(answerTo(turn.message.content));
    return concat(
      interval(STEP_MS).pipe(
        take(steps.length),
        map((index): AgentEvent => ({ type: 'text', text: steps[index] ?? '' })),
      ),
      of<AgentEvent>({ type: 'finish', reason: 'stop' }),
    );
  }
}

function answerTo(question: string): string {
  return [
    'Hello! I am the built-in demo agent: no model is connected yet, and I write ten characters every tenth of a second, ' +
      'so that you can see how an answer streams.',
    `You asked: “${shortened(question)}”`,
    'To talk to a real model, set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own ' +
      '(Ollama, vLLM, llama.cpp, LM Studio), and OPENAI_MODEL; then start the server again.',
  ].join('\n\n');
}

function shortened(question: string): string {
  const characters = charactersOf(question.trim().slice(0, MAX_ECHO * 4));
  return characters.length > MAX_ECHO ? characters.slice(0, MAX_ECHO).join('') + '…' : characters.join('');
}

/** Never cuts within what a reader sees as one character. */
function inSteps(text: string): string[] {
  const characters = charactersOf(text);
  return Array.from({ length: Math.ceil(characters.length / CHARACTERS_PER_STEP) }, (_, step) =>
    characters.slice(step * CHARACTERS_PER_STEP, (step + 1) * CHARACTERS_PER_STEP).join(''),
  );
}

function charactersOf(text: string): string[] {
  return Array.from(graphemes.segment(text), ({ segment }) => segment);
}
