// Drawing a graph into an element: sigma on WebGL, boxes and curves, keys and mouse. Knows no server and no page around
// it, so that a notebook widget can use it too: `draw(element, graph, callbacks, options)`.

import { DirectedGraph } from "graphology";
import Sigma from "sigma";

import { Camera } from "./camera.ts";
import { layout, type Layout, type Place } from "./layout.ts";
import { box, FONT, look, SMALL, spoken, TITLE, type Look } from "./looks.ts";
import {
  colours,
  mix,
  theme,
  type ColourBy,
  type Colours,
  type Legend,
  type Theme,
  type ThemeName,
} from "./palette.ts";
import { labels } from "./labels.ts";
import { pngOf, svgOf } from "./picture.ts";
import { ArrowProgram, BoxProgram, FRAME, UnseenProgram } from "./programs.ts";
import { Tip } from "./tip.ts";
import { neighbour, type Way } from "./walk.ts";
import type { Graph, GraphEdge, GraphNode } from "./types.ts";

export interface Callbacks {
  /** A node was selected by click or key, or nothing any more. */
  select?(node: GraphNode | null): void;
  /** A node was opened: Enter, or a double click. */
  open?(node: GraphNode): void;
  /** Words for screen readers. */
  say?(text: string): void;
}

export interface Options {
  theme?: ThemeName;
  colour?: ColourBy;
  /** Names whose colours stay the same whatever is shown: ops, in their order. */
  order?: string[];
  label?: string;
}

export interface Drawing {
  readonly graph: Graph;
  readonly legend: Legend;
  readonly selected: GraphNode | null;
  /** How long the last layout took, in milliseconds. */
  readonly layoutTime: number;
  /** Shows another graph. `grow`: nodes shown before keep their place. `focus`: the node to look at when all is too much. */
  update(graph: Graph, how?: { grow?: boolean; focus?: string | null }): void;
  select(id: string | null, look?: boolean): void;
  colour(by: ColourBy, order?: string[]): void;
  theme(name: ThemeName): void;
  fit(): void;
  zoom(factor: number): void;
  /** Where a node is on the screen, in CSS pixels of the window; null when it is not shown. */
  where(id: string): { x: number; y: number; width: number; height: number } | null;
  svg(): string;
  png(): Promise<Blob>;
  focus(): void;
  destroy(): void;
}

const MANY = 24; // edges at one node

export function draw(element: HTMLElement, first: Graph, callbacks: Callbacks = {}, options: Options = {}): Drawing {
  return new Canvas(element, first, callbacks, options);
}

class Canvas implements Drawing {
  graph: Graph = { nodes: [], edges: [] };
  layoutTime = 0;
  #byId = new Map<string, GraphNode>();
  #edges = new Map<string, GraphEdge>();
  #layout: Layout | null = null;
  #looks = new Map<string, Look>();
  #colours: Colours | null = null;
  #theme: Theme;
  #by: ColourBy;
  #order: string[];
  #selected: string | null = null;
  #degree = 0; // of the selected node
  #hovered: string[] = []; // edges
  #focus: string | null = null;
  #store = new DirectedGraph(); // boxes and pieces as sigma sees them
  readonly #sigma: Sigma;
  readonly #camera: Camera;
  readonly #tip: Tip;
  readonly #place: HTMLElement;
  readonly #pen = document.createElement("canvas").getContext("2d")!;
  readonly #widths = new Map<string, number>();
  readonly #listening = new AbortController();

