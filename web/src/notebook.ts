// The graph browser as a widget in a notebook: the page's drawing, panel and tables; the kernel answers, and steps that a
// URL would hold are kept here.

import own from "./notebook.css?inline";
import page from "./style.css?inline";

import { apiOver, type Api } from "./api.ts";
import { HID } from "./app.ts";
import { button, clear, el } from "./dom.ts";
import { draw, type Drawing } from "./draw.ts";
import { download } from "./export.ts";
import { opNames } from "./filters.ts";
import { clip, oneLine, shortId } from "./format.ts";
import { Kernel, type Model } from "./kernel.ts";
import { found, tableOf } from "./notebook-table.ts";
import { panel, type Actions } from "./panel.ts";
import { EMPTY, type Route } from "./router.ts";
import { search } from "./search.ts";
import { foldable, folded, load, placeKey } from "./state.ts";
import { watch } from "./surroundings.ts";
import { colour, depth, legendOf, segments, zoomButtons } from "./tools.ts";
import type { Graph, GraphNode, Hit, Info } from "./types.ts";

const LINK = "#mandala-graph:"; // followed here, never by the notebook

class Explorer {
  readonly kernel: Kernel;
  readonly api: Api;
  readonly root: HTMLElement;
  readonly back = button("← Back", () => this.#goBack(), { class: "plain", "aria-label": "Back" });
  readonly crumbs = el("div", { class: "crumbs" });
  readonly tools = el("div", { class: "tools" });
  readonly canvas = el("div", { class: "canvas" });
  readonly legend = el("div", { class: "legend" });
  readonly notice = el("div", { class: "cover", hidden: true });
  readonly graph: HTMLElement;
  readonly sheet = el("section", { class: "sheet", "aria-label": "Table", hidden: true });
  readonly message = el("p", { class: "message", hidden: true });
  readonly panel = el("aside", { class: "panel", "aria-label": "Details", hidden: true });
  readonly said = el("div", { class: "unseen", role: "status", "aria-live": "polite" });
  route: Route = EMPTY;
  #past: Route[] = [];
  readonly #home: Graph;
  #loaded: Graph;
  #info: Info | null = null;
  #drawing: Drawing | null = null;
  #place = "";
  #loading = new AbortController();
  #panelling = new AbortController();
  readonly #unwatch: () => void;

  constructor(
    readonly model: Model,
    element: HTMLElement,
  ) {
    this.kernel = new Kernel(model);
    this.api = apiOver(this.kernel.call);
    this.#home = this.#loaded = model.get("graph") as Graph;
    const zoom = el("div", { class: "zoom" }, ...zoomButtons(() => this.#drawing));
    this.graph = el("div", { class: "graph" }, this.canvas, this.legend, zoom, this.notice);
    this.root = el(
      "div",
      { class: "explorer" },
      el("div", { class: "bar" }, this.back, this.crumbs, this.#search(), this.tools),
      this.message,
      el("div", { class: "middle" }, el("div", { class: "stage" }, this.graph, this.sheet), this.panel),
      this.said,
    );
    this.root.style.height = `${Number(model.get("height")) || 480}px`;
    const shadow = element.attachShadow({ mode: "open" }); // the notebook's styles stay outside, ours inside
    shadow.append(
      el("style", {}, page.replace(/:root(\[[^\]]*\])/g, ":host($1)").replaceAll(":root", ":host"), own),
      this.root,
    );
    this.root.addEventListener("click", (event) => this.#click(event));
    this.root.addEventListener("keydown", (event) => this.#key(event));
    this.#unwatch = watch(element, (name) => {
      element.dataset["theme"] = name;
      this.#drawing?.theme(name);
      this.#legend();
    });
    this.#drawing = draw(
      this.canvas,
      this.#loaded,
      {
        select: (node) => this.#select(node?.id ?? null),
        open: (node) => this.#open(node),
        say: (text) => (this.said.textContent = text),
      },
      { theme: element.dataset["theme"] === "dark" ? "dark" : "light" },
    );
    (element as { mandalaGraph?: Drawing }).mandalaGraph = this.#drawing; // for the console
    this.#place = placeKey(this.route);
    this.#frame();
    this.#shown();
    const start = String(model.get("start") ?? "");
    if (start) this.#view({ view: "focus", a: start });
    void this.api.info().then(
      (info) => {
        this.#info = info;
        this.#drawing?.colour(this.route.colour ?? "op", opNames(info));
        this.#legend();
      },
      () => undefined,
    ); // without a kernel the picture is still there
  }

  destroy(): void {
    this.#unwatch();
    this.#loading.abort();
    this.#panelling.abort();
    this.kernel.destroy();
    this.#drawing?.destroy();
  }

  // -- steps ---------------------------------------------------------------------------------------------------------

  #go(change: Partial<Route>): void {
    this.#past.push(this.route);
    this.#to({ ...this.route, ...change });
  }

  #view(change: Partial<Route>): void {
    this.#past.push(this.route);
    this.#to({ ...EMPTY, colour: this.route.colour, ...change });
  }

