import type { ChatCompletionMessageParam } from 'openai/resources';
import { concat, defer, EMPTY, from, map, type Observable, switchMap } from 'rxjs';
import type { AgentEvent, AgentTools, ToolAnswer } from './agent.js';
import { ToolCallParts, type WrittenCall } from './openai-tool-calls.js';

/** How often a model is asked in one turn where nobody says otherwise. */
const MAX_INFERENCES = 10;

/** Asks the model once: with what was said and called in this turn so far, and for the n-th time (0 is the first). */
export type Ask = (
  said: readonly ChatCompletionMessageParam[],
  round: number,
  calls: ToolCallParts,
) => Observable<AgentEvent>;

/** Asks a model, lets the tools that it calls answer, and asks again, until it calls none. */
export function toolLoop(tools: AgentTools, maxInferences: number | undefined, ask: Ask): Observable<AgentEvent> {
  const limit = Math.max(1, maxInferences ?? MAX_INFERENCES);
  const usage = { input_tokens: 0, output_tokens: 0 };
  let hasSpoken = false;

  const round = (said: readonly ChatCompletionMessageParam[], number: number): Observable<AgentEvent> =>
    defer(() => {
      const calls = new ToolCallParts(tools.target);
      let text = '';
      let finish = '';
      const inference = ask(said, number, calls).pipe(
        map((event) => {
          if (event.type === 'usage') {
            usage.input_tokens += event.input_tokens;
            usage.output_tokens += event.output_tokens;
            return { ...event, ...usage };
          }
          if (event.type === 'finish') finish = event.reason;
          if (event.type !== 'text') return event;
          // What the model says after its tools answered is a paragraph of its own.
          const isNext = text === '' && hasSpoken;
          text += event.text;
          return isNext ? { ...event, text: `\n\n${event.text}` } : event;
        }),
      );
      const rest = defer(() => {
        const written = calls.written();
        hasSpoken ||= text !== '';
        // A call that was cut off for want of tokens is no call.
        if (written.length === 0 || number + 1 >= limit || finish === 'length') return EMPTY;
        const answers = Promise.all(written.map((call) => answerTo(call, tools)));
        return from(answers).pipe(
          switchMap((given) => round([...said, callMessage(text, written), ...given.map(resultMessage)], number + 1)),
        );
      });
      return concat(inference, rest);
    });
  return round([], 0);
}

interface Answered {
  readonly call: WrittenCall;
  readonly answer: ToolAnswer;
}

/** What can't be called is answered at once, so that the model can mend it. */
async function answerTo(call: WrittenCall, tools: AgentTools): Promise<Answered> {
  if (call.arguments === undefined) return { call, answer: refusal('The arguments are not a JSON object.') };
  if (!tools.offered.some(({ name }) => name === call.name)) return { call, answer: refusal('There is no such tool.') };
  return { call, answer: await tools.call(call) };
}

function refusal(content: string): ToolAnswer {
  return { content, isError: true };
}

function callMessage(text: string, calls: readonly WrittenCall[]): ChatCompletionMessageParam {
  return {
    role: 'assistant',
    content: text === '' ? null : text,
    tool_calls: calls.map(({ id, name, json }) => ({
      id,
      type: 'function',
      function: { name, arguments: json.trim() === '' ? '{}' : json },
    })),
  };
}

function resultMessage({ call, answer }: Answered): ChatCompletionMessageParam {
  const text = typeof answer.content === 'string' ? answer.content : (JSON.stringify(answer.content) ?? '');
  return { role: 'tool', tool_call_id: call.id, content: answer.isError ? `Error: ${text}` : text };
}
