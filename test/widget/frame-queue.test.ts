import { expect } from 'chai';

const FILE = '/widget/dist/ui/frame-queue.js';
const { FrameQueue } = (await import(FILE)) as typeof import('../../widget/dist/ui/frame-queue.js');

const GAP_MS = 40;
/** Browsers round their clocks. */
const ROUNDING_MS = 2;

const frame = (): Promise<number> => new Promise(requestAnimationFrame);

describe('What is drawn when an answer grows', () => {
  it('begins with the next frame, and keeps its distance from then on', async () => {
    const drawn: number[] = [];
    const queue = new FrameQueue(() => drawn.push(performance.now()));
    queue.request(GAP_MS);
    await frame();
    expect(drawn).to.have.length(1);
    while (drawn.length < 6) {
      queue.request(GAP_MS);
      await frame();
    }
    for (const [index, time] of drawn.slice(1).entries()) {
      expect(time - (drawn[index] ?? 0)).to.be.at.least(GAP_MS - ROUNDING_MS);
    }
    queue.cancel();
  });

  it('comes with the next frame when it is asked for without a distance, and then not once more', async () => {
    let count = 0;
    const queue = new FrameQueue(() => count++);
    queue.now();
    queue.request(60_000);
    queue.request();
    queue.request(60_000);
    await frame();
    await frame();
    expect(count).to.equal(2);
  });

  it('does not come after it was cancelled, however it was asked for', async () => {
    let count = 0;
    const queue = new FrameQueue(() => count++);
    queue.now();
    queue.request(1);
    queue.cancel();
    queue.request();
    queue.cancel();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await frame();
    expect(count).to.equal(1);
  });
});