  #goBack(): void {
    const before = this.#past.pop();
    if (before) this.#to(before);
  }

  #to(route: Route): void {
    this.route = route;
    this.#frame();
    void (route.view === "node" ? this.#table() : this.#graph());
  }

  async #graph(): Promise<void> {
    const { route } = this;
    const signal = this.#fresh();
    const slow = setTimeout(() => this.#cover("Waiting for the kernel…"), 250);
    try {
      const graph =
        route.view === "summary" && !route.expand.length ? this.#home : (await load(route, signal, this.api)).graph;
      if (signal.aborted) return;
      this.#loaded = graph;
      this.#draw();
    } catch (error) {
      if (!signal.aborted) this.#failed(error as Error, () => void this.#graph());
    } finally {
      clearTimeout(slow);
    }
  }

  #draw(): void {
    const place = placeKey(this.route);
    const drawing = this.#drawing!;
    this.notice.hidden = true;
    this.graph.hidden = false;
    this.sheet.hidden = true;
    drawing.colour(this.route.colour ?? "op");
    drawing.update(folded(this.#loaded, this.route.fold, [this.route.a]), {
      grow: place === this.#place,
      focus: this.route.a || null,
    });
    this.#place = place;
    this.#frame();
    this.#shown();
    const id = this.route.selected ?? (this.route.view === "focus" ? this.route.a : null);
    drawing.select(id, true);
    this.#details(id);
  }

  /** What there is to say of the drawn graph. */
  #shown(): void {
    const graph = this.#loaded;
    this.message.hidden = !graph.message;
    this.message.textContent = graph.message ?? "";
    this.#legend();
    if (!graph.nodes.length) this.#cover("Nothing is in here yet");
  }

  #legend(): void {
    if (this.#drawing) legendOf(this.legend, this.#drawing.legend);
  }

  #fresh(): AbortSignal {
    this.#loading.abort();
    return (this.#loading = new AbortController()).signal;
  }

  #cover(words: string, ...more: Node[]): void {
    this.notice.hidden = false;
    clear(this.notice, el("div", { class: "empty", role: "status" }, el("h2", {}, words), ...more));
  }

  #failed(error: Error, again: () => void): void {
    this.graph.hidden = false;
    this.sheet.hidden = true;
    this.#cover(
      "This did not work",
      el("p", { role: "alert" }, error.message),
      el(
        "div",
        { class: "actions" },
        button("Try again", again),
        this.#past.length > 0 && button("Back", () => this.#goBack()),
      ),
    );
  }

  // -- around the picture --------------------------------------------------------------------------------------------

  #frame(): void {
    const { route } = this;
    const name = (id: string): string =>
      clip(oneLine(this.#loaded.nodes.find((n) => n.id === id)?.label ?? shortId(id)), 40);
    const title = String(this.model.get("title") ?? "");
    const words =
      route.view === "node"
        ? clip(oneLine(route.a.replace(/^(op|var):/, "")), 50)
        : route.view === "focus"
          ? name(route.a)
          : "";
    this.back.hidden = this.#past.length === 0;
    clear(
      this.crumbs,
      words ? button(title, () => this.#view({}), { class: "link" }) : el("h1", {}, title),
      words && el("span", { class: "faint", "aria-hidden": "true" }, "›"),
      words && el("h1", {}, words),
    );
    const go = { go: (change: Partial<Route>) => this.#go(change) };
    const ways = [
      ["up", "Upstream"],
      ["both", "Both"],
      ["down", "Downstream"],
    ] as const;
    clear(
      this.tools,
      route.view === "focus" &&
        segments(
          "Direction",
          ways.map(([value, said]) => ({
            words: said,
            on: route.direction === value,
            go: () => this.#go({ direction: value }),
          })),
        ),
      route.view === "focus" && depth(route, go),
      route.view !== "node" && colour(route, { go: (change) => this.#coloured(change) }),
      route.view !== "node" &&
        button("SVG", () => this.#drawing && download("mandala-graph.svg", this.#drawing.svg(), "image/svg+xml"), {
          title: "Save this picture",
        }),
    );
  }

  #coloured(change: Partial<Route>): void {
    this.route = { ...this.route, ...change };
    this.#drawing?.colour(this.route.colour ?? "op", this.#info ? opNames(this.#info) : undefined);
    this.#legend();
  }

  async #table(): Promise<void> {
    const { route } = this;
    const signal = this.#fresh();
    this.#details(null);
    this.message.hidden = true;
    this.graph.hidden = true;
    this.sheet.hidden = false;
    clear(this.sheet, el("p", { class: "faint loading sheet-head" }, "Waiting for the kernel…"));
    try {
      const { grid, words } = await tableOf(route, this.api, signal, {
        sort: (sort, desc) => this.#to({ ...this.route, sort, desc }),
        select: (id) => this.#details(id),
        focus: (id) => this.#view({ view: "focus", a: id }),
        link: (cell) => (typeof cell === "string" && HID.test(cell) ? LINK + cell : null),
      });
      if (signal.aborted) return;
      clear(this.sheet, el("p", { class: "faint sheet-head" }, words), grid.element);
      this.said.textContent = words;
    } catch (error) {
      if (!signal.aborted) this.#failed(error as Error, () => void this.#table());
    }
  }

  #search(): HTMLElement {
    return search({
      ask: (text, signal) => found(text, this.#home, this.api, signal),
      go: (hit) => this.#found(hit),
      questions: null,
    }).element;
  }

  /** What is drawn is pointed at; all else is gone to. */
  #found(hit: Hit): void {
    if (this.route.view !== "node" && this.#loaded.nodes.some((n) => n.id === hit.id)) {
      this.#drawing?.select(hit.id, true);
      this.#select(hit.id);
      this.#drawing?.focus();
    } else this.#view({ view: HID.test(hit.id) ? "focus" : "node", a: hit.id });
  }

  // -- nodes ---------------------------------------------------------------------------------------------------------

  #select(id: string | null): void {
    this.route = { ...this.route, selected: id };
    this.#details(id);
  }

  #open(node: GraphNode): void {
    if (node.kind === "op" || node.kind === "var") this.#view({ view: "node", a: node.id });
    else if (node.kind === "group") this.#go({ open: [...this.route.open, node.id] });
    else if (node.hidden) this.#go({ fold: this.route.fold.filter((f) => f !== node.id) });
    else if (this.route.view === "focus" && this.route.a === node.id) this.#expand(node.id);
    else this.#view({ view: "focus", a: node.id });
  }

  #expand(id: string): void {
    if (!this.route.expand.includes(id))
      this.#go({ expand: [...this.route.expand, id], fold: this.route.fold.filter((f) => f !== id), selected: id });
  }

  #fold(id: string): void {
    const { fold } = this.route;
    this.#go({ fold: fold.includes(id) ? fold.filter((f) => f !== id) : [...fold, id], selected: id });
  }

  #details(id: string | null): void {
    this.#panelling.abort();
    this.panel.hidden = id === null;
    if (id === null) return;
    this.#panelling = new AbortController();
    const drawn = this.route.view === "node" ? { nodes: [], edges: [] } : this.#loaded;
    const node =
      drawn.nodes.find((n) => n.id === id) ??
      (HID.test(id) ? ({ id, kind: "ref", label: shortId(id) } as GraphNode) : null);
    if (node)
      void panel(this.panel, node, drawn, this.#info, this.#actions(id, drawn), this.#panelling.signal, this.api);
    else this.panel.hidden = true;
  }

  #actions(id: string, drawn: Graph): Actions {
    const focus = this.route.view === "focus";
    return {
      focused: focus && this.route.a === id && this.route.direction === "both",
      focus: (hid, direction = "both") =>
        this.#view({ view: "focus", a: hid, direction, ...(direction === "both" ? {} : { depth: "all" as const }) }),
      drill: (node) => this.#view({ view: "node", a: node }),
      expand: focus ? (hid) => this.#expand(hid) : null,
      openGroup: (group) => this.#go({ open: [...this.route.open, group] }),
      fold: focus
        ? {
            hides: foldable(drawn, id, [this.route.a]),
            folded: this.route.fold.includes(id),
            toggle: (hid) => this.#fold(hid),
          }
        : null,
      pick: null,
      filter: null,
      href: (hid) => LINK + hid,
      nodeHref: (node) => LINK + node,
      close: () => {
        this.#select(null);
        this.#drawing?.select(null);
      },
    };
  }

  #click(event: MouseEvent): void {
    const to = (event.target as Element | null)?.closest?.("a")?.getAttribute("href");
    if (!to?.startsWith(LINK)) return;
    event.preventDefault();
    const id = to.slice(LINK.length);
    const shown = this.route.view !== "node" && this.#loaded.nodes.some((n) => n.id === id);
    if (shown) {
      this.#drawing?.select(id, true);
      this.#select(id);
    } else if (HID.test(id)) this.#view({ view: "focus", a: id });
    else this.#view({ view: "node", a: id });
  }

  /** Keys that the drawing or a table did not take; none reaches the notebook, which has meanings of its own. */
  #key(event: KeyboardEvent): void {
    const { selected } = this.route;
    if (event.key === "Escape" && selected) this.#select(null);
    else if (event.key === "Backspace" && !/^(INPUT|SELECT|TEXTAREA)$/.test((event.target as Element).tagName))
      this.#goBack();
    else if (event.key === "e" && selected && HID.test(selected) && this.route.view === "focus") this.#expand(selected);
    if (!event.ctrlKey && !event.metaKey && event.key !== "Tab") event.stopPropagation();
  }
}

export default {
  render({ model, el: element }: { model: Model; el: HTMLElement }): () => void {
    const explorer = new Explorer(model, element.appendChild(el("div", { class: "mandala-graph" })));
    return () => explorer.destroy();
  },
};
