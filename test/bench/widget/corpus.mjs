// What is streamed: Markdown as models write it, made from a seed; beside it the text that a reader must see in the end.
// Sizes are prefixes of one another, so that the longer answer is more of the same.

const WORDS =
  'answer branch browser buffer cache client column commit component cookie deploy each event example first handler header index latency layout memory message network often parse partition payload policy queue region render replica request result retry schema server session shard state stream table then thread throughput timeout token update usually value which worker'.split(
    ' ',
  );

const CODE = [
  [
    'js',
    "import { readFile } from 'node:fs/promises';\n\nexport async function lines(path) {\n  const text = await readFile(path, 'utf8');\n  return text.split('\\n').filter((line) => line !== '' && !line.startsWith('#'));\n}\n",
  ],
  [
    'python',
    'class Point:\n    def __init__(self, x, y=0.0):\n        self.x, self.y = x, y\n\n    def __add__(self, other):\n        return Point(self.x + other.x, self.y + other.y)\n\nprint(sum((Point(i, i * 2) for i in range(10)), Point(0)).x)\n',
  ],
  [
    'sql',
    "SELECT c.name, count(*) AS visits\nFROM customers c JOIN visits v ON v.customer = c.id AND v.kind <> 'bot'\nWHERE v.at >= now() - interval '30 days'\nGROUP BY c.name\nHAVING count(*) > 3;\n",
  ],
  ['html', '<button id="save" class="primary">Save &amp; close</button>\n<p>not <b>bold</b>, and no *stress*</p>\n'],
];

/** Numbers from 0 to 1, the same for the same seed. */
function random(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A writer of blocks. A block is `[markdown, text]`: its source, and what is to be read of it. */
class Writer {
  #random;
  #block = 0;

  constructor(seed) {
    this.#random = random(seed);
  }

  /** Blocks in the order in which answers have them, until there is this much source. */
  write(length) {
    const blocks = [];
    for (let size = 0; size < length; size += blocks.at(-1)[0].length + 2) blocks.push(this.#next());
    return blocks;
  }

  #next() {
    const kinds = ['heading', 'paragraph', 'list', 'code', 'paragraph', 'table', 'paragraph', 'numbers', 'quote'];
    switch (kinds[this.#block++ % kinds.length]) {
      case 'heading':
        return this.#mark('## ', this.#words(4));
      case 'list':
        return this.#list(() => '- ');
      case 'numbers':
        return this.#list((index) => `${index + 1}. `);
      case 'code':
        return this.#code();
      case 'table':
        return this.#table();
      case 'quote':
        return this.#mark('> ', this.#sentence());
      default:
        return this.#several(3, ' ', () => this.#sentence());
    }
  }

  #mark(marker, [source, text]) {
    return [`${marker}${source}`, text];
  }

  #several(count, separator, make) {
    const made = Array.from({ length: count }, (_, index) => make(index));
    return [made.map(([source]) => source).join(separator), made.map(([, text]) => text).join(separator)];
  }

  #words(count) {
    const text = Array.from({ length: count }, () => WORDS[Math.floor(this.#random() * WORDS.length)]).join(' ');
    return [text, text];
  }

  #sentence() {
    const [source, text] = this.#several(3 + Math.floor(this.#random() * 3), ' ', () => this.#phrase());
    return [`So ${source}.`, `So ${text}.`];
  }

  #phrase() {
    const [words] = this.#words(2);
    const [one] = this.#words(1);
    const dice = this.#random();
    if (dice < 0.15) return [`**${words}**`, words];
    if (dice < 0.25) return [`*${words}*`, words];
    if (dice < 0.4) return [`\`${one}.get()\``, `${one}.get()`];
    if (dice < 0.5) return [`[${words}](https://example.com/docs/${one}?q=1)`, words];
    if (dice < 0.53) return [`~~${words}~~`, words];
    return this.#words(5);
  }

  #list(marker) {
    return this.#several(4, '\n', (index) => {
      const mark = marker(index);
      const [head, headText] = this.#words(2);
      const [source, text] = this.#sentence();
      const item = [`${mark}**${head}**: ${source}`, `${headText}: ${text}`];
      if (index % 2 === 0) return item;
      const [below, belowText] = this.#sentence();
      return [`${item[0]}\n${' '.repeat(mark.length)}- ${below}`, `${item[1]}\n${belowText}`];
    });
  }

  #code() {
    const [language, code] = CODE[Math.floor(this.#random() * CODE.length)];
    return [`\`\`\`${language}\n${code}\`\`\``, code];
  }

  #table() {
    const row = () => this.#several(3, ' | ', () => (this.#random() < 0.3 ? this.#phrase() : this.#words(2)));
    const rows = Array.from({ length: 6 }, row);
    const source = rows.map(([cells]) => `| ${cells} |`).toSpliced(1, 0, '| --- | :-: | --: |');
    return [source.join('\n'), rows.map(([, cells]) => cells.replaceAll(' | ', '')).join('\n')];
  }
}

