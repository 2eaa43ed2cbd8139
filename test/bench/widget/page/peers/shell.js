// The least of a chat page, for the peers that only draw text.

/**
 * A peer made of `draw(element)`, which begins to draw an answer and returns `{ push(chunk), flush() }`: `flush` runs once
 * per painted frame in which something came.
 */
export function peerOf(draw, shows) {
  return function mount(host) {
    const scroller = add(host, 'div', 'scroller');
    const composer = add(host, 'textarea', 'composer');
    const toEnd = () => (scroller.scrollTop = scroller.scrollHeight);
    let answer;
    let drawing;
    let request;
    const flush = () => {
      cancelAnimationFrame(request);
      request = undefined;
      drawing.flush();
      toEnd();
    };
    const begin = (sender) => {
      answer = add(scroller, 'div', `message ${sender}`);
      drawing = draw(answer);
    };
    return {
      shows,
      composer: () => composer,
      answer: () => answer,
      root: () => scroller,
      shown: () => scroller.childElementCount,
      openHistory(messages) {
        for (const { sender, source } of messages) {
          begin(sender);
          drawing.push(source);
          drawing.flush();
        }
        toEnd();
      },
      start: () => begin('ai'),
      push(chunk) {
        drawing.push(chunk);
        request ??= requestAnimationFrame(flush);
      },
      end: flush,
    };
  };
}

export function add(parent, name, className = '') {
  const element = document.createElement(name);
  element.className = className;
  parent.append(element);
  return element;
}
