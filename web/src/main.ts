// The page: the URL says what is shown, this module shows it. Parts are in the other modules.

import "./style.css";

import { api, ApiError } from "./api.ts";
import { comparePanel } from "./compare.ts";
import { button, clear, el, say, typing } from "./dom.ts";
import { draw, type Drawing } from "./draw.ts";
import { code, dialog, download } from "./export.ts";
import { active, chips, filterForm, opNames } from "./filters.ts";
import { clip, count, counted, oneLine, shortId, time } from "./format.ts";
import { csv, Grid, idOf, local, rowsWord } from "./grid.ts";
import { help } from "./help.ts";
import { list, mark } from "./list.ts";
import { live, type Live } from "./live.ts";
import { spoken } from "./looks.ts";
import { panel, type Actions } from "./panel.ts";
import { queryView } from "./query.ts";
import { another, href, parse, type Route } from "./router.ts";
import { search } from "./search.ts";
import { shell } from "./shell.ts";
import { dataKey, foldable, folded, load, placeKey, type Loaded } from "./state.ts";
import { current, follow } from "./theme.ts";
import { timeline } from "./timeline.ts";
import { isGraph, legendOf, tools } from "./tools.ts";
import type { Answer, Cell, Column, Graph, GraphNode, Hit, Info, Question, TablePage } from "./types.ts";

const HID = /^[0-9a-f]{40}$/;
const COLUMNS: Column[] = [
  { name: "kind", kind: "text" }, { name: "name", kind: "text" }, { name: "value", kind: "value" }, { name: "type", kind: "text" },
  { name: "op", kind: "text" }, { name: "count", kind: "number" }, { name: "seconds", kind: "number" }, { name: "bytes", kind: "number" },
  { name: "started", kind: "time" }, { name: "version", kind: "text" }, { name: "run", kind: "text" }, { name: "id", kind: "id" },
];

class Page {
  readonly ui = shell();
  route: Route = parse(location.pathname, location.search);
  info: Info | null = null;
  drawing: Drawing | null = null;
  loaded: Loaded | null = null;
  table: TablePage | null = null;
  #data = "";
  #place = "";
  #sheet = "";
  #loading = new AbortController();
  #panelling = new AbortController();
  #panelOf = "";
  #live: Live | null = null;
  #questions: Promise<Question[]> | null = null;
  #listed = matchMedia("(min-width: 1100px)").matches;
  readonly #search = search(() => this.questions(), { go: (hit) => this.#found(hit), href: () => "" });

  constructor() {
    const { ui } = this;
    ui.search.append(this.#search.element);
    const switchTheme = follow((name) => {
      this.drawing?.theme(name);
      if (this.drawing) legendOf(ui.legend, this.drawing.legend);
    });
    ui.theme.addEventListener("click", switchTheme);
    ui.help.addEventListener("click", () => help());
    ui.live.addEventListener("click", () => this.go({ live: !this.route.live }, true));
    clear(ui.zoom, button("+", () => this.drawing?.zoom(1.3), { "aria-label": "Larger" }), button("−", () => this.drawing?.zoom(1 / 1.3), { "aria-label": "Smaller" }), button("⤢", () => this.drawing?.fit(), { "aria-label": "Show all of it", title: "Show all of it (0)" }));
    window.addEventListener("popstate", () => {
      this.route = parse(location.pathname, location.search);
      void this.render();
    });
    document.addEventListener("click", (event) => this.#click(event));
    document.addEventListener("keydown", (event) => this.#key(event, switchTheme));
    void this.render();
    void this.#inform();
  }

  questions(): Promise<Question[]> {
    this.#questions ??= api.questions().catch((error: unknown) => {
      this.#questions = null;
      throw error;
    });
    return this.#questions;
  }

  /** Another state of the same view, or another view; `quietly` without a new step for the back button. */
  go(change: Partial<Route>, quietly = false): void {
    this.route = { ...this.route, ...change };
    const to = href(this.route);
    if (to !== location.pathname + location.search) history[quietly ? "replaceState" : "pushState"](null, "", to);
    void this.render();
  }

  to(change: Partial<Route>): void {
    this.go(another(this.route, change));
    this.ui.filters.hidden = true;
  }

  async #inform(): Promise<void> {
    try {
      this.info = await api.info();
    } catch {
      return; // the view itself says what is wrong
    }
    const { info, ui } = this;
    const name = info.location.split(/[\\/]/).pop() || info.location;
    clear(ui.where, el("strong", {}, clip(name, 40)), el("span", { class: "faint" }, ` ${{ sqlite: "SQLite", neo4j: "Neo4j" }[info.engine] ?? info.engine} · ${counted(info.counts["Call"] ?? 0, "call")}`));
    ui.where.title = `${info.location}: back to the summary`;
    this.#title();
    chips(ui.chips, info, this.route.filters, (filters) => this.go({ filters }));
    if (this.drawing) {
      this.drawing.colour(this.#colour(), opNames(info));
      legendOf(ui.legend, this.drawing.legend);
    }
    if (this.#panelOf) this.#showPanel(true);
    this.#follow();
  }

  #colour(): "op" | "version" | "duration" | "value" | "side" {
    return this.route.view === "compare" ? "side" : (this.route.colour ?? "op");
  }

  #roots(): string[] {
    return [this.route.a, this.route.b].filter((id) => HID.test(id));
  }

