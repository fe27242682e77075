// Graphs: fetching what the route asks for, drawing it, and saying so when there is nothing to draw.

import { ApiError } from "./api.ts";
import { colourOf, HID, opsOf, type App } from "./app.ts";
import { button, clear, el, say } from "./dom.ts";
import { draw, type Drawing } from "./draw.ts";
import { active } from "./filters.ts";
import { count } from "./format.ts";
import { list } from "./list.ts";
import { dataKey, folded, load, placeKey, type Loaded } from "./state.ts";
import { current } from "./theme.ts";
import { isFiltered, legendOf } from "./tools.ts";
import type { Graph } from "./types.ts";

export interface GraphCallbacks {
  /** Something was fetched: names in what stands around the view may be known now. */
  fetched(): void;
  /** The same selection as a table. */
  table(graph: Graph): void;
  /** It is shown. */
  shown(): void;
  again(): void;
}

export class GraphView {
  drawing: Drawing | null = null;
  loaded: Loaded | null = null;
  #data = "";
  #place = "";
  #loading = new AbortController();

  constructor(
    readonly app: App,
    readonly callbacks: GraphCallbacks,
  ) {}

  /** Shows what the route says; fetches only what is not here yet. */
  async render(): Promise<void> {
    const key = dataKey(this.app.route);
    if (key !== this.#data) await this.fetch();
    else this.show();
  }

  /** Another kind of view is shown: the next graph is fetched anew. */
  leave(): void {
    this.#data = "";
    this.#loading.abort();
    this.app.ui.graph.hidden = true;
    this.app.ui.notice.hidden = true;
  }

  async fetch(grow = false): Promise<void> {
    const { ui, route } = this.app;
    const key = dataKey(route);
    this.#loading.abort();
    const loading = (this.#loading = new AbortController());
    const slow = setTimeout(() => this.#cover("Loading…", "loading"), 180);
    try {
      const loaded = await load(route, loading.signal);
      if (loading.signal.aborted) return;
      clearTimeout(slow);
      this.loaded = loaded;
      this.#data = key;
      ui.notice.hidden = true;
      this.callbacks.fetched();
      this.show(grow);
    } catch (error) {
      clearTimeout(slow);
      if (!loading.signal.aborted) this.#failed(error as Error);
    }
  }

  #cover(words: string, kind = "", ...more: Node[]): void {
    const { notice } = this.app.ui;
    notice.hidden = false;
    clear(
      notice,
      el("div", { class: `empty ${kind}`, role: kind === "bad" ? "alert" : "status" }, el("h2", {}, words), ...more),
    );
  }

  #failed(error: Error): void {
    this.#data = "";
    this.drawing?.update({ nodes: [], edges: [] });
    const title =
      error instanceof ApiError && error.status === 404
        ? "Not in this store"
        : error instanceof ApiError && error.status === 401
          ? "This page needs its key"
          : "This did not work";
    this.app.ui.graph.hidden = false;
    this.app.ui.sheet.hidden = true;
    this.#cover(
      title,
      "bad",
      el("p", {}, error.message),
      el(
        "div",
        { class: "actions" },
        button("Try again", () => this.callbacks.again()),
        el("a", { href: "/" }, "Back to the summary"),
      ),
    );
  }

  shown(): Graph {
    return folded(this.loaded?.graph ?? { nodes: [], edges: [] }, this.app.route.fold, this.roots());
  }

  roots(): string[] {
    return [this.app.route.a, this.app.route.b].filter((id) => HID.test(id));
  }

  show(grow = false): void {
    const { ui, route } = this.app;
    if (!this.loaded) return;
    const graph = this.shown();
    ui.graph.hidden = route.table;
    ui.sheet.hidden = !route.table;
    const place = placeKey(route);
    const same = grow || place === this.#place;
    this.#place = place;
    if (!route.table) {
      if (!this.drawing && !this.#begin()) return;
      const drawing = this.drawing!;
      drawing.colour(colourOf(route), opsOf(this.app));
      if (!sameGraph(drawing.graph, graph))
        drawing.update(graph, { grow: same && drawing.graph.nodes.length > 0, focus: route.a || null });
      legendOf(ui.legend, drawing.legend);
      list(ui.listBody, graph, this.app.selected(), {
        select: (id) => this.app.chosen(id),
        open: (node) => this.app.open(node),
      });
    } else this.callbacks.table(graph);
    this.#message(graph);
    this.#empty(graph);
    this.callbacks.shown();
  }

  /** Makes the canvas; false where the browser cannot draw: then the table says the same. */
  #begin(): boolean {
    try {
      this.drawing = draw(
        this.app.ui.canvas,
        { nodes: [], edges: [] },
        {
          select: (node) => this.app.chosen(node?.id ?? null),
          open: (node) => this.app.open(node),
          say,
        },
        { theme: current(), colour: colourOf(this.app.route), order: opsOf(this.app) },
      );
    } catch {
      this.#cover(
        "This browser cannot draw",
        "bad",
        el("p", {}, "Its WebGL is switched off or missing. Tables, search and queries work without it."),
        button("Show the table", () => this.app.go({ table: true }), { class: "main" }),
      );
      return false;
    }
    (globalThis as { mandalaGraph?: Drawing }).mandalaGraph = this.drawing; // for the console
    return true;
  }

  #message(graph: Graph): void {
    const { message } = this.app.ui;
    const said =
      graph.message ??
      (graph.truncated && graph.total
        ? `${count(graph.shown ?? graph.nodes.length)} of ${count(graph.total)} nodes are shown.`
        : null);
    message.hidden = !said || !graph.nodes.length;
    message.textContent = said ?? "";
  }

  #empty(graph: Graph): void {
    const { route, ui } = this.app;
    if (graph.nodes.length) return void (ui.notice.hidden = true);
    const clearing =
      isFiltered(route) && active(route.filters)
        ? button("Clear the filters", () => this.app.go({ filters: {} }), { class: "main" })
        : null;
    if (route.view === "path")
      this.#cover("No path", "", el("p", {}, graph.message ?? "No data flows from the one to the other."));
    else if (clearing) this.#cover("Nothing passes the filters", "", clearing);
    else
      this.#cover(
        "This store is empty",
        "",
        el("p", {}, "Calls of ops appear here once they were made in a "),
        el("pre", {}, 'with Storage("' + (this.app.info?.location ?? "exp.db") + '") as storage:\n    ...'),
        button("Follow live", () => this.app.go({ live: true }), { class: "main" }),
      );
  }

  /** Lays it out anew. */
  tidy(): void {
    this.drawing?.update(this.shown(), { focus: this.app.route.a || null });
    this.drawing?.select(this.app.selected());
  }

  /** Colours again, when the ops or the theme are known. */
  recolour(): void {
    if (!this.drawing) return;
    this.drawing.theme(current());
    this.drawing.colour(colourOf(this.app.route), opsOf(this.app));
    legendOf(this.app.ui.legend, this.drawing.legend);
  }
}

const sameGraph = (a: Graph, b: Graph): boolean =>
  JSON.stringify([a.nodes, a.edges]) === JSON.stringify([b.nodes, b.edges]);
