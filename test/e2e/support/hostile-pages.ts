/** Where a page's script tag of ours comes from. */
export interface Places {
  /** The service's origin. */
  readonly service: string;
  /** The page's own origin. */
  readonly pages: string;
}

/** One row of the matrix: a page that makes it hard, in a way that real pages do. */
export interface HostilePage {
  readonly name: string;
  /** The whole page. */
  html(places: Places): string;
  /** Default: `text/html`. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The chat is in a frame of the page; the path that the frame's own page is served at. */
  readonly inner?: { html(places: Places): string; headers?: Readonly<Record<string, string>> };
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly forcedColours?: true;
  /** The chat is where the element cannot be: in a frame of the server. */
  readonly framed?: true;
  /** The properties of the parts that this page rightly changes. */
  readonly mayDiffer?: readonly string[];
}

interface Parts {
  readonly doctype?: string;
  readonly html?: string;
  readonly head?: string;
  readonly body?: string;
  readonly script?: (places: Places) => string;
}

const tag = ({ service }: Places, more = 'data-mode="launcher"', file = 'chat-stream.js') =>
  `<script src="${service}/${file}" ${more}></script>`;

function page(parts: Parts = {}): (places: Places) => string {
  const { doctype = '<!doctype html>', html = '', head = '', body = '', script = (places) => tag(places) } = parts;
  return (places) =>
    `${doctype}<html lang="en" ${html}><head><meta charset="utf-8"><title>A page</title>${head}</head>` +
    `<body><p>Words of the page.</p>${body}${script(places)}</body></html>`;
}

const style = (css: string) => page({ head: `<style>${css}</style>` });
const before = (code: string) => page({ head: `<script>${code}</script>` });

const BLOCKED_STORAGE = `
  for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches'])
    Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError'); } });
  Object.defineProperty(document, 'cookie', { get() { throw new DOMException('no', 'SecurityError'); } });`;

/** As Prototype 1.6 does it: enumerable, and over what the browser has. */
const LIKE_PROTOTYPE_JS = `
  const add = (to, names) => { for (const name in names) to[name] = names[name]; };
  add(Array.prototype, {
    toJSON() { return '[' + this.join(',') + ']'; }, each(f) { this.forEach(f); }, first() { return this[0]; }, last() { return this[this.length - 1]; },
    include(x) { return this.indexOf(x) >= 0; }, compact() { return this.filter(Boolean); }, clear() { this.length = 0; return this; },
  });
  add(String.prototype, { toJSON() { return '"' + this + '"'; }, strip() { return this.trim(); }, toArray() { return this.split(''); } });
  Function.prototype.bind = function () { const f = this, [self, ...args] = arguments; return function () { return f.apply(self, args.concat([...arguments])); }; };
  Array.from = function (list) { const made = []; for (let i = 0; i < list.length; i++) made.push(list[i]); return made; };
  Element.prototype.remove = function () { if (this.parentNode) this.parentNode.removeChild(this); return this; };
  add(Element.prototype, { show() { return this; }, hide() { return this; }, update() { return this; }, select() { return []; }, visible() { return true; } });
  document.getElementsByClassName = function () { return []; };`;

/** As MooTools 1.2 does it. */
const LIKE_MOOTOOLS = `
  for (const [to, names] of [[String.prototype, 'test contains trim clean camelCase hyphenate capitalize toInt rgbToHex'], [Array.prototype, 'each every2 clean associate link contains extend getLast getRandom include combine erase empty flatten'], [Number.prototype, 'limit times each toInt'], [Function.prototype, 'create run attempt delay periodical bindWithEvent pass']])
    for (const name of names.split(' ')) to[name] ??= function () { return this; };
  Function.prototype.bind = function (self, args) { const f = this; return function () { return f.apply(self, args ?? arguments); }; };
  window.$ = (id) => document.getElementById(id); window.$$ = () => []; window.$type = () => false;
  Array.prototype.flatten = () => { throw new Error('flatten'); };
  window.Event = Object.assign(function () { throw new TypeError('Event of the page'); }, { prototype: Event.prototype });`;

