// Views that are no graph: tables of calls, values and shown nodes, runs, queries.

import { api } from "./api.ts";
import { HID, opsOf, type App } from "./app.ts";
import { button, clear, el, say } from "./dom.ts";
import { draw } from "./draw.ts";
import { dialog, download } from "./export.ts";
import { active, opNames } from "./filters.ts";
import { counted, oneLine, shortId, time } from "./format.ts";
import { Grid, idOf, local, rowsWord } from "./grid.ts";
import { queryView } from "./query.ts";
import { another, href } from "./router.ts";
import { current } from "./theme.ts";
import { timeline } from "./timeline.ts";
import type { Answer, Cell, Column, Graph } from "./types.ts";

const COLUMNS: Column[] = [
  { name: "kind", kind: "text" },
  { name: "name", kind: "text" },
  { name: "value", kind: "value" },
  { name: "type", kind: "text" },
  { name: "op", kind: "text" },
  { name: "count", kind: "number" },
  { name: "seconds", kind: "number" },
  { name: "bytes", kind: "number" },
  { name: "started", kind: "time" },
  { name: "version", kind: "text" },
  { name: "run", kind: "text" },
  { name: "id", kind: "id" },
];

const rowsOf = (graph: Graph): Cell[][] => {
  return graph.nodes.map((n) => [
    n.kind,
    n.label,
    n.kind === "ref" ? (n.value ?? n.preview ?? null) : null,
    n.type ?? null,
    n.op ?? null,
    n.kind === "call" || n.kind === "ref" ? null : (n.count ?? null),
    n.duration ?? null,
    n.size ?? null,
    n.started ?? null,
    n.version ? shortId(n.version) : null,
    n.run ? shortId(n.run) : null,
    n.id,
  ]);
};

/** The nodes as a table; only columns that say something here. */
export function nodeTable(graph: Graph): [Column[], Cell[][]] {
  const rows = rowsOf(graph);
  const used = COLUMNS.map((_, i) => rows.some((row) => row[i] !== null && row[i] !== undefined));
  return [COLUMNS.filter((_, i) => used[i]), rows.map((row) => row.filter((_, i) => used[i]))];
}

export class SheetView {
  #sheet = "";
  #loading = new AbortController();

  constructor(
    readonly app: App,
    readonly shown: () => void,
  ) {}

  /** Another kind of view is shown. */
  leave(): void {
    this.#sheet = "";
    this.#loading.abort();
  }

  /** The shown nodes as rows. */
  ofGraph(graph: Graph): void {
    const { app } = this;
    const { route, ui } = app;
    const [columns, rows] = nodeTable(graph);
    const id = (row: Cell[]): string => String(row[row.length - 1]);
    const grid = new Grid(local(columns, rows, route.sort, route.desc), {
      label: "Shown nodes",
      sort: route.sort,
      desc: route.desc,
      onsort: (sort, desc) => app.go({ sort, desc }),
      onselect: (row) => app.chosen(id(row)),
      chosen: (row) => id(row) === app.selected(),
      onopen: (row) => {
        const node = graph.nodes.find((n) => n.id === id(row));
        if (node) app.open(node);
      },
      link: (cell, column) =>
        column.kind === "id" && typeof cell === "string" && HID.test(cell)
          ? href(another(route, { view: "focus", a: cell }))
          : null,
    });
    clear(ui.sheet, el("p", { class: "faint sheet-head" }, rowsWord(graph.nodes.length)), grid.element);
  }

