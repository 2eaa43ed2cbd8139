// deep-chat as its package ships it, streaming through its documented `connect.handler`.
import 'deep-chat';

export async function mount(host) {
  const element = document.createElement('deep-chat');
  element.style.cssText = 'display:block;width:800px;height:600px;border:0';
  let signals;
  let started;
  element.connect = {
    stream: true,
    handler(_body, handed) {
      signals = handed;
      signals.onOpen();
      started();
    },
  };
  const drawn = () => new Promise((resolve) => (element.onComponentRender = resolve));
  const first = drawn();
  host.append(element);
  await first;
  const find = (selector) => [...(element.shadowRoot?.querySelectorAll(selector) ?? [])];
  return {
    shows: 'text',
    composer: () => find('#text-input')[0],
    answer: () => find('.ai-message-text').at(-1),
    root: () => element.shadowRoot,
    shown: () => find('.message-bubble').length,
    openHistory(messages) {
      element.history = messages.map(({ sender, source }) => ({ role: sender, text: source }));
    },
    start() {
      const begun = new Promise((resolve) => (started = resolve));
      element.submitUserMessage({ text: 'Question' });
      return begun;
    },
    push: (chunk) => signals.onResponse({ text: chunk }),
    end: () => signals.onClose(),
  };
}