/** An answer of about this many characters. */
export function answer(length, seed = 1) {
  const blocks = new Writer(seed).write(length);
  return {
    source: `${blocks.map(([source]) => source).join('\n\n')}\n`,
    text: blocks.map(([, text]) => text).join('\n'),
  };
}

/** Questions and answers, oldest first: `{ sender, source }`. */
export function history(count) {
  return Array.from({ length: count }, (_, index) =>
    index % 2 === 0
      ? {
          sender: 'user',
          source: `Question ${index}: how often does the server retry, and which timeout has a request?`,
        }
      : { sender: 'ai', source: answer(700, 100 + index).source },
  );
}

/** Chunks as models send them: 1 to 7 characters; or so many of one size. */
export function split(source, pieces) {
  const next = random(7);
  const size = pieces === undefined ? () => 1 + Math.floor(next() * 7) : () => Math.ceil(source.length / pieces);
  const chunks = [];
  for (let at = 0; at < source.length; at += chunks.at(-1).length) chunks.push(source.slice(at, at + size()));
  return chunks;
}

/**
 * What is meant to bring a parser down. A renderer may cap such things and show the source instead: of these, markers are
 * not compared.
 */
const HOSTILE = {
  quotes: () => `${'>'.repeat(50_000)} end\n`,
  table: () => {
    const row = (cell) => `|${Array.from({ length: 100 }, (_, column) => cell(column)).join('|')}|`;
    const rows = Array.from({ length: 2000 }, (_, index) => row((column) => `${index}c${column}`));
    return `${[row((column) => `h${column}`), row(() => '-'), ...rows].join('\n')}\n`;
  },
  columns: () => `${'|a'.repeat(2000)}|\n${'|-'.repeat(2000)}|\n${`${'|a'.repeat(2000)}|\n`.repeat(5)}`,
  cells: () => `${'|a'.repeat(60)}|\n${'|-'.repeat(60)}|\n${`${'|a'.repeat(60)}|\n`.repeat(200)}`,
  line: () => `${answerWords(1_000_000)}\n`,
  token: () => `${'x'.repeat(200_000)}\n`,
  mails: () => `${'a@a.a '.repeat(3000)}\n`,
  emphasis: () => `${'*a* `b` **c** '.repeat(1428)}\n`,
  lists: () => {
    const steps = Array.from({ length: 300 }, (_, depth) => `${'  '.repeat(depth)}- level ${depth}`);
    return `${steps.join('\n')}\n\n${'- '.repeat(5000)}end\n`;
  },
};

function answerWords(length) {
  const next = random(3);
  let words = '';
  while (words.length < length) words += `${WORDS[Math.floor(next() * WORDS.length)]} `;
  return words.slice(0, length);
}

const SIZES = { '10k': 10_000, '50k': 50_000, '1m': 1_000_000 };

/** A text by its name: `{ source, text, markers }`; `markers` are the characters that need not be compared. */
export function textNamed(name) {
  if (name in SIZES) return { ...answer(SIZES[name]), markers: '' };
  const source = HOSTILE[name]();
  return { source, text: source, markers: '|>-*`' };
}
