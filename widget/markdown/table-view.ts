import type { Block } from './blocks.js';
import type { DrawContext } from './context.js';
import { copyButton } from './copy-button.js';
import { make } from './elements.js';
import { LeafView } from './inline-view.js';
import { cellsOf } from './table.js';

interface Row {
  readonly element: HTMLElement;
  readonly cells: readonly LeafView[];
  source: string;
  isOpen: boolean;
}

/** A table. It scrolls by itself, and can be copied as text with tabs, as spreadsheets take it. */
export class TableView {
  readonly element: HTMLElement;
  readonly #context: DrawContext;
  readonly #rows: Row[] = [];
  #body: HTMLElement | undefined;

  constructor(context: DrawContext) {
    this.#context = context;
    const { host } = context;
    this.element = make('table', { part: 'table', tabindex: '0' });
    const button = copyButton(host, host.words().copyTable, () => this.#toText());
    if (button !== undefined)
      this.element.append(make('caption', { class: 'bar', part: 'affix table-bar', dir: 'auto' }, button));
  }

  draw(block: Block): void {
    const lines = block.text.split('\n');
    for (const [index, line] of lines.entries()) {
      const row = (this.#rows[index] ??= this.#addRow(index, block));
      const isOpen = index === lines.length - 1 && !block.isClosed;
      if (row.source === line && row.isOpen === isOpen) continue;
      row.source = line;
      row.isOpen = isOpen;
      const cells = cellsOf(line, block.columns.length);
      for (const [column, cell] of row.cells.entries()) cell.draw(cells[column] ?? '', isOpen);
    }
    for (const { element } of this.#rows.splice(lines.length)) element.remove();
    if (lines.length > 1) return;
    // What looked like a row began another block.
    this.#body?.remove();
    this.#body = undefined;
  }

  /** A renderer may be there that was missing. */
  renderersChanged(): void {
    for (const { cells } of this.#rows) for (const cell of cells) cell.renderersChanged();
  }

  #addRow(index: number, { columns }: Block): Row {
    const element = make('tr');
    const cells = columns.map((align) => {
      const cell = make(index === 0 ? 'th' : 'td', align === 'none' ? {} : { align });
      element.append(cell);
      return new LeafView(cell, this.#context);
    });
    this.#place(index).append(element);
    return { element, cells, source: '', isOpen: false };
  }

  #place(index: number): HTMLElement {
    if (index === 0) {
      const head = make('thead');
      this.element.append(head);
      return head;
    }
    if (this.#body === undefined) this.element.append((this.#body = make('tbody')));
    return this.#body;
  }

  #toText(): string {
    return this.#rows
      .map(({ element }) => [...element.children].map(({ textContent }) => textContent.replace(/\s+/g, ' ')).join('\t'))
      .join('\n');
  }
}
