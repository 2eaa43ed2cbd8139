import type { Delta } from '@chat-stream/protocol';

/** What one chunk frame will carry: text, or one delta. */
export type Piece =
  { readonly type: 'text'; readonly text: string } | { readonly type: 'delta'; readonly delta: Delta };

/** Collects what an agent emits within one turn of the event loop, merging neighbours of a kind; order is kept. */
export class Pieces {
  private readonly done: Piece[] = [];
  private text = '';
  private reasoning = '';

  get isEmpty(): boolean {
    return this.done.length === 0 && this.text === '' && this.reasoning === '';
  }

  addText(text: string): void {
    if (this.reasoning !== '') this.settle();
    this.text += text;
  }

  addDelta(delta: Delta): void {
    if (delta.type === 'reasoning') {
      if (this.text !== '') this.settle();
      this.reasoning += delta.text;
    } else {
      this.settle();
      this.done.push({ type: 'delta', delta });
    }
  }

  /** Takes everything out. */
  take(): Piece[] {
    this.settle();
    return this.done.splice(0);
  }

  private settle(): void {
    if (this.text !== '') this.done.push({ type: 'text', text: this.text });
    if (this.reasoning !== '') this.done.push({ type: 'delta', delta: { type: 'reasoning', text: this.reasoning } });
    this.text = '';
    this.reasoning = '';
  }
}