/** As zone.js does it: everything asynchronous is its own. */
const LIKE_ZONE_JS = `
  const native = Promise;
  class ZonePromise {
    constructor(work) { this.inner = new native(work); }
    then(a, b) { const p = Object.create(ZonePromise.prototype); p.inner = this.inner.then(a, b); return p; }
    catch(b) { return this.then(undefined, b); }
    finally(f) { const p = Object.create(ZonePromise.prototype); p.inner = this.inner.finally(f); return p; }
    static resolve(v) { return new ZonePromise((done) => done(v)); }
    static reject(v) { return new ZonePromise((_, fail) => fail(v)); }
    static all(list) { return new ZonePromise((done, fail) => native.all(list).then(done, fail)); }
    static race(list) { return new ZonePromise((done, fail) => native.race(list).then(done, fail)); }
    static allSettled(list) { return new ZonePromise((done, fail) => native.allSettled(list).then(done, fail)); }
    static any(list) { return new ZonePromise((done, fail) => native.any(list).then(done, fail)); }
  }
  window.Promise = ZonePromise;
  for (const name of ['setTimeout', 'setInterval', 'requestAnimationFrame', 'queueMicrotask']) {
    const original = window[name];
    window[name] = function (work, ...rest) { return original.call(window, (...args) => work(...args), ...rest); };
  }
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  const wrapped = new WeakMap();
  EventTarget.prototype.addEventListener = function (name, listener, options) {
    if (!listener) return addEventListener.call(this, name, listener, options);
    const wrap = wrapped.get(listener) ?? function (event) { return typeof listener === 'function' ? listener.call(this, event) : listener.handleEvent(event); };
    wrapped.set(listener, wrap);
    return addEventListener.call(this, name, wrap, options);
  };
  EventTarget.prototype.removeEventListener = function (name, listener, options) {
    return removeEventListener.call(this, name, wrapped.get(listener) ?? listener, options);
  };
  for (const name of ['MutationObserver', 'ResizeObserver', 'IntersectionObserver']) {
    const Native = window[name];
    window[name] = function (work, options) { return new Native(function (...args) { return work.apply(this, args); }, options); };
    window[name].prototype = Native.prototype;
  }`;

const EVERYTHING_BLOCK = `* { display: block !important; position: static !important; float: left !important; margin: 20px !important;
  padding: 30px !important; border: 9px solid red !important; width: 37px !important; height: 11px !important; font: 40px/3 fantasy !important; color: red !important;
  background: yellow !important; letter-spacing: 9px !important; text-transform: uppercase !important; text-align: right !important; opacity: .2 !important;
  visibility: hidden !important; pointer-events: none !important; user-select: none !important;
  white-space: nowrap !important; word-spacing: 9px !important; text-indent: 40px !important; cursor: wait !important; animation: none !important; z-index: -1 !important }
  body * { transform: rotate(9deg) !important; filter: blur(3px) !important }
  *::before, *::after { content: 'x' !important }`;

const inFrame = (attributes: string) =>
  page({ body: `<iframe src="/inner" width="500" height="600" ${attributes}></iframe>`, script: () => '' });

