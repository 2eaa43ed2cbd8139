import type { BlockRenderer, Renderers } from '@chat-stream/widget';
import { expect } from 'chai';
import { cleanUp, mountLinked, next, record } from './support/element.js';

interface Found {
  readonly find: (kind: string) => BlockRenderer | undefined;
}
interface Module {
  readonly BlockRenderers: new (host: {
    own: () => Renderers;
    changed: () => void;
    failed: (kind: string, thrown: unknown) => void;
    server: () => string;
    words: () => Readonly<Record<string, string>>;
  }) => Found;
}

const FILE: string = '/widget/dist/lazy/renderers.js';
const INFO = { kind: 'chart', language: 'chart', display: 'block' } as const;

describe('What draws a block', () => {
  let make: (own?: Renderers) => Found;
  let failures: string[] = [];
  let changes = 0;
  let onChange = (): void => {};

  before(async () => {
    const { BlockRenderers } = (await import(FILE)) as Module;
    make = (own = {}) =>
      new BlockRenderers({
        own: () => own,
        changed: () => {
          changes++;
          onChange();
        },
        failed: (kind, thrown) => failures.push(`${kind}: ${String(thrown)}`),
        server: () => '',
        words: () => ({}),
      });
  });
  beforeEach(() => {
    failures = [];
    changes = 0;
  });
  afterEach(cleanUp);

  it('ours is loaded when the first block asks, once for the page, and text stays plain until then', async () => {
    const [one, two] = [make(), make()];
    const changed = new Promise<void>((resolve) => {
      onChange = () => changes === 2 && resolve();
    });
    expect([one.find('code'), two.find('code')]).to.deep.equal([undefined, undefined]);
    await changed;
    expect(one.find('code')).to.be.a('function');
    expect(make().find('code'), 'another element').to.be.a('function');
  });

  it('nothing draws what neither the page nor we know, and no word is a property of objects by accident', () => {
    for (const kind of ['chart', 'constructor', '__proto__', 'toString', ''])
      expect(make().find(kind)).to.equal(undefined);
  });

  it("the page's own goes first, and false leaves a block plain", () => {
    const target = document.createElement('div');
    const own: BlockRenderer = (into) => {
      into.textContent = 'mine';
      return { grow: () => {}, end: () => {} };
    };
    make({ mermaid: own }).find('mermaid')?.(target, INFO)?.end();
    expect(target.textContent).to.equal('mine');
    expect(make({ math: false }).find('math')).to.equal(undefined);
    expect(changes).to.equal(0);
  });

  it('one that throws leaves plain text, at whichever moment, and says so once', () => {
    const thrown = new Error('no');
    const fail = () => {
      throw thrown;
    };
    const cases: [string, BlockRenderer][] = [
      ['at the beginning', fail],
      ['at a piece', (target) => (target.append('half'), { grow: fail, end: () => {} })],
      ['at the end', (target) => ({ grow: (text) => target.append(`<${text}>`), end: fail })],
    ];
    for (const [moment, renderer] of cases) {
      failures = [];
      const target = document.createElement('div');
      const view = make({ chart: renderer }).find('chart')?.(target, INFO);
      view?.grow('a<b>');
      view?.grow('c');
      view?.end();
      expect(failures, moment).to.deep.equal(['chart: Error: no']);
      expect(target.textContent, moment).to.equal(view === undefined ? '' : 'a<b>c');
      expect(target.childElementCount, moment).to.equal(0);
    }
  });

  it('a property that is no object of functions and false is reported, and changes nothing', async () => {
    const { element } = await mountLinked();
    for (const wrong of ['x', 7, { math: true }, { code: {} }]) {
      const reported = next(element, 'chat-stream-error');
      element.renderers = wrong as never;
      const { code, message } = await reported;
      expect(code).to.equal('bad_setting');
      expect(message).to.contain('renderers');
      element.renderers = undefined;
      await element.updateComplete;
    }
    const errors = record(element, 'chat-stream-error');
    element.renderers = { math: false, code: undefined, chart: () => undefined };
    await element.updateComplete;
    expect(errors).to.deep.equal([]);
  });
});
