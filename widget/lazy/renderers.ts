import type { BlockRenderer, Renderers } from '../markdown/block-view.js';
import { guard } from './guard.js';
import type { LazyContext, LazyModules, LazyName } from './lazy-module.js';
import { importLazy } from './modules.js';

/** What the element needs of its page to draw blocks. */
export interface RendererHost extends LazyContext {
  /** The page's own. */
  own(): Renderers;
  /** A renderer is there that was asked for before: blocks that stayed plain can be drawn now. */
  changed(): void;
  /** A renderer threw; its block is plain text now. */
  failed(kind: string, thrown: unknown): void;
}

/** Which part draws which kind of block. */
const LAZY: Readonly<Record<string, Exclude<LazyName, 'parts'>>> = { code: 'code', math: 'math', mermaid: 'diagram' };

/** Once per page, however many elements ask. */
const modules: { -readonly [Name in LazyName]?: LazyModules[Name] } = {};
const loading = new Map<LazyName, Promise<unknown>>();
let attempts = 0;

/** Finds what draws a block: the page's own renderer, or ours, which is loaded when the first block asks for it. */
export class BlockRenderers {
  readonly #host: RendererHost;

  constructor(host: RendererHost) {
    this.#host = host;
  }

  /**
   * The renderer for a kind of block, guarded: it never throws. `undefined`: the block stays plain text, for good, or
   * until `changed` is called.
   */
  readonly find = (kind: string): BlockRenderer | undefined => {
    const host = this.#host;
    const own = host.own();
    const given = Object.hasOwn(own, kind) ? own[kind] : undefined;
    if (given === false) return undefined;
    if (given !== undefined) return guard(given, (thrown) => host.failed(kind, thrown));
    const name = Object.hasOwn(LAZY, kind) ? LAZY[kind] : undefined;
    if (name === undefined) return undefined;
    const module = this.#module(name);
    return (
      module &&
      guard(
        (target, info) => module.render(target, info, host),
        (thrown) => host.failed(kind, thrown),
      )
    );
  };

  /** What draws the parts of an answer beside its text. `undefined`: it is not there until `changed` is called. */
  get parts(): LazyModules['parts']['drawParts'] | undefined {
    return this.#module('parts')?.drawParts;
  }

  /** Loads a file. Rejects after a failure (no network, a policy of the page); the next call tries again. */
  async load<Name extends LazyName>(name: Name): Promise<LazyModules[Name]> {
    let promise = loading.get(name);
    if (promise === undefined) {
      promise = importLazy(name, this.#host.server, attempts).then((module) =>
        Object.assign(modules, { [name]: module }),
      );
      loading.set(name, promise);
    }
    try {
      await promise;
    } catch (error) {
      attempts++;
      loading.delete(name);
      throw error;
    }
    return modules[name] as LazyModules[Name];
  }

  #module<Name extends LazyName>(name: Name): LazyModules[Name] | undefined {
    const module = modules[name];
    if (module === undefined) {
      this.load(name).then(
        () => this.#host.changed(),
        () => undefined,
      );
    }
    return module;
  }
}
