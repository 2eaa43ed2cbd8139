import { expect } from 'chai';
import fc from 'fast-check';
import { Directive, directive, type ElementPart } from 'lit/directive.js';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';
import { html, noChange, nothing, render } from 'lit/html.js';

const lit = { Directive, directive, guard, html, noChange, nothing, render, repeat };
type Kit = typeof lit;

/** What `/chat-stream.js` has in place of Lit, as the test runner serves it. */
const FILE = '/widget/dist/stand-ins/lit.js';
const standIn = (await import(FILE)) as Kit;

/** What a place in a template can hold, told so that both kits can draw it. */
type Value =
  | { readonly kind: 'plain'; readonly plain: string | number | null | undefined }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'text'; readonly values: readonly [Value, Value] }
  | { readonly kind: 'box'; readonly plain: string | undefined; readonly isOn: boolean; readonly inner: Value }
  | { readonly kind: 'icon'; readonly path: string }
  | { readonly kind: 'row'; readonly items: readonly Value[] }
  | { readonly kind: 'list'; readonly keys: readonly string[]; readonly inner: Value }
  | { readonly kind: 'guarded'; readonly input: number; readonly inner: Value };

/** Draws values with one of the kits into a root of its own. */
function painter({ html, nothing, render, repeat, guard }: Kit) {
  const root = document.createElement('div');
  const nodes = new Map<string, Element>();
  const ids = new Map<Element, number>();

  function nodeOf(name: string): Element {
    const node = nodes.get(name) ?? document.createElement('b');
    nodes.set(name, node);
    return node;
  }

  function draw(value: Value): unknown {
    switch (value.kind) {
      case 'plain':
        return value.plain;
      case 'nothing':
        return nothing;
      case 'node':
        return nodeOf(value.name);
      case 'text':
        return html`a ${draw(value.values[0])}<i></i>${draw(value.values[1])}`;
      case 'box':
        return html`<p
          class="box ${value.plain} ${value.isOn ? 'on' : 'off'}"
          title=${value.plain ?? nothing}
          ?hidden=${value.isOn}
        >
          <span>${draw(value.inner)}</span>
        </p>`;
      case 'icon':
        return html`<svg viewBox="0 0 1 1"><path d=${value.path} /></svg>`;
      case 'row':
        return html`<ol>
          ${value.items.length === 0 ? nothing : value.items.map(draw)}
        </ol>`;
      case 'list': {
        const one = (key: string) => html`<li id=${key}>${key} ${draw(value.inner)}</li>`;
        return html`<ul>
          ${repeat(value.keys, (key) => key, one)}
        </ul>`;
      }
      case 'guarded':
        return html`<em>${guard([value.input], () => draw(value.inner))}</em>`;
    }
  }

  /** All that is there, with a number for each element that it keeps for as long as it stays. */
  function outline(node: Node): string {
    if (node instanceof Text) return node.data.replace(/\s+/g, ' ');
    if (!(node instanceof Element)) return '';
    ids.set(node, ids.get(node) ?? ids.size);
    const attributes = node.getAttributeNames().map((name) => `${name}=${node.getAttribute(name)}`);
    const start = `${node.namespaceURI} ${node.localName} ${ids.get(node)} ${attributes.toSorted().join(' ')}`;
    return `<${start}>${[...node.childNodes].map(outline).join('')}</>`;
  }

  return (value: Value): string => {
    render(html`<main>${draw(value)}</main>`, root);
    return outline(root);
  };
}

const plain = fc.oneof(fc.constantFrom('', 'x', '<b>', 0, null, undefined), fc.string());
const word = fc.constantFrom('', 'x', 'y"z', undefined);

const { value } = fc.letrec<{ value: Value }>((tie) => {
  const inner = tie('value');
  return {
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.record({ kind: fc.constant('plain' as const), plain }),
      fc.record({ kind: fc.constant('nothing' as const) }),
      fc.record({ kind: fc.constant('icon' as const), path: fc.constantFrom('M0 0', 'M1 1') }),
      fc.record({ kind: fc.constant('text' as const), values: fc.tuple(inner, inner) }),
      fc.record({ kind: fc.constant('box' as const), plain: word, isOn: fc.boolean(), inner }),
      fc.record({ kind: fc.constant('row' as const), items: fc.array(inner, { maxLength: 3 }) }),
      fc.record({
        kind: fc.constant('list' as const),
        keys: fc.uniqueArray(fc.constantFrom(...Array.from('abcdefgh'))),
        inner,
      }),
      fc.record({ kind: fc.constant('guarded' as const), input: fc.nat(1), inner }),
    ),
  };
});

const cases: readonly (readonly [string, Kit])[] = [
  ['Lit', lit],
  ['the stand-in', standIn],
];

