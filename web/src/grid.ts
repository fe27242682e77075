// A table of any length: only the rows on the screen are in the document. Keys walk through it, headers sort it.

import { clear, el } from "./dom.ts";
import { bytes, clip, count, number, oneLine, seconds, shortId, text, time } from "./format.ts";
import type { Cell, Column, ValueCell } from "./types.ts";

export interface Source {
  columns: Column[];
  total: number;
  /** Some rows that are here already: columns get the width of what is in them. */
  sample: Cell[][];
  /** Rows from an offset on; fewer at the end. */
  rows(offset: number, limit: number): Promise<Cell[][]>;
}

export interface GridOptions {
  label: string;
  sort?: string | null;
  desc?: boolean;
  onsort?(column: string, desc: boolean): void;
  onselect?(row: Cell[], index: number): void;
  onopen?(row: Cell[], index: number): void;
  /** Whether this row is what is selected elsewhere, before one is chosen here. */
  chosen?(row: Cell[]): boolean;
  /** Where a cell leads to, if anywhere. */
  link?(cell: Cell, column: Column, row: Cell[]): string | null;
}

const ROW = 30;
const PAGE = 200;
const TALLEST = 15_000_000; // pixels; browsers cut what is higher

const isValue = (cell: Cell): cell is ValueCell =>
  cell !== null && typeof cell === "object" && "text" in cell && "value" in cell;

/** The node that a cell stands for, if it does. */
export function idOf(cell: Cell | undefined): string | null {
  if (typeof cell === "string") return /^[0-9a-f]{40}$/.test(cell) ? cell : null;
  return cell !== null &&
    typeof cell === "object" &&
    "id" in cell &&
    typeof cell.id === "string" &&
    /^[0-9a-f]{40}$/.test(cell.id)
    ? cell.id
    : null;
}

/** What a cell says: the scalar itself where it is one. */
export const plain = (cell: Cell): Cell => (isValue(cell) ? (cell.value ?? cell.text) : cell);

export function cellText(cell: Cell, column: Column): string {
  cell = plain(cell);
  if (cell === null || cell === undefined) return "";
  if (typeof cell === "string") {
    if (column.kind === "time") return time(cell);
    return shortId(oneLine(cell));
  }
  if (typeof cell === "number") {
    const key = column.key ?? column.name;
    if (column.kind === "number" && (key === "duration" || key === "seconds")) return seconds(cell);
    if (column.kind === "number" && (key === "size" || key === "bytes")) return bytes(cell);
    return number(cell);
  }
  return oneLine(text(cell));
}

/** Pixels that a column needs for its name and what it holds, within reason. */
function widthOf(column: Column, cells: Cell[]): number {
  const longest = Math.max(0, ...cells.map((cell) => Array.from(cellText(cell, column)).length));
  const most = column.kind === "number" || column.kind === "id" || column.kind === "time" ? 200 : 190;
  const name = Math.min(26, Array.from(column.name).length + 2); // with room for the arrow of the sorted column
  return Math.round(Math.min(most, Math.max(64, 8.2 * name + 22, 7.8 * longest + 24)));
}

export class Grid {
  readonly element: HTMLElement;
  readonly #body: HTMLElement;
  readonly #space: HTMLElement;
  readonly #pages = new Map<number, Cell[][] | Promise<void>>();
  readonly #template: string;
  #active = -1;
  #chosen = -1; // a row that was chosen before it was here
  #drawn = "";

