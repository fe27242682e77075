// Drawing a graph into an element: sigma on WebGL, boxes and curves, keys and mouse. Knows no server and no page around
// it, so that a notebook widget can use it too: `draw(element, graph, callbacks, options)`.

import { DirectedGraph } from "graphology";
import Sigma from "sigma";

import { layout, type Layout, type Place } from "./layout.ts";
import { box, FONT, look, SMALL, spoken, TITLE, type Look } from "./looks.ts";
import { colours, mix, theme, type ColourBy, type Colours, type Legend, type Theme, type ThemeName } from "./palette.ts";
import { pngOf, svgOf } from "./picture.ts";
import { ArrowProgram, BoxProgram, FRAME } from "./programs.ts";
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

const LEGIBLE = 0.45; // the least scale at which labels can be read
const LARGEST = 1.25;
const MANY = 24; // edges at one node
const calm = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

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
  #scale = 1;
  #focus: string | null = null;
  #untouched = true; // the person has not moved the view
  #store = new DirectedGraph(); // boxes and pieces as sigma sees them
  readonly #sigma: Sigma;
  readonly #tip: HTMLElement;
  readonly #place: HTMLElement;
  readonly #pen = document.createElement("canvas").getContext("2d")!;
  readonly #widths = new Map<string, number>();
  readonly #listening = new AbortController();

  constructor(readonly element: HTMLElement, first: Graph, readonly callbacks: Callbacks, options: Options) {
    this.#theme = theme(options.theme ?? "light");
    this.#by = options.colour ?? "op";
    this.#order = options.order ?? [];
    this.#place = document.createElement("div");
    Object.assign(this.#place.style, { position: "absolute", inset: "0", outlineOffset: "-3px" });
    this.#place.tabIndex = 0;
    this.#place.setAttribute("role", "application");
    this.#place.setAttribute("aria-roledescription", "graph");
    this.#place.setAttribute("aria-label", options.label ?? "Graph. Arrow keys walk along edges, Enter opens.");
    this.#tip = document.createElement("div");
    this.#tip.className = "mg-tip";
    Object.assign(this.#tip.style, { position: "absolute", pointerEvents: "none", display: "none", zIndex: "3", maxWidth: "340px", padding: "4px 8px", borderRadius: "5px", font: `12px ${FONT}` });
    if (getComputedStyle(element).position === "static") element.style.position = "relative";
    element.append(this.#place, this.#tip);
    this.#sigma = new Sigma(this.#store, this.#place, {
      defaultNodeType: "box",
      defaultEdgeType: "arrow",
      nodeProgramClasses: { box: BoxProgram as never },
      nodeHoverProgramClasses: { box: BoxProgram as never },
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
    this.#layout = layout(graph.nodes.map((n) => box(n, this.#measure)), graph.edges, before);
    this.layoutTime = performance.now() - begin;
    if (this.#selected !== null && !this.#byId.has(this.#selected)) this.#selected = null;
    this.#paint();
    this.#fill();
    if (!before) this.home();
    else if (this.#untouched && this.#fitScale() >= LEGIBLE) this.fit(true);
  }

  select(id: string | null, lookAt = false): void {
    if (id !== null && !this.#byId.has(id)) id = null;
    this.#selected = id;
    this.#refresh();
    if (id !== null && lookAt) this.#reveal(id);
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
    Object.assign(this.#tip.style, { background: this.#theme.ink, color: this.#theme.paper });
    this.#paint();
    this.#refresh();
  }

  /** All of it, if it can be read at that size; else the node in focus. */
  home(): void {
    this.#untouched = true;
    const at = this.#focus === null ? undefined : this.#layout?.places.get(this.#focus);
    if (this.#fitScale() >= LEGIBLE || this.graph.nodes.length === 0) this.fit();
    else if (at) this.#look(at.x, at.y, 0.8, false);
    else if (this.#layout) {
      const { left, top, width, height } = this.#layout;
      const { width: w, height: h } = this.#size();
      const scale = Math.max(LEGIBLE + 0.15, Math.min(1, (h - 60) / height));
      this.#look(Math.min(left + width / 2, left + w / scale / 2 - 30), Math.min(top + height / 2, top + h / scale / 2 - 30), scale, false);
    }
  }

  fit(smooth = false): void {
    if (!this.#layout) return;
    const { left, top, width, height } = this.#layout;
    this.#look(left + width / 2, top + height / 2, Math.max(0.01, Math.min(LARGEST, this.#fitScale())), smooth);
  }

  zoom(factor: number): void {
    this.#untouched = false;
    const { x, y } = this.#centre();
    this.#look(x, y, Math.min(4, Math.max(0.01, this.#scale * factor)), true);
  }

  where(id: string): { x: number; y: number; width: number; height: number } | null {
    const at = this.#layout?.places.get(id);
    if (!at) return null;
    const { left, top } = this.#place.getBoundingClientRect();
    const { x, y } = this.#sigma.graphToViewport({ x: at.x, y: -at.y });
    return { x: left + x, y: top + y, width: at.width * this.#scale, height: at.height * this.#scale };
  }

  svg(): string {
    return this.#layout ? svgOf(this.#layout, this.#looks, this.#theme, this.#place.getAttribute("aria-label") ?? "") : "";
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
    this.#tip.remove();
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
      x: at.x, y: -at.y, width: at.width, height: at.height, radius: l.radius, fill: l.fill, size: 1,
      line: selected ? 3.5 : l.line,
      color: selected ? this.#theme.accent : l.stroke,
      zIndex: selected ? 2 : 1,
    };
  }

  #lineOf(edges: string[]): { color: string; size: number; zIndex: number } {
    const lit = edges.some((id) => {
      const e = this.#edges.get(id);
      return this.#hovered.includes(id) || (this.#selected !== null && (e?.source === this.#selected || e?.target === this.#selected));
    });
    if (lit) {
      const many = this.#degree > MANY && !edges.some((id) => this.#hovered.includes(id)); // a wall of colour says nothing
      return many ? { color: mix(this.#theme.accent, this.#theme.paper, 0.6), size: 1.4, zIndex: 2 } : { color: this.#theme.accent, size: 2.2, zIndex: 3 };
    }
    if (this.#by === "side" && this.#colours) {
      const only = edges.map((id) => this.#edges.get(id)!).flatMap((e) => [this.#byId.get(e.source), this.#byId.get(e.target)]).find((n) => n?.side === "a" || n?.side === "b");
      if (only) return { color: mix(this.#theme.paper, this.#colours.of(only).hue, 0.7), size: 1.6, zIndex: 1 };
    }
    return { color: this.#theme.line, size: 1.4, zIndex: 0 };
  }

  /** Gives sigma the boxes and pieces of the layout. */
  #fill(): void {
    const plan = this.#layout!;
    this.#hovered = [];
    this.#hideTip();
    this.#countDegree();
    const store = new DirectedGraph();
    for (const [id, at] of plan.places) store.addNode(`n${id}`, this.#boxOf(id, at));
    for (const [id, at] of plan.bends) store.addNode(`b${id}`, this.#boxOf(`\n${id}`, at));
    const key = (id: string): string => (plan.places.has(id) ? `n${id}` : `b${id}`);
    plan.pieces.forEach((piece, i) => {
      store.addDirectedEdgeWithKey(`p${i}`, key(piece.from), key(piece.to), { ...this.#lineOf(piece.edges), head: piece.last, back: piece.back });
    });
    this.#store = store;
    this.#sigma.setGraph(store);
  }

  #countDegree(): void {
    this.#degree = this.graph.edges.reduce((n, e) => n + Number(e.source === this.#selected || e.target === this.#selected), 0);
  }

  /** The same boxes in other colours. */
  #refresh(): void {
    this.#countDegree();
    for (const [id, at] of this.#layout?.places ?? []) Object.assign(this.#store.getNodeAttributes(`n${id}`), this.#boxOf(id, at));
    this.#refreshLines();
  }

  #refreshLines(): void {
    this.#layout?.pieces.forEach((piece, i) => Object.assign(this.#store.getEdgeAttributes(`p${i}`), this.#lineOf(piece.edges)));
    this.#sigma.scheduleRefresh();
  }

  #size(): { width: number; height: number } {
    return { width: this.#place.clientWidth || 1, height: this.#place.clientHeight || 1 };
  }

  #fitScale(): number {
    const { width, height } = this.#size();
    const plan = this.#layout;
    if (!plan) return 1;
    const sag = plan.pieces.some((p) => p.back) ? 160 : 0;
    return Math.min((width - 48) / Math.max(plan.width, 1), (height - 96) / Math.max(plan.height + sag, 1));
  }

  #centre(): { x: number; y: number } {
    const { x, y } = this.#sigma.getCamera().getState();
    return { x: x * FRAME, y: -y * FRAME };
  }

  /** Looks at a point in layout units, at so many pixels a unit. */
  #look(x: number, y: number, scale: number, smooth: boolean): void {
    this.#scale = scale;
    const { width, height } = this.#size();
    const state = { x: x / FRAME, y: -y / FRAME, ratio: Math.min(width, height) / FRAME / scale, angle: 0 };
    const camera = this.#sigma.getCamera();
    if (smooth && !calm()) void camera.animate(state, { duration: 180 });
    else camera.setState(state);
  }

  /** Moves the view as little as shows the node. */
  #reveal(id: string): void {
    const at = this.#layout?.places.get(id);
    if (!at) return;
    const { width, height } = this.#size();
    const { x, y } = this.#centre();
    const scale = this.#scale < LEGIBLE ? 0.8 : this.#scale;
    const [roomX, roomY] = [Math.max(0, width / scale / 2 - at.width / 2 - 30), Math.max(0, height / scale / 2 - at.height / 2 - 30)];
    const toX = Math.min(Math.max(x, at.x - roomX), at.x + roomX);
    const toY = Math.min(Math.max(y, at.y - roomY), at.y + roomY);
    if (toX !== x || toY !== y || scale !== this.#scale) this.#look(toX, toY, scale, true);
  }

  #listen(): void {
    const sigma = this.#sigma;
    const id = (node: string): GraphNode | undefined => (node.startsWith("n") ? this.#byId.get(node.slice(1)) : undefined);
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
      if (found && (this.#scale < 0.7 || words(found) !== this.#looks.get(found.id)?.title)) this.#showTip(spoken(found), `n${found.id}`);
    });
    sigma.on("leaveNode", () => {
      this.#place.style.cursor = "";
      this.#hideTip();
    });
    sigma.on("enterEdge", ({ edge, event }) => {
      this.#hovered = this.#layout?.pieces[Number(edge.slice(1))]?.edges ?? [];
      this.#refreshLines();
      this.#showTip(this.#edgeWords(), { x: event.x, y: event.y });
    });
    sigma.on("leaveEdge", () => {
      this.#hovered = [];
      this.#refreshLines();
      this.#hideTip();
    });
    sigma.on("afterRender", () => this.#labels());
    sigma.on("resize", () => {
      const { x, y } = this.#centre();
      if (this.#untouched && this.#layout) queueMicrotask(() => this.home());
      else this.#look(x, y, this.#scale, false);
    });
    sigma.getMouseCaptor().on("wheel", () => (this.#untouched = false));
    sigma.getMouseCaptor().on("mousemovebody", () => {
      if (sigma.getMouseCaptor().isMoving) this.#untouched = false;
    });
    sigma.getCamera().on("updated", ({ ratio }) => {
      const { width, height } = this.#size();
      if (!sigma.getCamera().isAnimated()) this.#scale = Math.min(width, height) / FRAME / ratio;
    });
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

  #showTip(text: string, at: string | { x: number; y: number }): void {
    const point = typeof at === "string" ? this.#sigma.graphToViewport(this.#store.getNodeAttributes(at) as { x: number; y: number }) : at;
    this.#tip.textContent = text;
    const below = typeof at === "string" ? ((this.#layout?.places.get(at.slice(1))?.height ?? 0) / 2) * this.#scale : 6;
    Object.assign(this.#tip.style, { display: "block", left: `${Math.max(4, Math.min(point.x + 8, this.#size().width - 240))}px`, top: `${point.y + below + 6}px` });
  }

  #hideTip(): void {
    this.#tip.style.display = "none";
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const walk = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" }[event.key];
    if (walk) {
      const next = this.neighbour(walk as "left" | "right" | "up" | "down");
      if (next) {
        this.select(next.id, true);
        this.callbacks.select?.(next);
        this.callbacks.say?.(spoken(next));
      } else this.callbacks.say?.("no further");
    } else if (event.key === "Enter" && this.selected) this.callbacks.open?.(this.selected);
    else if (event.key === "+" || event.key === "=") this.zoom(1.3);
    else if (event.key === "-") this.zoom(1 / 1.3);
    else if (event.key === "0") this.fit(true);
    else if (event.key === "Escape" && this.#selected !== null) this.#choose(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #camefrom: string | null = null;

  /** Where an arrow key leads: along an edge, or to the next box of the same column. */
  neighbour(way: "left" | "right" | "up" | "down"): GraphNode | null {
    const places = this.#layout?.places;
    if (!places?.size) return null;
    const here = this.#selected === null ? undefined : places.get(this.#selected);
    if (!here) {
      const start = (this.#focus && this.#byId.get(this.#focus)) || null;
      return start ?? this.#byId.get([...places].sort(([, a], [, b]) => a.x - b.x || a.y - b.y)[0]![0]) ?? null;
    }
    let candidates: string[];
    if (way === "left") candidates = this.graph.edges.filter((e) => e.target === this.#selected).map((e) => e.source);
    else if (way === "right") candidates = this.graph.edges.filter((e) => e.source === this.#selected).map((e) => e.target);
    else candidates = [...places].filter(([, p]) => p.column === here.column && (way === "up" ? p.y < here.y : p.y > here.y)).map(([id]) => id);
    candidates = candidates.filter((id) => places.has(id) && id !== this.#selected);
    candidates.sort((a, b) => Math.abs(places.get(a)!.y - here.y) - Math.abs(places.get(b)!.y - here.y));
    const back = this.#camefrom !== null && candidates.includes(this.#camefrom) && way !== "up" && way !== "down" ? this.#camefrom : candidates[0];
    if (back === undefined) return null;
    this.#camefrom = this.#selected;
    return this.#byId.get(back) ?? null;
  }

  /** Text inside the boxes that are on the screen and large enough. */
  #labels(): void {
    const canvas = this.#sigma.getCanvases()["labels"];
    const pen = canvas?.getContext("2d");
    const plan = this.#layout;
    if (!pen || !plan) return;
    const { width, height } = this.#size();
    const origin = this.#sigma.graphToViewport({ x: 0, y: 0 });
    const unit = this.#sigma.graphToViewport({ x: 1, y: 0 }).x - origin.x;
    const alone = unit < 0.62; // then only titles, larger
    if (TITLE * unit * (alone ? 1.2 : 1) < 5.5) return;
    pen.textAlign = "center";
    pen.textBaseline = "alphabetic";
    for (const [id, at] of plan.places) {
      const [x, y] = [origin.x + at.x * unit, origin.y + at.y * unit];
      const [w, h] = [(at.width * unit) / 2, (at.height * unit) / 2];
      if (x + w < 0 || x - w > width || y + h < 0 || y - h > height) continue;
      const l = this.#looks.get(id);
      if (!l) continue;
      const title = TITLE * unit * (alone ? Math.min(1.35, (at.width - 8) / (at.width - 20)) : 1);
      pen.font = `600 ${title}px ${FONT}`;
      pen.fillStyle = l.ink;
      if (alone || !l.small) {
        pen.fillText(l.title, x, y + title * 0.35);
        continue;
      }
      pen.fillText(l.title, x, y - 2 * unit);
      pen.font = `${SMALL * unit}px ${FONT}`;
      pen.fillStyle = l.faint;
      pen.fillText(l.small, x, y + 13 * unit);
    }
  }
}

const words = (node: GraphNode): string => node.label;
