import type { Target } from './references.js';

/** A piece of text inside a paragraph, a heading or a cell. */
export interface Inline {
  readonly kind: 'text' | 'hidden' | 'code' | 'br' | 'math' | 'em' | 'strong' | 'del' | 'a' | 'img';
  /** For `text`, `code` and `math`: what it says. For `hidden`: characters that nobody sees. */
  text: string;
  /** For the others: what is in it. */
  readonly kids: Inline[];
  /** For `a` and `img`: where it leads, as it was written. */
  readonly target?: Target;
  /** For `a`: it is what it says (`https://…`), and may not stand in another link. */
  readonly isBare?: boolean;
}

/** A stretch of text. In the tree, `closes` comes first, then `text`, then `opens`. */
export interface Token {
  text: string;
  readonly opens: Inline[];
  closes: number;
  node?: Inline;
  /** For a run of `*`, `_` or `~`. */
  readonly run?: Run;
}

/** A run of markers: how many there are, how many have no partner yet, and what they may do. */
export interface Run {
  readonly char: string;
  readonly length: number;
  left: number;
  readonly canOpen: boolean;
  readonly canClose: boolean;
}

/** A token that is text, so far. */
export function token(text: string): Token {
  return { text, opens: [], closes: 0 };
}

/** Makes an emphasis of what is between two runs. */
export function pair(opener: Token | undefined, closer: Token): void {
  if (opener?.run === undefined || closer.run === undefined) return;
  const isDeletion = closer.run.char === '~';
  const used = isDeletion ? closer.run.left : opener.run.left >= 2 && closer.run.left >= 2 ? 2 : 1;
  const kind = isDeletion ? 'del' : used === 2 ? 'strong' : 'em';
  opener.opens.unshift({ kind, text: '', kids: [] });
  closer.closes++;
  for (const { run, own } of [
    { run: opener.run, own: opener },
    { run: closer.run, own: closer },
  ]) {
    run.left -= used;
    own.text = run.char.repeat(run.left);
  }
}

/** Tokens say where something begins and ends; this puts what is between into it. */
export function tree(tokens: readonly Token[]): Inline[] {
  const root: Inline[] = [];
  const stack: Inline[][] = [root];
  const links: boolean[] = [false];
  const put = (node: Inline): void => {
    const into = stack.at(-1) ?? root;
    const last = into.at(-1);
    if (node.kind === 'text' && last?.kind === 'text') last.text += node.text;
    else into.push(node);
  };
  for (const { closes, text, node, opens } of tokens) {
    for (let count = closes; count > 0 && stack.length > 1; count--) {
      stack.pop();
      links.pop();
    }
    if (text !== '') put({ kind: 'text', text, kids: [] });
    if (node?.isBare === true && links.at(-1) === true) node.kids.forEach(put);
    else if (node !== undefined) put(node);
    for (const opened of opens) {
      put(opened);
      stack.push(opened.kids);
      links.push(links.at(-1) === true || opened.kind === 'a');
    }
  }
  return root;
}
