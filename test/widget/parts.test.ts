import type { ChatStreamElement } from '@chat-stream/widget';
import type { Delta } from '@chat-stream/protocol';
import { expect } from 'chai';
import { cleanUp, mountLinked, need, part, texts, until } from './support/element.js';

/** A red square of 2 by 2 pixels. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg==';

const parts = (element: ChatStreamElement, ...names: readonly string[]): readonly HTMLElement[] => [
  ...(element.shadowRoot?.querySelectorAll<HTMLElement>(names.map((name) => `[part~="${name}"]`).join()) ?? []),
];

describe('What an answer holds beside its text', () => {
  afterEach(cleanUp);

  const setUp = async (attributes: Readonly<Record<string, string>> = {}) => {
    const linked = await mountLinked({ attributes });
    const stream = (fields: object) =>
      linked.link.frame({ type: 'message_stream', id: 'a', metadata: { streaming: true }, ...fields });
    stream({ stream_start: true });
    return {
      ...linked,
      say: (chunk: string, delta?: Delta) =>
        stream({ stream_chunk: true, chunk, ...(delta === undefined ? {} : { delta }) }),
      end: (status: string) => stream({ stream_end: true, metadata: { status } }),
    };
  };
  const step = (step_type: string, phase: 'start' | 'complete', step_id = step_type): Delta => ({
    type: 'step',
    step_id,
    step_type,
    phase,
  });

  it('steps that leave nothing else to see, and how far they have come', async () => {
    const { element, say, end } = await setUp();
    say('', step('shield_call', 'start'));
    await until(() => part(element, 'step'));
    expect(need(element, 'step').dataset['state']).to.equal('running');
    say('', step('shield_call', 'complete'));
    say('', step('inference', 'start'));
    say('Text.', step('memory_retrieval', 'start'));
    end('stopped');
    await until(
      () =>
        parts(element, 'step')
          .map(({ dataset }) => dataset['state'])
          .join() === 'done,failed',
    );
    expect(texts(element, 'step')).to.deep.equal(['shield call', 'memory retrieval']);
  });

  it('a step of which only the end is told', async () => {
    const { element, say } = await setUp();
    say('', step('shield_call', 'complete'));
    await until(() => part(element, 'step'));
    expect(need(element, 'step').dataset['state']).to.equal('done');
  });

  it('what led to the text above it, in the order in which it came, and what belongs to it below', async () => {
    const { element, say, end } = await setUp();
    say('', { type: 'source', url: 'https://example.com/page', title: 'A page' });
    say('', { type: 'tool_call', call_id: '1', tool_name: '', parse_status: 'started' });
    say('', { type: 'reasoning', text: 'Hm.' });
    say('The text.', { type: 'tool_call', call_id: '1', tool_name: 'look', parse_status: 'succeeded' });
    end('complete');
    await until(() => texts(element, 'tool').join() === 'look');
    await until(() => texts(element, 'content').join() === 'The text.');
    const order = parts(element, 'tool', 'reasoning', 'content', 'source').map((node) => node.part[0]);
    expect(order).to.deep.equal(['tool', 'reasoning', 'content', 'source']);
  });

  it('sources as links that name their host, and none that leads where no link may lead', async () => {
    const { element, say } = await setUp();
    say('', { type: 'source', url: 'https://example.com/page', title: 'bank.example' });
    say('', { type: 'source', url: 'javascript:alert(1)', title: 'No' });
    say('', { type: 'source', url: 'https://example.com/other' });
    await until(() => parts(element, 'source').length === 2);
    const [first, second] = parts(element, 'source') as readonly HTMLAnchorElement[];
    expect(first?.textContent).to.equal('bank.example (example.com)');
    expect(first?.rel).to.equal('noopener noreferrer nofollow');
    expect(second?.textContent).to.equal('example.com');
  });

  it('an image that came as a whole, on a canvas', async () => {
    const { element, say } = await setUp();
    say('Here.', { type: 'image', image: PNG });
    await until(() => part<HTMLCanvasElement>(element, 'image')?.width === 2);
    const canvas = need<HTMLCanvasElement>(element, 'image');
    expect([...canvas.getContext('2d')!.getImageData(1, 1, 1, 1).data]).to.deep.equal([255, 0, 0, 255]);
    expect(canvas.getAttribute('aria-label')).to.equal('Image');
  });

  it('no image of what is none', async () => {
    const { element, say } = await setUp();
    say('', { type: 'image', image: 'bm8=' });
    say('', { type: 'image', image: '%%%' });
    say('', { type: 'image', url: 'data:image/svg+xml;base64,PHN2Zy8+' });
    say('', { type: 'image', image: PNG });
    await until(
      () => parts(element, 'image').length === 1 && (parts(element, 'image')[0] as HTMLCanvasElement).width === 2,
    );
  });

  it('an image with an address only from a host that the site allows', async () => {
    const { element, say } = await setUp({ 'image-hosts': location.host });
    say('', { type: 'image', url: 'https://example.com/x.png' });
    say('', { type: 'image', url: `${location.origin}/missing.png` });
    await until(() => parts(element, 'image').length === 2);
    const [chip, image] = parts(element, 'image');
    expect(chip?.localName).to.equal('a');
    expect(chip?.textContent).to.contain('(example.com)');
    expect(image?.localName).to.equal('img');
  });

  it("data of the host's own, by the page's renderer of that name", async () => {
    const { element, say } = await setUp();
    element.renderers = {
      weather: (target) => {
        let json = '';
        return {
          grow: (text) => void (json += text),
          end: () => target.append(`It is ${(JSON.parse(json) as { degrees: number }).degrees} degrees.`),
        };
      },
    };
    say('', { type: 'data', name: 'weather', data: { degrees: 7 } });
    say('', { type: 'data', name: 'unknown', data: 1 });
    await until(() => part(element, 'data'));
    expect(texts(element, 'data')).to.deep.equal(['It is 7 degrees.']);
  });

  it('what was drawn stays the same element while more comes, and goes when the answer begins anew', async () => {
    const { element, link, say } = await setUp();
    say('', step('shield_call', 'start'));
    await until(() => part(element, 'step'));
    const first = need(element, 'step');
    say('', { type: 'reasoning', text: 'More' });
    await until(() => part(element, 'reasoning'));
    expect(part(element, 'step') === first, 'the same').to.equal(true);
    link.frame({ type: 'message', id: 'a', content: 'Whole.', sender: 'ai', metadata: {} });
    await until(() => parts(element, 'step', 'reasoning').length === 0);
  });
});