  async render(): Promise<void> {
    const { ui, route } = this;
    this.#frame();
    if (isGraph(route)) {
      const key = dataKey(route);
      if (key !== this.#data) await this.#fetch(key);
      else this.#show();
    } else {
      this.#data = "";
      ui.graph.hidden = true;
      ui.sheet.hidden = false;
      await this.#sheetView();
    }
    this.#follow();
  }

  /** What stands around the view and needs no data. */
  #frame(): void {
    const { ui, route } = this;
    const link = (view: Route["view"], words: string): HTMLElement => el("a", { href: href(another(route, { view, pick: route.pick })), "aria-current": route.view === view ? "page" : null }, words);
    clear(ui.nav, link("summary", "Summary"), link("runs", "Runs"), link("query", "Query"));
    ui.app.dataset["view"] = route.view;
    ui.live.setAttribute("aria-pressed", String(route.live));
    tools(ui.tools, route, this.#listed, {
      go: (change) => this.go(change),
      filters: () => this.#toggleFilters(),
      list: () => this.#toggleList(),
      tidy: () => this.#tidy(),
      export: (what) => void this.#export(what),
    });
    ui.list.hidden = !isGraph(route) || route.table;
    ui.list.classList.toggle("unseen", !this.#listed);
    chips(ui.chips, this.info, isGraph(route) || route.view === "node" ? route.filters : {}, (filters) => this.go({ filters }));
    this.#crumbs();
    this.#banner();
    this.#title();
  }