describe('The stand-in for Lit', () => {
  it('draws what Lit draws, and keeps the elements that Lit keeps', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 2, maxLength: 6 }), (values) => {
        const [expected, drawn] = [painter(lit), painter(standIn)];
        for (const one of values) expect(drawn(one)).to.equal(expected(one));
      }),
      { numRuns: 500 },
    );
  });

  it('brings a list from any order into any other', () => {
    const keys = fc.uniqueArray(fc.constantFrom(...Array.from('abcdefghijkl')));
    fc.assert(
      fc.property(fc.array(keys, { minLength: 2, maxLength: 6 }), (orders) => {
        const [expected, drawn] = [painter(lit), painter(standIn)];
        for (const order of orders) {
          const list: Value = { kind: 'list', keys: order, inner: { kind: 'plain', plain: 'x' } };
          expect(drawn(list)).to.equal(expected(list));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('shows a node of others where it is put, and takes it away', () => {
    const [expected, drawn] = [painter(lit), painter(standIn)];
    const node = (name: string): Value => ({ kind: 'node', name });
    const both = (first: Value, second: Value): Value => ({ kind: 'text', values: [first, second] });
    const none: Value = { kind: 'nothing' };
    const steps = [
      both(node('a'), none),
      both(none, node('a')),
      both(node('b'), node('a')),
      node('a'),
      none,
      node('b'),
    ];
    for (const step of steps) expect(drawn(step)).to.equal(expected(step));
  });
});

for (const [name, kit] of cases) {
  describe(`With ${name}`, () => {
    let root: HTMLElement;
    beforeEach(() => document.body.append((root = document.createElement('div'))));
    afterEach(() => root.remove());

    const draw = (keys: string) => {
      const one = (key: string) => kit.html`<button id=${key}></button>`;
      kit.render(kit.html`${kit.repeat(Array.from(keys), (key) => key, one)}`, root);
    };

    for (const [before, after, moved] of [
      ['cde', 'abcde', ''],
      ['cde', 'cdefg', ''],
      ['abcde', 'bd', ''],
      ['acd', 'axcyd', ''],
      ['abcd', 'bcda', 'a'],
      ['abcd', 'dabc', 'd'],
      ['abcd', 'acbd', 'b'],
      ['abcdef', 'fbcxde', 'f'],
    ] as const) {
      it(`from ${before} to ${after}, ${moved === '' ? 'nothing' : `only ${moved}`} is moved: the others keep their focus`, () => {
        for (const focused of before) {
          if (!after.includes(focused) || moved.includes(focused)) continue;
          draw('');
          draw(before);
          root.querySelector<HTMLElement>(`#${focused}`)?.focus();
          draw(after);
          expect([...root.children].map(({ id }) => id).join('')).to.equal(after);
          expect(document.activeElement?.id).to.equal(focused);
        }
      });
    }

    it('an event goes to the listener that was drawn last, once', () => {
      const heard: string[] = [];
      for (const word of ['first', 'second', 'second', 'third']) {
        kit.render(kit.html`<button @click=${(event: Event) => heard.push(`${word} ${event.type}`)}></button>`, root);
        root.querySelector('button')?.click();
      }
      expect(heard).to.deep.equal(['first click', 'second click', 'second click', 'third click']);
    });

    it('a directive gets the element that it stands on, each time', () => {
      const seen: unknown[] = [];
      class See extends kit.Directive {
        override render(_word: string): unknown {
          return kit.noChange;
        }
        override update({ element }: ElementPart, [word]: [string]): unknown {
          seen.push(element, word);
          return kit.noChange;
        }
      }
      const see = kit.directive(See);
      for (const word of ['one', 'two']) kit.render(kit.html`<p title=${word} ${see(word)} class=${word}></p>`, root);
      const element = root.firstElementChild;
      expect(element?.outerHTML).to.match(/^<p (title="two" class|class="two" title)="two"><\/p>$/);
      expect(seen).to.deep.equal([element, 'one', element, 'two']);
    });

    it('draws before what stands there, and where it drew before', () => {
      root.append(document.createElement('hr'));
      const options = { renderBefore: root.firstChild };
      const again = (text: string) => kit.render(kit.html`<p>${text}</p>`, root, options);
      again('1');
      const drawn = root.firstElementChild;
      again('2');
      expect([...root.children].map(({ localName }) => localName)).to.deep.equal(['p', 'hr']);
      expect([root.firstElementChild, root.textContent]).to.deep.equal([drawn, '2']);
    });

    it('when drawing throws, the next drawing is whole', () => {
      const list = (keys: string, bad?: string) => {
        const one = (key: string) => {
          if (key === bad) throw new Error('bad');
          return kit.html`<i id=${key}></i>`;
        };
        kit.render(kit.html`${kit.guard([keys], () => kit.repeat(Array.from(keys), (key) => key, one))}`, root);
      };
      list('ab');
      expect(() => list('bca', 'c')).to.throw('bad');
      list('cb');
      expect([...root.children].map(({ id }) => id).join('')).to.equal('cb');
    });
  });
}