  constructor(
    readonly source: Source,
    readonly options: GridOptions,
  ) {
    const { columns, total } = source;
    const widths = columns.map((c, i) =>
      widthOf(
        c,
        source.sample.slice(0, 60).map((row) => row[i] ?? null),
      ),
    );
    this.#template = widths.map((w) => `minmax(${w}px, ${w}fr)`).join(" ");
    const head = el("div", { class: "grid-row grid-head", role: "row", "aria-rowindex": 1 });
    for (const c of columns) head.append(this.#header(c));
    this.#space = el("div", { class: "grid-space", role: "presentation" });
    this.#body = el(
      "div",
      { class: "grid-body", role: "rowgroup", tabindex: 0, "aria-label": `${options.label}: rows` },
      this.#space,
    );
    this.element = el(
      "div",
      {
        class: "grid",
        role: "grid",
        "aria-label": options.label,
        "aria-rowcount": total + 1,
        "aria-colcount": columns.length,
      },
      el("div", { role: "rowgroup", class: "grid-top" }, head),
      this.#body,
    );
    head.style.gridTemplateColumns = this.#template;
    const width = `${widths.reduce((sum, w) => sum + w, 16)}px`;
    head.style.minWidth = width;
    this.#space.style.minWidth = width;
    this.#space.style.height = `${Math.min(total * ROW, TALLEST)}px`;
    this.#body.addEventListener("scroll", () => {
      head.style.transform = `translateX(${-this.#body.scrollLeft}px)`;
      this.#draw();
    });
    this.#body.addEventListener("keydown", (event) => this.#key(event));
    this.#body.addEventListener("focus", () => {
      if (this.#active >= 0 || !this.#body.matches(":focus-visible")) return; // a click chooses its row itself
      this.#active = Math.max(0, this.#first());
      this.#draw();
    });
    new ResizeObserver(() => this.#draw()).observe(this.#body);
  }

  #header(c: Column): HTMLElement {
    const { sort, desc, onsort } = this.options;
    const key = c.key ?? c.name;
    const sorted = sort === key || sort === c.name;
    const mark = sorted ? (desc ? " ↓" : " ↑") : "";
    const cell = el("div", {
      role: "columnheader",
      class: `grid-cell kind-${c.kind}${c.kind === "number" ? " right" : ""}`,
      "aria-sort": sorted ? (desc ? "descending" : "ascending") : "none",
    });
    if (onsort && c.sortable !== false)
      cell.append(
        el(
          "button",
          {
            type: "button",
            class: "plain",
            title: `Sort by ${c.name}`,
            "aria-label": `Sort by ${oneLine(c.name)}${mark}`,
            onclick: () => onsort(key, sorted && !desc),
          },
          clip(oneLine(c.name), 40) + mark,
        ),
      );
    else cell.append(clip(oneLine(c.name), 40));
    return cell;
  }

  /** The first of the rows on the screen, also when the table is taller than browsers can scroll. */
  #first(): number {
    const { total } = this.source;
    const { scrollTop, clientHeight } = this.#body;
    if (total * ROW <= TALLEST) return Math.floor(scrollTop / ROW);
    return Math.floor((scrollTop / (TALLEST - clientHeight)) * Math.max(0, total - Math.floor(clientHeight / ROW)));
  }

  #page(n: number): Cell[][] | null {
    const page = this.#pages.get(n);
    if (Array.isArray(page)) return page;
    if (!page) {
      const loading = this.source.rows(n * PAGE, PAGE).then(
        (rows) => {
          this.#pages.set(n, rows);
          this.#drawn = "";
          this.#draw();
          const row = this.#chosen >= 0 ? rows[this.#chosen - n * PAGE] : undefined;
          if (row) this.#select(row);
        },
        (error: Error) => {
          this.#pages.delete(n);
          if (error.name !== "AbortError")
            clear(this.#space, el("p", { class: "notice bad", role: "alert" }, error.message));
        },
      );
      this.#pages.set(n, loading);
    }
    return null;
  }

  row(index: number): Cell[] | null {
    return this.#page(Math.floor(index / PAGE))?.[index % PAGE] ?? null;
  }

  #draw(): void {
    const { total } = this.source;
    const first = Math.max(0, this.#first() - 4);
    const last = Math.min(total, first + Math.ceil(this.#body.clientHeight / ROW) + 9);
    const tall = total * ROW > TALLEST;
    const base = tall ? this.#body.scrollTop - (this.#first() - first) * ROW : first * ROW;
    const state = `${first} ${last} ${base} ${this.#active}`;
    if (state === this.#drawn) return;
    this.#drawn = state;
    const rows: HTMLElement[] = [];
    for (let i = first; i < last; i++) rows.push(this.#row(i, base + (i - first) * ROW));
    this.#space.replaceChildren(...rows);
    this.#body.setAttribute("aria-activedescendant", total && this.#active >= 0 ? `row-${this.#active}` : "");
  }

  #row(index: number, top: number): HTMLElement {
    const data = this.row(index);
    const active = this.#active < 0 ? Boolean(data && this.options.chosen?.(data)) : index === this.#active;
    const row = el("div", {
      class: `grid-row${active ? " active" : ""}`,
      role: "row",
      id: `row-${index}`,
      "aria-rowindex": index + 2,
      "aria-selected": active ? "true" : "false",
    });
    row.style.top = `${top}px`;
    row.style.gridTemplateColumns = this.#template;
    if (!data) row.append(el("div", { class: "grid-cell faint", role: "gridcell" }, "…"));
    else {
      this.source.columns.forEach((c, i) => {
        const cell = data[i] ?? null;
        const words = cellText(cell, c);
        const to = this.options.link?.(cell, c, data) ?? null;
        row.append(
          el(
            "div",
            {
              class: `grid-cell kind-${c.kind}${c.kind === "number" ? " right" : ""}`,
              role: "gridcell",
              title: words.length > 14 ? clip(words, 400) : null,
            },
            to ? el("a", { href: to, tabindex: -1 }, words || "·") : words,
          ),
        );
      });
    }
    row.addEventListener("click", (event) => {
      if (!(event.target as HTMLElement).closest("a")) this.#choose(index);
    });
    row.addEventListener("dblclick", () => data && this.options.onopen?.(data, index));
    return row;
  }

  #choose(index: number): void {
    const { total } = this.source;
    if (!total) return;
    this.#active = Math.min(Math.max(index, 0), total - 1);
    if (total * ROW <= TALLEST) {
      const [top, height] = [this.#active * ROW, this.#body.clientHeight];
      if (top < this.#body.scrollTop) this.#body.scrollTop = top;
      else if (top + ROW > this.#body.scrollTop + height) this.#body.scrollTop = top + ROW - height;
    } else this.#body.scrollTop = (this.#active / total) * (TALLEST - this.#body.clientHeight);
    this.#draw();
    this.#chosen = this.#active;
    const row = this.row(this.#active);
    if (row) this.#select(row);
  }

  #select(row: Cell[]): void {
    this.#chosen = -1;
    this.options.onselect?.(row, this.#active);
  }

  #key(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.#body.clientHeight / ROW) - 1);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }[
      event.key
    ];
    if (step !== undefined) this.#choose(Math.min(Math.max(this.#active + step, 0), this.source.total - 1));
    else if (event.key === "Enter") {
      const row = this.#active < 0 ? null : this.row(this.#active);
      if (row) this.options.onopen?.(row, this.#active);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  focus(): void {
    this.#body.focus();
  }
}

/** Rows that are here already, sorted here. */
export function local(columns: Column[], rows: Cell[][], sort: string | null, desc: boolean): Source {
  const at = columns.findIndex((c) => c.name === sort);
  const sorted = at < 0 ? rows : [...rows].sort((x, y) => compare(x[at] ?? null, y[at] ?? null) * (desc ? -1 : 1));
  return {
    columns,
    total: rows.length,
    sample: sorted,
    rows: async (offset, limit) => sorted.slice(offset, offset + limit),
  };
}

function compare(a: Cell, b: Cell): number {
  [a, b] = [plain(a), plain(b)];
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [x, y] = [text(a), text(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Comma-separated values as spreadsheets read them; what they would take for a formula is quoted with an apostrophe. */
export function csv(columns: Column[], rows: Cell[][]): string {
  const field = (cell: Cell): string => {
    let words = typeof cell === "number" ? String(cell) : text(cell);
    if (typeof cell !== "number" && /^[=+\-@\t\r]/.test(words)) words = `'${words}`;
    return /[",\r\n]/.test(words) ? `"${words.replaceAll('"', '""')}"` : words;
  };
  return (
    [columns.map((c) => field(c.name)), ...rows.map((row) => row.map(field))]
      .map((line) => line.join(","))
      .join("\r\n") + "\r\n"
  );
}

export const rowsWord = (total: number): string => `${count(total)} row${total === 1 ? "" : "s"}`;