  async render(again = false): Promise<void> {
    const { app } = this;
    const { route, ui } = app;
    ui.sheet.hidden = false;
    const key = JSON.stringify({ ...route, selected: null, pick: null, live: null });
    if (key === this.#sheet && !again) {
      this.shown();
      return;
    }
    this.#sheet = key;
    this.#loading.abort();
    const { signal } = (this.#loading = new AbortController());
    ui.notice.hidden = true;
    ui.message.hidden = true;
    if (!again) clear(ui.sheet, el("p", { class: "faint loading sheet-head" }, "Loading…"));
    try {
      if (route.view === "runs") {
        const runs = await api.runs(signal);
        if (!signal.aborted)
          timeline(ui.sheet, runs, { only: (run) => app.to({ view: "summary", filters: { run: [run] } }) });
      } else if (route.view === "query") {
        await queryView(
          ui.sheet,
          route,
          app.questions(),
          {
            go: (change) => {
              this.#sheet = ""; // Run asks again, also where nothing was edited
              app.go({ selected: null, ...change });
            },
            href: (id) => href(another(route, { view: "focus", a: id })),
            open: (id) => app.to({ view: "focus", a: id }),
            select: (id) => app.chosen(id),
            save: (name, text) => download(name, text, "text/csv;charset=utf-8"),
            picture: (answer) => this.#picture(answer),
            suggest: (type) => this.#suggest(type),
          },
          signal,
        );
      } else await this.#drilled(signal);
    } catch (error) {
      if (!signal.aborted) {
        this.#sheet = "";
        clear(
          ui.sheet,
          el(
            "div",
            { class: "empty bad", role: "alert" },
            el("h2", {}, "This did not work"),
            el("p", {}, (error as Error).message),
            button("Try again", () => void this.render(true)),
          ),
        );
      }
    }
    this.shown();
  }

  #suggest(type: string): { value: string; label: string }[] {
    const { info } = this.app;
    if (!info) return [];
    if (type === "op") return opNames(info).map((name) => ({ value: name, label: name }));
    if (type === "run")
      return info.runs.map((r) => ({ value: r.id, label: `${time(r.started)}, ${counted(r.calls, "call")}` }));
    return [];
  }

  /** All calls of an op, or all values of a variable. */
  async #drilled(signal: AbortSignal): Promise<void> {
    const { app } = this;
    const { route, ui } = app;
    const first = await api.table(route.a, 0, 200, route.sort, route.desc, route.filters, signal);
    if (signal.aborted) return;
    app.table = first;
    const at = first.columns.findIndex((c) => c.kind === "id");
    const id = (row: Cell[]): string | null => (at >= 0 && typeof row[at] === "string" ? row[at] : null);
    const grid = new Grid(
      {
        columns: first.columns,
        total: first.total,
        sample: first.rows,
        rows: async (offset, limit) =>
          offset === 0 && limit <= 200
            ? first.rows
            : (await api.table(route.a, offset, limit, route.sort, route.desc, route.filters, signal)).rows,
      },
      {
        label: route.a.startsWith("op:")
          ? `Calls of ${oneLine(route.a.slice(3))}`
          : `Values of ${oneLine(route.a.replace(/^var:/, ""))}`,
        sort: route.sort,
        desc: route.desc,
        onsort: (sort, desc) => app.go({ sort, desc }),
        onselect: (row) => app.chosen(id(row)),
        chosen: (row) => id(row) !== null && id(row) === app.selected(),
        onopen: (row) => {
          const hid = id(row);
          if (hid) app.to({ view: "focus", a: hid });
        },
        link: (cell, column) => {
          const to = column.kind === "id" || column.kind === "value" ? idOf(cell) : null;
          return to ? href(another(route, { view: "focus", a: to })) : null;
        },
      },
    );
    const what = route.a.startsWith("op:") ? "call" : "value";
    say(counted(first.total, what));
    clear(
      ui.sheet,
      el(
        "p",
        { class: "faint sheet-head" },
        counted(first.total, what),
        active(route.filters) > 0 && " pass the filters",
      ),
      first.total
        ? grid.element
        : el(
            "div",
            { class: "empty" },
            el("h2", {}, "No rows"),
            active(route.filters) > 0 && button("Clear the filters", () => app.go({ filters: {} })),
          ),
    );
  }

  #picture(answer: Answer): void {
    const place = el("div", { class: "canvas in-dialog" });
    const box = dialog("Answer", place);
    box.classList.add("wide");
    const drawing = draw(
      place,
      answer.graph!,
      {
        open: (node) => {
          box.close();
          this.app.to({ view: "focus", a: node.id });
        },
        say,
      },
      { theme: current(), order: opsOf(this.app) },
    );
    box.addEventListener("close", () => drawing.destroy());
    drawing.focus();
  }
}
