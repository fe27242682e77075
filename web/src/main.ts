// The page: the URL says what is shown, this module shows it. Parts are in the other modules.

import "./style.css";

import { api } from "./api.ts";
import { HID, type App } from "./app.ts";
import { DetailsView } from "./details.ts";
import { clear, el, say, typing } from "./dom.ts";
import type { Drawing } from "./draw.ts";
import { exportView } from "./exporting.ts";
import { chips, filterForm } from "./filters.ts";
import { clip, counted, oneLine, shortId } from "./format.ts";
import { GraphView } from "./graphs.ts";
import { help } from "./help.ts";
import { mark } from "./list.ts";
import { live, type Live } from "./live.ts";
import { spoken } from "./looks.ts";
import { banner } from "./picking.ts";
import { another, href, parse, type Route } from "./router.ts";
import { search } from "./search.ts";
import { SheetView } from "./sheets.ts";
import { shell } from "./shell.ts";
import { foldable, type Loaded } from "./state.ts";
import { follow } from "./theme.ts";
import { isFiltered, isGraph, tools, zoomButtons } from "./tools.ts";
import type { Graph, GraphNode, Hit, Info, Question, TablePage } from "./types.ts";

class Page implements App {
  readonly ui = shell();
  route: Route = parse(location.pathname, location.search);
  info: Info | null = null;
  table: TablePage | null = null;
  readonly #graphs = new GraphView(this, {
    fetched: () => this.#frame(),
    table: (graph) => this.#sheets.ofGraph(graph),
    shown: () => this.#select(),
    again: () => void this.render(),
  });
  readonly #sheets = new SheetView(this, () => this.#select());
  readonly #details = new DetailsView(this);
  #live: Live | null = null;
  #questions: Promise<Question[]> | null = null;
  #listed = matchMedia("(min-width: 1100px)").matches;
  readonly #search = search({
    ask: (text, signal) => api.search(text, signal),
    go: (hit) => this.#found(hit),
    questions: () => this.questions(),
  });

  constructor() {
    const { ui } = this;
    ui.search.append(this.#search.element);
    const switchTheme = follow(() => this.#graphs.recolour());
    ui.theme.addEventListener("click", switchTheme);
    ui.help.addEventListener("click", () => help());
    ui.live.addEventListener("click", () => this.go({ live: !this.route.live }, true));
    clear(ui.zoom, ...zoomButtons(() => this.drawing));
    window.addEventListener("popstate", () => {
      this.route = parse(location.pathname, location.search);
      void this.render();
    });
    document.addEventListener("click", (event) => this.#click(event));
    document.addEventListener("keydown", (event) => this.#key(event, switchTheme));
    void this.render();
    void this.#inform();
  }

  get drawing(): Drawing | null {
    return this.#graphs.drawing;
  }

  get loaded(): Loaded | null {
    return this.#graphs.loaded;
  }

  shown(): Graph {
    return this.#graphs.shown();
  }

  roots(): string[] {
    return this.#graphs.roots();
  }

  questions(): Promise<Question[]> {
    this.#questions ??= api.questions().catch((error: unknown) => {
      this.#questions = null;
      throw error;
    });
    return this.#questions;
  }

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
    clear(
      ui.where,
      el("strong", {}, clip(name, 40)),
      el(
        "span",
        { class: "faint" },
        ` ${{ sqlite: "SQLite", neo4j: "Neo4j" }[info.engine] ?? info.engine} · ${counted(info.counts["Call"] ?? 0, "call")}`,
      ),
    );
    ui.where.title = `${info.location}: back to the summary`;
    this.#title();
    chips(ui.chips, info, isFiltered(this.route) ? this.route.filters : {}, (filters) => this.go({ filters }));
    this.#graphs.recolour();
    if (!ui.panel.hidden) this.#details.show(true);
    this.#follow();
  }

  async render(): Promise<void> {
    const { route } = this;
    this.#frame();
    if (isGraph(route)) {
      this.#sheets.leave();
      await this.#graphs.render();
    } else {
      this.#graphs.leave();
      await this.#sheets.render();
    }
    this.#follow();
  }

  /** What stands around the view and needs no data. */
  #frame(): void {
    const { ui, route } = this;
    const link = (view: Route["view"], words: string): HTMLElement =>
      el(
        "a",
        { href: href(another(route, { view, pick: route.pick })), "aria-current": route.view === view ? "page" : null },
        words,
      );
    clear(ui.nav, link("summary", "Summary"), link("runs", "Runs"), link("query", "Query"));
    ui.app.dataset["view"] = route.view;
    ui.live.setAttribute("aria-pressed", String(route.live));
    tools(ui.tools, route, this.#listed, {
      go: (change) => this.go(change),
      filters: () => this.#toggleFilters(),
      list: () => this.#toggleList(),
      tidy: () => this.#graphs.tidy(),
      export: (what) => void exportView(this, what),
    });
    ui.list.hidden = !isGraph(route) || route.table;
    ui.list.classList.toggle("unseen", !this.#listed);
    chips(ui.chips, this.info, isFiltered(route) ? route.filters : {}, (filters) => this.go({ filters }));
    this.#crumbs();
    banner(this, (id) => this.#name(id));
    this.#title();
  }

  #name(id: string): string {
    const node = this.loaded?.graph.nodes.find((n) => n.id === id);
    return node ? clip(oneLine(node.label), 30) : shortId(id);
  }

  #crumbs(): void {
    const { route, ui } = this;
    const words = {
      summary: [],
      runs: ["Runs"],
      query: ["Query"],
      node: [oneLine(route.a.replace(/^op:|^var:/, ""))],
      focus: [this.#name(route.a)],
      path: [`Path: ${this.#name(route.a)} → ${this.#name(route.b)}`],
      compare: [`${this.#name(route.a)} and ${this.#name(route.b)} compared`],
    }[route.view];
    clear(
      ui.crumbs,
      route.view === "summary"
        ? el("h1", {}, "Summary")
        : el("a", { href: href(another(route, { view: "summary" })) }, "Summary"),
      ...words.flatMap((w) => [el("span", { class: "faint", "aria-hidden": "true" }, "›"), el("h1", {}, clip(w, 70))]),
    );
  }

  #title(): void {
    const view = this.ui.crumbs.querySelector("h1")?.textContent ?? "";
    document.title = [view, this.info?.location.split(/[\\/]/).pop() ?? "", "mandala_graph"]
      .filter(Boolean)
      .join(" · ");
  }

  picked(id: string): void {
    const { pick } = this.route;
    if (pick && id !== pick.from) this.to({ view: pick.what, a: pick.from, b: id, pick: null });
  }

  selected(): string | null {
    const { route } = this;
    return (route.selected ?? (route.view === "focus" ? route.a : "")) || null;
  }

  chosen(id: string | null): void {
    if (this.route.pick && id !== null && HID.test(id) && id !== this.route.pick.from) return this.picked(id);
    this.route = { ...this.route, selected: id ?? (this.route.view === "focus" ? "" : null) };
    history.replaceState(null, "", href(this.route));
    this.#select();
  }

  #select(): void {
    const id = this.selected();
    if (this.drawing && isGraph(this.route) && this.drawing.selected?.id !== id) this.drawing.select(id, true);
    mark(this.ui.listBody, id);
    this.#details.show();
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
    if (!this.route.expand.includes(id))
      this.go({ expand: [...this.route.expand, id], fold: this.route.fold.filter((f) => f !== id), selected: id });
  }

  fold(id: string): void {
    const { fold } = this.route;
    if (fold.includes(id)) this.go({ fold: fold.filter((f) => f !== id) });
    else if (this.loaded && foldable(this.shown(), id, this.roots()) > 0) this.go({ fold: [...fold, id] });
    else say("nothing hangs on it alone");
  }

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

  #found(hit: Hit): void {
    if (hit.kind === "op" || hit.kind === "var")
      this.to({ view: "node", a: hit.id.startsWith(`${hit.kind}:`) ? hit.id : `${hit.kind}:${hit.id}` });
    else if (hit.kind === "question") this.to({ view: "query", ask: hit.id, pick: null });
    else if (hit.kind === "cypher") this.to({ view: "query", cypher: hit.id, pick: null });
    else if (this.route.pick) this.picked(hit.id);
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
      this.#live = live(
        info.counts,
        () => void this.#changed(),
        (connected) => ui.live.classList.toggle("lost", !connected),
      );
    }
  }

  /** The store has changed: the same view, fetched again; what is drawn stays where it is. */
  async #changed(): Promise<void> {
    const before = this.drawing?.graph.nodes.length ?? 0;
    await this.#inform();
    if (isGraph(this.route)) {
      await this.#graphs.fetch(true);
      const now = this.drawing?.graph.nodes.length ?? 0;
      if (now !== before) say(`${counted(now, "node")} shown`);
    } else if (this.route.view !== "query") await this.#sheets.render(true);
  }

  #click(event: MouseEvent): void {
    const link = (event.target as Element | null)?.closest?.("a");
    const to = link?.getAttribute("href");
    if (!link || !to?.startsWith("/") || to.startsWith("/api/") || link.hasAttribute("download")) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    const url = new URL(to, location.origin);
    const route = parse(url.pathname, url.search);
    const shown = isGraph(this.route) && !this.route.table && this.shown().nodes.some((n) => n.id === route.a);
    if (route.view === "focus" && shown && this.ui.panel.contains(link)) this.chosen(route.a);
    else if (route.view === "focus" && this.route.pick && HID.test(route.a)) this.picked(route.a);
    else this.go(route);
  }

  #key(event: KeyboardEvent, switchTheme: () => void): void {
    if (
      event.defaultPrevented ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      document.querySelector("dialog[open]")
    )
      return;
    if (event.key === "Escape") {
      if (!this.ui.filters.hidden) {
        this.ui.filters.hidden = true;
        this.ui.tools.querySelector<HTMLElement>("[aria-haspopup='true']")?.focus(); // where it was opened; keys work again
      } else if (this.route.pick) this.go({ pick: null }, true);
      else if (this.selected() !== null) this.chosen(null);
      return;
    }
    if (typing(event.target)) return;
    const id = this.selected();
    const hid = id !== null && HID.test(id) ? id : null;
    const graph = isGraph(this.route);
    const does: Record<string, (() => void) | false> = {
      "/": () => this.#search.focus(),
      "?": () => help(),
      d: switchTheme,
      f: isFiltered(this.route) && (() => this.#toggleFilters()),
      l: graph && (() => this.#toggleList()),
      t: graph && (() => this.go({ table: !this.route.table })),
      e: graph && hid !== null && (() => this.expand(hid)),
      c: graph && hid !== null && (() => this.fold(hid)),
      p: hid !== null && (() => this.go({ pick: { what: "path", from: hid } }, true)),
      m: hid !== null && (() => this.go({ pick: { what: "compare", from: hid } }, true)),
    };
    const act = does[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (act) act();
    else if (
      event.key.startsWith("Arrow") &&
      graph &&
      !this.route.table &&
      event.target === document.body &&
      this.drawing
    ) {
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

new Page();