/** The matrix. The first row is the page that all others are compared with. */
export const HOSTILE_PAGES: readonly HostilePage[] = [
  { name: 'a plain page', html: page() },
  { name: '* { all: unset !important }', html: style('* { all: unset !important }') },
  { name: '* { display: block !important; font-size: 40px !important; … }', html: style(EVERYTHING_BLOCK) },
  { name: 'html { font-size: 62.5% }', html: style('html { font-size: 62.5% } body { font-size: 1.6rem }') },
  { name: 'quirks mode', html: page({ doctype: '' }) },
  { name: '<base> elsewhere', html: page({ head: '<base href="https://elsewhere.example/deep/" target="_blank">' }) },
  { name: 'dir="rtl"', html: page({ html: 'dir="rtl"' }), mayDiffer: ['direction'] },
  {
    name: 'a page that names no encoding',
    html: (places) => page()(places).replace('<meta charset="utf-8">', ''),
    type: 'text/html',
  },
  { name: 'a sandboxed frame (allow-scripts)', html: inFrame('sandbox="allow-scripts"'), inner: { html: page() } },
  {
    name: 'a frame with a csp attribute',
    html: (places) =>
      inFrame(
        `csp="default-src 'none'; script-src ${places.service}; style-src 'self'; connect-src ${places.service} ${places.service.replace('http', 'ws')}"`,
      )(places),
    inner: { html: page(), headers: { 'Allow-CSP-From': '*' } },
  },
  { name: 'blocked storage', html: before(BLOCKED_STORAGE) },
  { name: 'prototypes patched as by Prototype', html: before(LIKE_PROTOTYPE_JS) },
  { name: 'prototypes patched as by MooTools', html: before(LIKE_MOOTOOLS) },
  { name: 'a patched Promise, timers and listeners as by zone.js', html: before(LIKE_ZONE_JS) },
  {
    name: 'additions to Object.prototype',
    html: before(
      `Object.prototype.extend = function () {}; Object.prototype.forEachKey = function () {}; Object.prototype.isEmpty = function () {};`,
    ),
  },
  {
    name: 'the script loaded as a classic one, as a module, and in two versions',
    html: page({
      script: (places) =>
        ['data-mode="launcher"', '', 'type="module"'].map((more) => tag(places, more)).join('') +
        tag(places, '', 'chat-stream.js?v=2') +
        tag(places, '', 'chat-stream-loader.js'),
    }),
  },
  {
    name: 'an element that is moved and added again',
    html: page({
      body: '<div id="a"></div><div id="b"></div>',
      script: (places) =>
        `${tag(places, '')}<script>
          const chat = document.createElement('chat-stream'); chat.setAttribute('mode', 'launcher');
          for (const place of ['a', 'b', 'a']) document.getElementById(place).append(chat);
          chat.remove(); setTimeout(() => document.getElementById('b').append(chat), 50); setTimeout(() => { chat.remove(); document.body.append(chat); }, 100);
        </script>`,
    }),
  },
  {
    name: '320 pixels',
    html: page({ head: '<meta name="viewport" content="width=device-width">' }),
    viewport: { width: 320, height: 568 },
    mayDiffer: ['border-top-width', 'border-right-width', 'border-bottom-width', 'border-left-width', 'display'],
  },
  { name: 'forced colours', html: page(), forcedColours: true, mayDiffer: ['color', 'background-color'] },
  {
    name: 'document.write in a head, before there is a body',
    html: (places) =>
      `<html><head><title>Old</title><script>document.write('<script src="${places.service}/chat-stream.js" data-mode="launcher"><\\/script>')</script></head></html>`,
  },
  {
    name: 'an XHTML page',
    type: 'application/xhtml+xml',
    framed: true,
    html: ({ service }) =>
      `<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>X</title></head><body><p>Words</p><script src="${service}/chat-stream.js" data-mode="launcher"></script></body></html>`,
  },
  {
    name: 'the loader on a plain page',
    html: page({ script: (places) => tag(places, undefined, 'chat-stream-loader.js') }),
  },
  {
    name: 'the loader on * { all: unset !important }',
    html: page({
      head: '<style>* { all: unset !important }</style>',
      script: (places) => tag(places, undefined, 'chat-stream-loader.js'),
    }),
  },
  {
    name: 'the loader as a module',
    html: page({ script: (places) => tag(places, 'data-mode="launcher" type="module"', 'chat-stream-loader.js') }),
  },
];
