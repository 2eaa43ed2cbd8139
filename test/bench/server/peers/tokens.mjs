// How the peers read the model's answer: the openai package, as its documentation shows it.
import OpenAI from 'openai';

const openai = new OpenAI({ apiKey: 'none', baseURL: `${process.env.UPSTREAM}/v1` });

/** The text of an answer, token by token. */
export async function* tokensOf(content) {
  const messages = [{ role: 'user', content }];
  const chunks = await openai.chat.completions.create({ model: 'bench', stream: true, messages });
  for await (const chunk of chunks) {
    const text = chunk.choices[0]?.delta?.content;
    if (text) yield text;
  }
}