  constructor(
    readonly element: HTMLElement,
    first: Graph,
    readonly callbacks: Callbacks,
    options: Options,
  ) {
    this.#theme = theme(options.theme ?? "light");
    this.#by = options.colour ?? "op";
    this.#order = options.order ?? [];
    this.#place = document.createElement("div");
    Object.assign(this.#place.style, { position: "absolute", inset: "0", outlineOffset: "-3px" });
    this.#place.tabIndex = 0;
    this.#place.setAttribute("role", "application");
    this.#place.setAttribute("aria-roledescription", "graph");
    this.#place.setAttribute("aria-label", options.label ?? "Graph. Arrow keys walk along edges, Enter opens.");
    this.#tip = new Tip();
    if (getComputedStyle(element).position === "static") element.style.position = "relative";
    element.append(this.#place, this.#tip.element);
    this.#sigma = new Sigma(this.#store, this.#place, {
      defaultNodeType: "box",
      defaultEdgeType: "arrow",
      nodeProgramClasses: { box: BoxProgram as never },
      nodeHoverProgramClasses: { box: UnseenProgram as never },
      edgeProgramClasses: { arrow: ArrowProgram as never },
      defaultDrawNodeHover: () => {},
      renderLabels: false,
      enableEdgeEvents: true,
      enableCameraRotation: false,
      stagePadding: 0,
      zIndex: true,
      allowInvalidContainer: true,
      doubleClickZoomingRatio: 1,
    });
    this.#sigma.setCustomBBox({ x: [0, FRAME], y: [0, FRAME] });
    this.#camera = new Camera(this.#sigma, this.#place, () => ({
      layout: this.#layout,
      focus: this.#focus === null ? undefined : this.#layout?.places.get(this.#focus),
    }));
    this.#listen();
    this.theme(options.theme ?? "light");
    this.update(first);
  }

  get legend(): Legend {
    return this.#colours?.legend ?? { title: "", items: [] };
  }

  get selected(): GraphNode | null {
    return this.#selected === null ? null : (this.#byId.get(this.#selected) ?? null);
  }

  update(graph: Graph, how: { grow?: boolean; focus?: string | null } = {}): void {
    const before = how.grow ? this.#layout : null;
    this.graph = graph;
    this.#focus = how.focus ?? null;
    this.#byId = new Map(graph.nodes.map((n) => [n.id, n]));
    this.#edges = new Map(graph.edges.map((e) => [e.id, e]));
    const begin = performance.now();
    this.#layout = layout(
      graph.nodes.map((n) => box(n, this.#measure)),
      graph.edges,
      before,
    );
    this.layoutTime = performance.now() - begin;
    if (this.#selected !== null && !this.#byId.has(this.#selected)) this.#selected = null;
    this.#paint();
    this.#fill();
    if (!before) this.#camera.home();
    else if (this.#camera.untouched && this.#camera.legible()) this.#camera.fit(true);
  }

  select(id: string | null, lookAt = false): void {
    if (id !== null && !this.#byId.has(id)) id = null;
    this.#selected = id;
    this.#refresh();
    const at = id === null ? undefined : this.#layout?.places.get(id);
    if (at && lookAt) this.#camera.reveal(at);
  }

  colour(by: ColourBy, order?: string[]): void {
    this.#by = by;
    if (order) this.#order = order;
    this.#paint();
    this.#refresh();
  }

  theme(name: ThemeName): void {
    this.#theme = theme(name);
    this.#place.style.background = this.#theme.paper;
    this.#tip.colours(this.#theme.paper, this.#theme.ink);
    this.#paint();
    this.#refresh();
  }

  fit(): void {
    this.#camera.fit(true);
  }

  zoom(factor: number): void {
    this.#camera.zoom(factor);
  }

  where(id: string): { x: number; y: number; width: number; height: number } | null {
    const at = this.#layout?.places.get(id);
    if (!at) return null;
    const { left, top } = this.#place.getBoundingClientRect();
    const { x, y, scale } = this.#camera.project(at.x, at.y);
    return { x: left + x, y: top + y, width: at.width * scale, height: at.height * scale };
  }

  svg(): string {
    return this.#layout
      ? svgOf(this.#layout, this.#looks, this.#theme, this.#place.getAttribute("aria-label") ?? "")
      : "";
  }

  png(): Promise<Blob> {
    return pngOf(this.svg());
  }

  focus(): void {
    this.#place.focus();
  }

  destroy(): void {
    this.#listening.abort();
    this.#sigma.kill();
    this.#place.remove();
    this.#tip.element.remove();
  }

  readonly #measure = (text: string, small: boolean): number => {
    const key = `${small ? "s" : "t"}${text}`;
    let width = this.#widths.get(key);
    if (width === undefined) {
      this.#pen.font = small ? `${SMALL}px ${FONT}` : `600 ${TITLE}px ${FONT}`;
      width = this.#pen.measureText(text).width;
      if (this.#widths.size > 20000) this.#widths.clear();
      this.#widths.set(key, width);
    }
    return width;
  };

  #paint(): void {
    this.#colours = colours(this.graph, this.#by, this.#theme, this.#by === "op" ? this.#order : []);
    this.#looks = new Map();
    for (const [id, at] of this.#layout?.places ?? []) {
      this.#looks.set(id, look(this.#byId.get(id)!, at.width, this.#colours, this.#theme, this.#measure));
    }
  }

  #boxOf(id: string, at: Place): Record<string, unknown> {
    const l = this.#looks.get(id);
    if (!l) return { x: at.x, y: -at.y, width: 0, height: 0, color: "#000000", size: 1, zIndex: 0 };
    const selected = id === this.#selected;
    return {
      x: at.x,
      y: -at.y,
      width: at.width,
      height: at.height,
      radius: l.radius,
      fill: l.fill,
      size: 1,
      line: selected ? 3.5 : l.line,
      color: selected ? this.#theme.accent : l.stroke,
      zIndex: selected ? 2 : 1,
    };
  }

  #lineOf(edges: string[]): { color: string; size: number; zIndex: number } {
    const lit = edges.some((id) => {
      const e = this.#edges.get(id);
      return (
        this.#hovered.includes(id) ||
        (this.#selected !== null && (e?.source === this.#selected || e?.target === this.#selected))
      );
    });
    if (lit) {
      const many = this.#degree > MANY && !edges.some((id) => this.#hovered.includes(id)); // a wall of colour says nothing
      return many
        ? { color: mix(this.#theme.accent, this.#theme.paper, 0.6), size: 1.4, zIndex: 2 }
        : { color: this.#theme.accent, size: 2.2, zIndex: 3 };
    }
    if (this.#by === "side" && this.#colours) {
      const only = edges
        .map((id) => this.#edges.get(id)!)
        .flatMap((e) => [this.#byId.get(e.source), this.#byId.get(e.target)])
        .find((n) => n?.side === "a" || n?.side === "b");
      if (only) return { color: mix(this.#theme.paper, this.#colours.of(only).hue, 0.7), size: 1.6, zIndex: 1 };
    }
    return { color: this.#theme.line, size: 1.4, zIndex: 0 };
  }

  /** Gives sigma the boxes and pieces of the layout. */
  #fill(): void {
    const plan = this.#layout!;
    this.#hovered = [];
    this.#tip.hide();
    this.#countDegree();
    const store = new DirectedGraph();
    for (const [id, at] of plan.places) store.addNode(`n${id}`, this.#boxOf(id, at));
    for (const [id, at] of plan.bends) store.addNode(`b${id}`, this.#boxOf(`\n${id}`, at));
    const key = (id: string): string => (plan.places.has(id) ? `n${id}` : `b${id}`);
    plan.pieces.forEach((piece, i) => {
      store.addDirectedEdgeWithKey(`p${i}`, key(piece.from), key(piece.to), {
        ...this.#lineOf(piece.edges),
        head: piece.last,
        back: piece.back,
      });
    });
    this.#store = store;
    this.#sigma.setGraph(store);
  }

  #countDegree(): void {
    this.#degree = this.graph.edges.reduce(
      (n, e) => n + Number(e.source === this.#selected || e.target === this.#selected),
      0,
    );
  }

  /** The same boxes in other colours. */
  #refresh(): void {
    this.#countDegree();
    for (const [id, at] of this.#layout?.places ?? [])
      Object.assign(this.#store.getNodeAttributes(`n${id}`), this.#boxOf(id, at));
    this.#refreshLines();
  }

  #refreshLines(): void {
    this.#layout?.pieces.forEach((piece, i) =>
      Object.assign(this.#store.getEdgeAttributes(`p${i}`), this.#lineOf(piece.edges)),
    );
    this.#sigma.scheduleRefresh();
  }

  #listen(): void {
    const sigma = this.#sigma;
    const id = (node: string): GraphNode | undefined =>
      node.startsWith("n") ? this.#byId.get(node.slice(1)) : undefined;
    sigma.on("clickNode", ({ node }) => this.#choose(id(node) ?? null));
    sigma.on("clickStage", () => this.#choose(null));
    sigma.on("doubleClickNode", (event) => {
      event.preventSigmaDefault();
      const node = id(event.node);
      if (node) this.callbacks.open?.(node);
    });
    sigma.on("enterNode", ({ node }) => {
      const found = id(node);
      this.#place.style.cursor = "pointer";
      if (found && (this.#camera.scale < 0.7 || this.#looks.get(found.id)?.title.endsWith("…")))
        this.#showTip(spoken(found), `n${found.id}`);
    });
    sigma.on("leaveNode", () => {
      this.#place.style.cursor = "";
      this.#tip.hide();
    });
    // sigma 3 says that the mouse has left a node, but forgets it only when another is met: coming back would go unseen
    sigma.on("leaveStage", () => Object.assign(sigma, { hoveredNode: null, hoveredEdge: null }));
    sigma.on("enterEdge", ({ edge, event }) => {
      this.#hovered = this.#layout?.pieces[Number(edge.slice(1))]?.edges ?? [];
      this.#refreshLines();
      this.#showTip(this.#edgeWords(), { x: event.x, y: event.y });
    });
    sigma.on("leaveEdge", () => {
      this.#hovered = [];
      this.#refreshLines();
      this.#tip.hide();
    });
    sigma.on("afterRender", () => this.#labels());
    const { signal } = this.#listening;
    this.#place.addEventListener("keydown", (event) => this.#key(event), { signal });
    new ResizeObserver((_, observer) => {
      if (signal.aborted) observer.disconnect();
      else sigma.scheduleRender();
    }).observe(this.#place);
  }

  #choose(node: GraphNode | null): void {
    if ((node?.id ?? null) !== this.#selected) this.select(node?.id ?? null);
    this.callbacks.select?.(node);
  }

  #edgeWords(): string {
    const edges = this.#hovered.map((id) => this.#edges.get(id)!);
    const e = edges[0];
    if (!e) return "";
    const name = (id: string): string => this.#byId.get(id)?.label ?? id;
    if (edges.length > 1) return `${name(e.source)} → ${edges.length} nodes`;
    return `${name(e.source)} → ${name(e.target)}: ${e.label}${e.count && e.count > 1 ? ` (${e.count.toLocaleString("en-GB")})` : ""}`;
  }

  /** Words at a box, or where the mouse is. */
  #showTip(text: string, at: string | { x: number; y: number }): void {
    const { width } = this.#camera.size();
    if (typeof at !== "string") return this.#tip.show(text, at.x, at.y + 6, width);
    const point = this.#sigma.graphToViewport(this.#store.getNodeAttributes(at) as { x: number; y: number });
    const half = (this.#layout?.places.get(at.slice(1))?.height ?? 0) / 2;
    this.#tip.show(text, point.x, point.y + half * this.#camera.scale, width);
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const walk = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" }[event.key];
    if (walk) {
      const next = this.#neighbour(walk as Way);
      if (next) {
        this.select(next.id, true);
        this.callbacks.select?.(next);
        this.callbacks.say?.(spoken(next));
      } else this.callbacks.say?.("no further");
    } else if (event.key === "Enter" && this.selected) this.callbacks.open?.(this.selected);
    else if (event.key === "+" || event.key === "=") this.#camera.zoom(1.3);
    else if (event.key === "-") this.#camera.zoom(1 / 1.3);
    else if (event.key === "0") this.#camera.fit(true);
    else if (event.key === "Escape" && this.#selected !== null) this.#choose(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #camefrom: string | null = null;

  #neighbour(way: Way): GraphNode | null {
    if (!this.#layout) return null;
    const next = neighbour(this.#layout.places, this.graph.edges, this.#selected, way, this.#camefrom, this.#focus);
    if (next === null) return null;
    this.#camefrom = this.#selected;
    return this.#byId.get(next) ?? null;
  }

  #labels(): void {
    const pen = this.#sigma.getCanvases()["labels"]?.getContext("2d");
    if (!pen || !this.#layout) return;
    const origin = this.#sigma.graphToViewport({ x: 0, y: 0 });
    const unit = this.#sigma.graphToViewport({ x: 1, y: 0 }).x - origin.x;
    labels(pen, this.#layout.places, this.#looks, { ...origin, unit, ...this.#camera.size() });
  }
}
