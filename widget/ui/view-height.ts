/**
 * Tells the style sheet how high a scroller is: `--_view`, in CSS pixels.
 *
 * Not a size container and `cqb`. WebKit lays a size container out before there are boxes for what was just put into it;
 * for that moment the scroller has less to scroll, and it is taken up for good. Seen in WebKitGTK 2.50: a question that
 * stood at the top was at the bottom when its answer began.
 */
export class ViewHeight {
  #scroller: HTMLElement | undefined;
  #resizes: ResizeObserver | undefined;

  /** Begins with a scroller; `undefined` ends. */
  attach(scroller: HTMLElement | undefined): void {
    if (scroller === this.#scroller) return;
    this.#resizes?.disconnect();
    this.#scroller = scroller;
    if (scroller === undefined) return;
    this.#resizes = new ResizeObserver(() => this.tell());
    this.#resizes.observe(scroller);
  }

  /** Tells it now, for what is measured before the next frame. */
  tell(): void {
    this.#scroller?.style.setProperty('--_view', `${this.#scroller.clientHeight}px`);
  }
}
