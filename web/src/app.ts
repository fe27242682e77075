// What the parts of the page share: where we are, and how to go elsewhere. `main.ts` is the one that implements it.

import type { Drawing } from "./draw.ts";
import { opNames } from "./filters.ts";
import type { ColourBy } from "./palette.ts";
import type { Route } from "./router.ts";
import type { Shell } from "./shell.ts";
import type { Loaded } from "./state.ts";
import type { Graph, GraphNode, Info, Question, TablePage } from "./types.ts";

export const HID = /^[0-9a-f]{40}$/;

export interface App {
  readonly ui: Shell;
  readonly route: Route;
  readonly info: Info | null;
  /** The canvas, once there was something to draw. */
  readonly drawing: Drawing | null;
  /** What the server gave for the graph that is shown. */
  readonly loaded: Loaded | null;
  /** The first page of the table that is shown. */
  table: TablePage | null;
  /** Another state of the same view, or another view; `quietly` without a new step for the back button. */
  go(change: Partial<Route>, quietly?: boolean): void;
  /** Another view, with the same filters and colours. */
  to(change: Partial<Route>): void;
  /** A node was chosen, in the graph, the list or a table. */
  chosen(id: string | null): void;
  /** The chosen node. */
  selected(): string | null;
  /** The second of two nodes was chosen, for a path or a comparison. */
  picked(id: string): void;
  open(node: GraphNode): void;
  expand(id: string): void;
  fold(id: string): void;
  /** The graph as shown: without what is folded away. */
  shown(): Graph;
  /** The nodes that folding never hides. */
  roots(): string[];
  questions(): Promise<Question[]>;
}

export const colourOf = (route: Route): ColourBy => (route.view === "compare" ? "side" : (route.colour ?? "op"));

/** Ops in the order in which they get their colours. */
export const opsOf = (app: App): string[] => (app.info ? opNames(app.info) : []);