  #name(id: string): string {
    const node = this.loaded?.graph.nodes.find((n) => n.id === id);
    return node ? clip(oneLine(node.label), 30) : shortId(id);
  }

  #crumbs(): void {
    const { route, ui } = this;
    const words = {
      summary: [], runs: ["Runs"], query: ["Query"], node: [oneLine(route.a.replace(/^op:|^var:/, ""))], focus: [this.#name(route.a)],
      path: [`Path: ${this.#name(route.a)} → ${this.#name(route.b)}`], compare: [`${this.#name(route.a)} and ${this.#name(route.b)} compared`],
    }[route.view];
    clear(ui.crumbs, route.view === "summary" ? el("h1", {}, "Summary") : el("a", { href: href(another(route, { view: "summary" })) }, "Summary"), ...words.flatMap((w) => [el("span", { class: "faint", "aria-hidden": "true" }, "›"), el("h1", {}, clip(w, 70))]));
  }

  #title(): void {
    const view = this.ui.crumbs.querySelector("h1")?.textContent ?? "";
    document.title = [view, this.info?.location.split(/[\\/]/).pop() ?? "", "mandala_graph"].filter(Boolean).join(" · ");
  }

  #banner(): void {
    const { pick } = this.route;
    const { banner } = this.ui;
    banner.hidden = !pick;
    if (!pick) return;
    const input = el("input", { "aria-label": "Id of the other node", placeholder: "id (40 digits)", spellcheck: "false" });
    const words = pick.what === "path" ? "Path from " : "Compare ";
    clear(
      banner,
      el("form", { onsubmit: (event: SubmitEvent) => {
        event.preventDefault();
        void this.#typed(input);
      } }, el("span", {}, words, el("strong", {}, this.#name(pick.from)), pick.what === "path" ? " to: choose another node, or its id" : " with: choose another node, or its id"), input, el("button", { type: "submit" }, "Go"), button("Cancel", () => this.go({ pick: null }, true))),
    );
  }

  async #typed(input: HTMLInputElement): Promise<void> {
    const text = input.value.trim();
    if (HID.test(text)) return this.#picked(text);
    try {
      const { results } = await api.search(text);
      const hit = results.find((r) => r.kind === "ref" || r.kind === "call");
      if (hit) this.#picked(hit.id);
      else say("nothing found");
    } catch (error) {
      say((error as Error).message);
    }
  }

  #picked(id: string): void {
    const { pick } = this.route;
    if (pick && id !== pick.from) this.to({ view: pick.what, a: pick.from, b: id, pick: null });
  }

  // -- graphs --------------------------------------------------------------------------------------------------------

  async #fetch(key: string, grow = false): Promise<void> {
    const { ui, route } = this;
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
      this.#frame();
      this.#show(grow);
    } catch (error) {
      clearTimeout(slow);
      if (!loading.signal.aborted) this.#failed(error as Error);
    }
  }

  #cover(words: string, kind = "", ...more: Node[]): void {
    const { notice } = this.ui;
    notice.hidden = false;
    clear(notice, el("div", { class: `empty ${kind}`, role: kind === "bad" ? "alert" : "status" }, el("h2", {}, words), ...more));
  }

  #failed(error: Error): void {
    this.#data = "";
    this.drawing?.update({ nodes: [], edges: [] });
    const title = error instanceof ApiError && error.status === 404 ? "Not in this store" : error instanceof ApiError && error.status === 401 ? "This page needs its key" : "This did not work";
    this.ui.graph.hidden = false;
    this.ui.sheet.hidden = true;
    this.#cover(title, "bad", el("p", {}, error.message), el("div", { class: "actions" }, button("Try again", () => void this.render()), el("a", { href: "/" }, "Back to the summary")));
  }

  #shown(): Graph {
    const graph = this.loaded?.graph ?? { nodes: [], edges: [] };
    return folded(graph, this.route.fold, this.#roots());
  }

  #show(grow = false): void {
    const { ui, route, loaded } = this;
    if (!loaded) return;
    const graph = this.#shown();
    ui.graph.hidden = route.table;
    ui.sheet.hidden = !route.table;
    this.#sheet = "";
    const place = placeKey(route);
    const same = grow || place === this.#place;
    this.#place = place;
    if (!route.table) {
      if (!this.drawing && !this.#begin()) return;
      const drawing = this.drawing!;
      drawing.colour(this.#colour(), this.info ? opNames(this.info) : []);
      if (!sameGraph(drawing.graph, graph)) drawing.update(graph, { grow: same && drawing.graph.nodes.length > 0, focus: route.a || null });
      legendOf(ui.legend, drawing.legend);
      list(ui.listBody, graph, route.selected, { select: (id) => this.chosen(id), open: (node) => this.open(node) });
    } else this.#tableOf(graph);
    this.#message(graph);
    this.#empty(graph);
    this.#select();
  }

  /** Makes the canvas; false where the browser cannot draw: then the table says the same. */
  #begin(): boolean {
    try {
      this.drawing = draw(this.ui.canvas, { nodes: [], edges: [] }, {
        select: (node) => this.chosen(node?.id ?? null),
        open: (node) => this.open(node),
        say,
      }, { theme: current(), colour: this.#colour(), order: this.info ? opNames(this.info) : [] });
    } catch {
      this.#cover("This browser cannot draw", "bad", el("p", {}, "Its WebGL is switched off or missing. Tables, search and queries work without it."), button("Show the table", () => this.go({ table: true }), { class: "main" }));
      return false;
    }
    (globalThis as { mandalaGraph?: Drawing }).mandalaGraph = this.drawing; // for the console
    return true;
  }

  #message(graph: Graph): void {
    const { message } = this.ui;
    const said = graph.message ?? (graph.truncated && graph.total ? `${count(graph.shown ?? graph.nodes.length)} of ${count(graph.total)} nodes are shown.` : null);
    message.hidden = !said || !graph.nodes.length;
    message.textContent = said ?? "";
  }

  #empty(graph: Graph): void {
    const { route, ui } = this;
    if (graph.nodes.length) return void (ui.notice.hidden = true);
    const clearing = active(route.filters) ? button("Clear the filters", () => this.go({ filters: {} }), { class: "main" }) : null;
    if (route.view === "path") this.#cover("No path", "", el("p", {}, graph.message ?? "No data flows from the one to the other."), ...(clearing ? [clearing] : []));
    else if (clearing) this.#cover("Nothing passes the filters", "", clearing);
    else this.#cover("This store is empty", "", el("p", {}, "Calls of ops appear here once they were made in a "), el("pre", {}, 'with Storage("' + (this.info?.location ?? "exp.db") + '") as storage:\n    ...'), button("Follow live", () => this.go({ live: true }), { class: "main" }));
  }

  #tidy(): void {
    this.drawing?.update(this.#shown(), { focus: this.route.a || null });
    this.drawing?.select(this.#selected());
  }

  #selected(): string | null {
    const { route } = this;
    return (route.selected ?? (route.view === "focus" ? route.a : "")) || null;
  }

  /** A node was chosen, in the graph, the list or a table. */
  chosen(id: string | null): void {
    if (this.route.pick && id !== null && HID.test(id) && id !== this.route.pick.from) return this.#picked(id);
    this.route = { ...this.route, selected: id ?? (this.route.view === "focus" ? "" : null) };
    history.replaceState(null, "", href(this.route));
    this.#select();
  }

  #select(): void {
    const id = this.#selected();
    if (this.drawing && isGraph(this.route) && this.drawing.selected?.id !== id) this.drawing.select(id, true);
    mark(this.ui.listBody, id);
    this.#showPanel();
  }

  open(node: GraphNode): void {
    if (node.kind === "op" || node.kind === "var") this.to({ view: "node", a: node.id });
    else if (node.kind === "group") this.go({ open: [...this.route.open, node.id] });
    else if (this.route.pick) this.chosen(node.id);
    else if (node.hidden) this.go({ fold: this.route.fold.filter((f) => f !== node.id) });
    else if (this.route.view === "focus" && this.route.a === node.id) this.expand(node.id);
    else this.to({ view: "focus", a: node.id });
  }

  expand(id: string): void {
    if (!this.route.expand.includes(id)) this.go({ expand: [...this.route.expand, id], fold: this.route.fold.filter((f) => f !== id), selected: id });
  }

  fold(id: string): void {
    const { fold } = this.route;
    if (fold.includes(id)) this.go({ fold: fold.filter((f) => f !== id) });
    else if (this.loaded && foldable(this.#shown(), id, this.#roots()) > 0) this.go({ fold: [...fold, id] });
    else say("nothing hangs on it alone");
  }

  // -- the panel -----------------------------------------------------------------------------------------------------

  #actions(id: string): Actions {
    const graph = isGraph(this.route) ? this.#shown() : null;
    const folds = this.route.fold.includes(id);
    return {
      focused: this.route.view === "focus" && this.route.a === id && this.route.direction === "both",
      focus: (hid, direction = "both") => this.to({ view: "focus", a: hid, direction, selected: hid, ...(direction === "both" ? {} : { depth: "all" as const }) }),
      drill: (node) => this.to({ view: "node", a: node }),
      expand: graph && this.route.view !== "summary" ? (hid) => this.expand(hid) : null,
      openGroup: (group) => this.go({ open: [...this.route.open, group] }),
      fold: graph && this.#roots().length ? { hides: folds ? 0 : foldable(graph, id, this.#roots()), folded: folds, toggle: (hid) => this.fold(hid) } : null,
      pick: (what, hid) => this.go({ pick: { what, from: hid } }, true),
      filter: (name, value) => this.to({ view: "summary", filters: { ...this.route.filters, [name]: [value] } }),
      href: (hid) => href(another(this.route, { view: "focus", a: hid })),
      nodeHref: (node) => href(another(this.route, { view: "node", a: node })),
      close: () => this.chosen(null),
    };
  }

  #showPanel(again = false): void {
    const { ui, route, loaded } = this;
    const id = this.#selected();
    const graph = isGraph(route) ? this.#shown() : { nodes: [], edges: [] };
    const node: GraphNode | null = id === null ? null : (graph.nodes.find((n) => n.id === id) ?? (HID.test(id) ? { id, kind: "ref", label: shortId(id) } : null));
    const key = JSON.stringify([id, route.view, route.fold, graph.nodes.length, route.a, route.b]);
    if (key === this.#panelOf && !again) return;
    this.#panelOf = key;
    this.#panelling.abort();
    this.#panelling = new AbortController();
    if (node) {
      ui.panel.hidden = false;
      void panel(ui.panel, node, graph, this.info, this.#actions(node.id), this.#panelling.signal);
    } else if (route.view === "compare" && loaded?.comparison) {
      ui.panel.hidden = false;
      comparePanel(ui.panel, route.a, route.b, loaded.comparison, { href: (hid) => href(another(route, { view: "focus", a: hid })), swapped: href({ ...route, a: route.b, b: route.a }) });
    } else ui.panel.hidden = true;
  }

  // -- tables and other sheets ---------------------------------------------------------------------------------------

  #rows(graph: Graph): Cell[][] {
    return graph.nodes.map((n) => [n.kind, n.label, n.kind === "ref" ? (n.value ?? n.preview ?? null) : null, n.type ?? null, n.op ?? null, n.kind === "call" || n.kind === "ref" ? null : (n.count ?? null), n.duration ?? null, n.size ?? null, n.started ?? null, n.version ? shortId(n.version) : null, n.run ? shortId(n.run) : null, n.id]);
  }

  /** Only columns that say something here. */
  #table(graph: Graph): [Column[], Cell[][]] {
    const rows = this.#rows(graph);
    const used = COLUMNS.map((_, i) => rows.some((row) => row[i] !== null && row[i] !== undefined));
    return [COLUMNS.filter((_, i) => used[i]), rows.map((row) => row.filter((_, i) => used[i]))];
  }

  #tableOf(graph: Graph): void {
    const { route, ui } = this;
    const [columns, rows] = this.#table(graph);
    const id = (row: Cell[]): string => String(row[row.length - 1]);
    const grid = new Grid(local(columns, rows, route.sort, route.desc), {
      label: "Shown nodes",
      sort: route.sort,
      desc: route.desc,
      onsort: (sort, desc) => this.go({ sort, desc }),
      onselect: (row) => this.chosen(id(row)),
      onopen: (row) => {
        const node = graph.nodes.find((n) => n.id === id(row));
        if (node) this.open(node);
      },
      link: (cell, column) => (column.kind === "id" && typeof cell === "string" && HID.test(cell) ? href(another(route, { view: "focus", a: cell })) : null),
    });
    clear(ui.sheet, el("p", { class: "faint sheet-head" }, rowsWord(graph.nodes.length)), grid.element);
  }

  async #sheetView(again = false): Promise<void> {
    const { route, ui } = this;
    const key = JSON.stringify({ ...route, selected: null, pick: null, live: null });
    if (key === this.#sheet && !again) {
      this.#select();
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
        if (!signal.aborted) timeline(ui.sheet, runs, { only: (run) => this.to({ view: "summary", filters: { run: [run] } }) });
      } else if (route.view === "query") {
        await queryView(ui.sheet, route, this.questions(), {
          go: (change) => this.go({ selected: null, ...change }),
          href: (id) => href(another(route, { view: "focus", a: id })),
          open: (id) => this.to({ view: "focus", a: id }),
          select: (id) => this.chosen(id),
          save: (name, text) => download(name, text, "text/csv;charset=utf-8"),
          picture: (answer) => this.#picture(answer),
          suggest: (type) => this.#suggest(type),
        }, signal);
      } else await this.#drilled(signal);
    } catch (error) {
      if (!signal.aborted) {
        this.#sheet = "";
        clear(ui.sheet, el("div", { class: "empty bad", role: "alert" }, el("h2", {}, "This did not work"), el("p", {}, (error as Error).message), button("Try again", () => void this.#sheetView(true))));
      }
    }
    this.#select();
  }

  #suggest(type: string): { value: string; label: string }[] {
    if (!this.info) return [];
    if (type === "op") return opNames(this.info).map((name) => ({ value: name, label: name }));
    if (type === "run") return this.info.runs.map((r) => ({ value: r.id, label: `${time(r.started)}, ${counted(r.calls, "call")}` }));
    return [];
  }

  /** All calls of an op, or all values of a variable. */
  async #drilled(signal: AbortSignal): Promise<void> {
    const { route, ui } = this;
    const first = await api.table(route.a, 0, 200, route.sort, route.desc, route.filters, signal);
    if (signal.aborted) return;
    this.table = first;
    const at = first.columns.findIndex((c) => c.kind === "id");
    const id = (row: Cell[]): string | null => (at >= 0 && typeof row[at] === "string" ? row[at] : null);
    const grid = new Grid(
      { columns: first.columns, total: first.total, rows: async (offset, limit) => (offset === 0 && limit <= 200 ? first.rows : (await api.table(route.a, offset, limit, route.sort, route.desc, route.filters, signal)).rows) },
      {
        label: route.a.startsWith("op:") ? `Calls of ${oneLine(route.a.slice(3))}` : `Values of ${oneLine(route.a.replace(/^var:/, ""))}`,
        sort: route.sort,
        desc: route.desc,
        onsort: (sort, desc) => this.go({ sort, desc }),
        onselect: (row) => this.chosen(id(row)),
        onopen: (row) => {
          const hid = id(row);
          if (hid) this.to({ view: "focus", a: hid });
        },
        link: (cell, column) => {
          const to = column.kind === "id" || column.kind === "value" ? idOf(cell) : null;
          return to ? href(another(route, { view: "focus", a: to })) : null;
        },
      },
    );
    const what = route.a.startsWith("op:") ? "call" : "value";
    say(counted(first.total, what));
    clear(ui.sheet, el("p", { class: "faint sheet-head" }, counted(first.total, what), active(route.filters) > 0 && " pass the filters"), first.total ? grid.element : el("div", { class: "empty" }, el("h2", {}, "No rows"), active(route.filters) > 0 && button("Clear the filters", () => this.go({ filters: {} }))));
  }

  #picture(answer: Answer): void {
    const place = el("div", { class: "canvas in-dialog" });
    const box = dialog("Answer", place);
    box.classList.add("wide");
    const drawing = draw(place, answer.graph!, { open: (node) => {
      box.close();
      this.to({ view: "focus", a: node.id });
    }, say }, { theme: current(), order: this.info ? opNames(this.info) : [] });
    box.addEventListener("close", () => drawing.destroy());
    drawing.focus();
  }

  // -- tools ---------------------------------------------------------------------------------------------------------

  #toggleFilters(): void {
    const { ui } = this;
    ui.filters.hidden = !ui.filters.hidden;
    if (ui.filters.hidden) return;
    if (!this.info) {
      clear(ui.filters, el("p", { class: "faint loading" }, "Loading…"));
      void this.#inform().then(() => {
        ui.filters.hidden = true;
        this.#toggleFilters();
      });
      return;
    }
    filterForm(ui.filters, this.info, this.route.filters, (filters) => {
      ui.filters.hidden = true;
      this.go({ filters });
    });
    ui.filters.querySelector<HTMLElement>("input, button")?.focus();
  }

  #toggleList(): void {
    this.#listed = !this.#listed;
    this.#frame();
  }

  async #export(what: "png" | "svg" | "csv" | "cypher" | "python"): Promise<void> {
    const { route, drawing } = this;
    const name = `mandala-graph-${route.view}`;
    const source = route.view === "node" ? this.table : this.loaded?.graph;
    if (what === "svg" && drawing) download(`${name}.svg`, drawing.svg(), "image/svg+xml");
    else if (what === "png" && drawing) {
      try {
        download(`${name}.png`, await drawing.png());
      } catch (error) {
        dialog("PNG", el("p", { role: "alert" }, (error as Error).message));
      }
    } else if (what === "csv") {
      if (route.view === "node") {
        const link = el("a", { href: api.tableCsv(route.a, route.sort, route.desc, route.filters), download: `${name}.csv` });
        document.body.append(link);
        link.click();
        link.remove();
      } else download(`${name}.csv`, csv(...this.#table(this.#shown())), "text/csv;charset=utf-8");
    } else if (what === "cypher") code("Cypher", "The same selection in Neo4j Browser, or with storage.query(...).", source?.cypher || "// this view has no query of its own", "view.cypher");
    else if (what === "python") code("Python", "The same selection in a program or notebook.", source?.python || "# this view has no frame of its own", "view.py");
  }

  #found(hit: Hit): void {
    if (hit.kind === "op" || hit.kind === "var") this.to({ view: "node", a: hit.id.startsWith(`${hit.kind}:`) ? hit.id : `${hit.kind}:${hit.id}` });
    else if (hit.kind === "question") this.to({ view: "query", ask: hit.id, pick: null });
    else if (hit.kind === "cypher") this.to({ view: "query", cypher: hit.id, pick: null });
    else if (this.route.pick) this.#picked(hit.id);
    else this.to({ view: "focus", a: hit.id });
  }

  #follow(): void {
    const { ui, route, info } = this;
    ui.live.classList.toggle("on", route.live);
    if (!route.live) {
      this.#live?.stop();
      this.#live = null;
      ui.live.classList.remove("lost");
    } else if (!this.#live && info) {
      this.#live = live(info.counts, () => void this.#changed(), (connected) => ui.live.classList.toggle("lost", !connected));
    }
  }

  /** The store has changed: the same view, fetched again; what is drawn stays where it is. */
  async #changed(): Promise<void> {
    const before = this.drawing?.graph.nodes.length ?? 0;
    await this.#inform();
    if (isGraph(this.route)) {
      await this.#fetch(dataKey(this.route), true);
      const now = this.drawing?.graph.nodes.length ?? 0;
      if (now !== before) say(`${counted(now, "node")} shown`);
    } else if (this.route.view !== "query") await this.#sheetView(true);
  }

  // -- mouse and keys ------------------------------------------------------------------------------------------------

  #click(event: MouseEvent): void {
    const link = (event.target as Element | null)?.closest?.("a");
    const to = link?.getAttribute("href");
    if (!link || !to?.startsWith("/") || to.startsWith("/api/") || link.hasAttribute("download")) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    const url = new URL(to, location.origin);
    const route = parse(url.pathname, url.search);
    const shown = isGraph(this.route) && !this.route.table && this.#shown().nodes.some((n) => n.id === route.a);
    if (route.view === "focus" && shown && this.ui.panel.contains(link)) this.chosen(route.a);
    else if (route.view === "focus" && this.route.pick && HID.test(route.a)) this.#picked(route.a);
    else this.go(route);
  }

  #key(event: KeyboardEvent, switchTheme: () => void): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") {
      if (!this.ui.filters.hidden) this.ui.filters.hidden = true;
      else if (this.route.pick) this.go({ pick: null }, true);
      else if (this.#selected() !== null) this.chosen(null);
      return;
    }
    if (typing(event.target)) return;
    const id = this.#selected();
    const hid = id !== null && HID.test(id) ? id : null;
    const graph = isGraph(this.route);
    const does: Record<string, (() => void) | false> = {
      "/": () => this.#search.focus(),
      "?": () => help(),
      d: switchTheme,
      f: () => this.#toggleFilters(),
      l: graph && (() => this.#toggleList()),
      t: graph && (() => this.go({ table: !this.route.table })),
      e: graph && hid !== null && (() => this.expand(hid)),
      c: graph && hid !== null && (() => this.fold(hid)),
      p: hid !== null && (() => this.go({ pick: { what: "path", from: hid } }, true)),
      m: hid !== null && (() => this.go({ pick: { what: "compare", from: hid } }, true)),
    };
    const act = does[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (act) act();
    else if (event.key.startsWith("Arrow") && graph && !this.route.table && event.target === document.body && this.drawing) {
      this.drawing.focus();
      const first = this.drawing.selected ?? this.drawing.graph.nodes[0];
      if (first) {
        this.chosen(first.id);
        say(spoken(first));
      }
    } else return;
    event.preventDefault();
  }
}

const sameGraph = (a: Graph, b: Graph): boolean => JSON.stringify([a.nodes, a.edges]) === JSON.stringify([b.nodes, b.edges]);

new Page();
