// The product as pages load it, with a link: the page plays the server (PROTOCOL.md, part 6).

/** A peer that loads the element from this folder. */
export function peerFrom(folder) {
  return async function mount(host) {
    await load(`${folder}chat-stream.js`);
    const element = document.createElement('chat-stream');
    const server = new Server();
    element.link = server;
    host.append(element);
    const find = (selector) => [...(element.shadowRoot?.querySelectorAll(selector) ?? [])];
    return {
      // Before there was Markdown, a text was shown as it is: `--base` may be such a build.
      get shows() {
        return this.answer()?.matches('.markdown') ? 'text' : 'source';
      },
      composer: () => find('[part~=input]')[0],
      answer: () => find('[part~=message-ai] [part~=content]').at(-1),
      root: () => element.shadowRoot,
      shown: () => find('[part~=message]').length,
      openHistory: (messages) => server.open(messages),
      start: () => server.start(),
      push: (chunk) => server.chunk(chunk),
      end: () => server.end(),
    };
  };
}

export const mount = peerFrom('/chat-stream/');

/** A classic script, as in the documentation: most pages have no other. */
function load(src) {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.addEventListener('load', resolve, { once: true });
    script.addEventListener('error', () => reject(new Error(`${src} can't be loaded`)), { once: true });
    script.src = src;
    document.head.append(script);
  });
}

const nextTask = () => new Promise((resolve) => setTimeout(resolve));

class Server {
  #handlers;
  #seq = 0;
  #answers = 0;

  connect(handlers) {
    this.#handlers = handlers;
    return this.open([]);
  }

  send() {}

  close() {}

  /** Another session, with these messages. Each frame comes in a task of its own, as messages of a socket do. */
  async open(history) {
    const messages = history.map(({ sender, source }, index) => ({
      id: `h${index}`,
      content: source,
      sender,
      timestamp: new Date().toISOString(),
      metadata: sender === 'ai' ? { streaming: false, status: 'complete' } : {},
      attachments: [],
    }));
    this.#seq = messages.length;
    const session = { session_id: `session-${messages.length}-0123456789`, epoch: 'e', seq: this.#seq, resumed: false };
    await nextTask();
    this.#handlers.frame({ type: 'session', ...session, agents: [], config: {} });
    await nextTask();
    this.#handlers.frame({ type: 'history', messages, has_more: false, seq: this.#seq });
  }

  start() {
    const question = { id: `q${++this.#answers}`, content: 'Question', sender: 'user', metadata: {}, attachments: [] };
    this.#push({ type: 'message', ...question });
    this.#stream({ stream_start: true });
  }

  chunk(chunk) {
    this.#stream({ chunk, stream_chunk: true });
  }

  end() {
    this.#stream({ stream_end: true, metadata: { streaming: false, status: 'complete' } });
  }

  #stream(phase) {
    this.#push({
      type: 'message_stream',
      id: `a${this.#answers}`,
      sender: 'ai',
      agentId: 'bench',
      agentName: 'Bench',
      agentType: 'bench',
      stream_start: false,
      stream_chunk: false,
      stream_end: false,
      metadata: { reply_to: `q${this.#answers}`, streaming: true },
      ...phase,
    });
  }

  #push(frame) {
    this.#handlers.frame({ ...frame, timestamp: new Date().toISOString(), seq: ++this.#seq });
  }
}
