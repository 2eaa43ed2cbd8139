// What the benchmark itself costs: everything is paced, nothing is drawn.
export function mount(host) {
  const composer = document.createElement('textarea');
  host.append(composer);
  return {
    shows: 'nothing',
    composer: () => composer,
    answer: () => undefined,
    root: () => host,
    shown: () => 0,
    openHistory() {},
    start() {},
    push() {},
    end() {},
  };
}
