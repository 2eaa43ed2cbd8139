// How to talk to each kind of server: what to say first, how to ask, and what a message says. `take` gets each message and
// the client it came to, and returns what it means: `ready` (may be asked), `reply` (to be sent), `text`, `done`. It throws
// when the server said something wrong. `client.seq` is the number of the last frame of that client; it begins at 0.

/** Passed through: events as the model wrote them. */
const openAi = {
  transport: 'events',
  path: '/v1/chat/completions',
  ask: (content) => JSON.stringify({ model: 'bench', stream: true, messages: [{ role: 'user', content }] }),
  take(text) {
    if (text === '[DONE]') return { done: true };
    return { text: JSON.parse(text).choices[0].delta.content };
  },
};

const aiSdk = {
  transport: 'events',
  path: '/',
  ask(content) {
    const message = { id: 'question', role: 'user', parts: [{ type: 'text', text: content }] };
    return JSON.stringify({ messages: [message] });
  },
  take(text) {
    if (text === '[DONE]') return { done: true };
    const part = JSON.parse(text);
    if (part.type === 'error') throw new Error(part.errorText);
    return part.type === 'text-delta' ? { text: part.delta } : {};
  },
};

/** Three phases over a plain socket, as most home-made servers have it. */
const plain = {
  transport: 'socket',
  path: '/',
  ask: (content) => JSON.stringify({ event: 'chat', data: { content } }),
  take(text, client) {
    const { event, data } = JSON.parse(text);
    inOrder(client, data.seq);
    if (event === 'chunk') return { text: data.chunk };
    return event === 'end' ? { done: true } : {};
  },
};

const socketIo = {
  transport: 'socket',
  path: '/socket.io/?EIO=4&transport=websocket',
  ask: (content) => '42' + JSON.stringify(['chat', { content }]),
  take(text, client) {
    if (text.startsWith('0')) return { reply: '40' };
    if (text === '2') return { reply: '3' };
    if (text.startsWith('40')) return { ready: true };
    const [event, data] = JSON.parse(text.slice(2));
    inOrder(client, data.seq);
    if (event === 'chunk') return { text: data.chunk };
    return event === 'end' ? { done: true } : {};
  },
};

const chatStream = {
  transport: 'socket',
  path: '/ws/chat',
  greeting: JSON.stringify({ type: 'hello', protocol: 1, client_id: 'bench' }),
  ask: (content) => JSON.stringify({ type: 'message', content }),
  take(text, client) {
    const frame = JSON.parse(text);
    if (frame.type === 'error') throw new Error(frame.message);
    if (frame.type === 'session') client.session = frame;
    if (frame.type === 'history') return { ready: true };
    if (frame.seq === undefined || frame.type === 'session') return {};
    inOrder(client, frame.first_seq ?? frame.seq, frame.seq);
    if (frame.session_id !== client.session.session_id) throw new Error(`A frame of session ${frame.session_id}`);
    if (frame.type !== 'message_stream') return {};
    if (frame.stream_start) client.answer = frame.id;
    if (frame.id !== client.answer) throw new Error(`A frame of answer ${frame.id} within ${client.answer}`);
    if (!frame.stream_end) return { text: frame.chunk };
    if (frame.metadata.status !== 'complete') throw new Error(`Ended as ${frame.metadata.status}`);
    return { done: true };
  },
};

export const DIALECTS = { openAi, aiSdk, plain, socketIo, chatStream };

function inOrder(client, first, last = first) {
  if (first !== client.seq + 1) throw new Error(`Frame ${first} came after frame ${client.seq}`);
  client.seq = last;
}
