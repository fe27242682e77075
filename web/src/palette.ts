// Colours: the two themes, and what a node's colour says (its op, version, duration, value, or side of a comparison).

import { clip, number, oneLine, seconds, shortId } from "./format.ts";
import type { Graph, GraphNode } from "./types.ts";

export type ThemeName = "light" | "dark";
export type ColourBy = "op" | "version" | "duration" | "value" | "side";

export interface Theme {
  paper: string;
  ink: string;
  faint: string;
  line: string;
  quiet: string; // nodes without a colour of their own
  accent: string;
  hues: string[];
  scale: string[];
}

const THEMES: Record<ThemeName, Theme> = {
  light: {
    paper: "#fbfbfa",
    ink: "#1d262e",
    faint: "#5d6a76",
    line: "#a9b3bd",
    quiet: "#8593a0",
    accent: "#0b63c5",
    hues: [
      "#3b73b9",
      "#c0691a",
      "#3a8a58",
      "#7b59b3",
      "#bf4848",
      "#27868e",
      "#b34d8b",
      "#7c7c1c",
      "#875a3e",
      "#5a6b8c",
    ],
    scale: ["#d5e6c4", "#7fc3a0", "#35919c", "#2a5f94", "#2e2f6e"],
  },
  dark: {
    paper: "#14181c",
    ink: "#e7ecf0",
    faint: "#a3afba",
    line: "#56626d",
    quiet: "#7b8894",
    accent: "#6cb2ff",
    hues: [
      "#74a9ec",
      "#e9a25c",
      "#76c495",
      "#b79bec",
      "#ef8a86",
      "#62c4cc",
      "#e58cc2",
      "#c3c25c",
      "#c79a7c",
      "#9fb2d8",
    ],
    scale: ["#33396f", "#2f6fa3", "#379fa0", "#7ccb8e", "#ece99a"],
  },
};

export const theme = (name: ThemeName): Theme => THEMES[name];

const parts = (hex: string): [number, number, number] =>
  [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)) as [number, number, number];

/** A colour between two, `share` of the way from the first to the second. */
export function mix(from: string, to: string, share: number): string {
  const a = parts(from);
  const b = parts(to);
  return `#${a
    .map((v, i) =>
      Math.round(v + (b[i]! - v) * share)
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;
}

/** How light a colour looks, 0 to 1. */
export function lightness(hex: string): number {
  const [r, g, b] = parts(hex);
  return (0.299 * r + 0.587 * g + 0.114 * b) / 255;
}

function along(scale: string[], share: number): string {
  const at = Math.min(Math.max(share, 0), 1) * (scale.length - 1);
  const i = Math.min(Math.floor(at), scale.length - 2);
  return mix(scale[i]!, scale[i + 1]!, at - i);
}

export interface Legend {
  title: string;
  items: { label: string; colour: string }[];
  scale?: { from: string; to: string; colours: string[] };
}

export interface Colours {
  /** The node's colour, and whether its whole box takes it (numbers) or only its edge (names). */
  of(node: GraphNode): { hue: string; strong: boolean };
  legend: Legend;
}

const NAMED = 9; // colours that can be told apart; the rest shares the last

/** What colours say in this graph. `order` holds the names that come first, so that they keep their colours. */
export function colours(graph: Graph, by: ColourBy, look: Theme, order: string[] = []): Colours {
  if (by === "side") return sides(look);
  if (by === "duration") {
    return scaled(
      graph,
      "Duration of calls",
      (n) => (n.kind === "call" || n.kind === "op" ? n.duration : null),
      true,
      seconds,
      look,
    );
  }
  if (by === "value") {
    const numeric = graph.nodes.some((n) => n.kind === "ref" && typeof n.value === "number");
    if (numeric)
      return scaled(graph, "Value of refs", (n) => (typeof n.value === "number" ? n.value : null), false, number, look);
    return named(
      graph,
      "Value of refs",
      (n) => (n.kind === "ref" && n.value !== null && n.value !== undefined ? String(n.value) : null),
      look,
      [],
      oneLine,
    );
  }
  const made = makers(graph);
  const key = by === "op" ? (n: GraphNode) => made.get(n.id)?.op : (n: GraphNode) => made.get(n.id)?.version;
  return named(graph, by === "op" ? "Op" : "Version", key, look, order, by === "op" ? oneLine : shortId);
}

/** Op and version of each node; a ref or variable takes those of the call that made it. */
function makers(graph: Graph): Map<string, { op?: string | null; version?: string | null }> {
  const made = new Map<string, { op?: string | null; version?: string | null }>();
  for (const n of graph.nodes)
    made.set(n.id, { op: n.op ?? (n.kind === "op" ? n.label : null), version: n.version ?? null });
  for (const e of graph.edges) {
    const [from, to] = [made.get(e.source), made.get(e.target)];
    if (e.kind === "output" && from && to) {
      to.op ??= from.op ?? null;
      to.version ??= from.version ?? null;
    }
  }
  return made;
}

function named(
  graph: Graph,
  title: string,
  key: (n: GraphNode) => string | null | undefined,
  look: Theme,
  order: string[],
  words: (k: string) => string,
): Colours {
  const seen = new Set<string>();
  for (const n of graph.nodes) {
    const k = key(n);
    if (k !== null && k !== undefined) seen.add(k);
  }
  const rank = new Map(order.map((name, i) => [name, i]));
  const names = [...seen].sort((a, b) => (rank.get(a) ?? 1e6) - (rank.get(b) ?? 1e6) || (a < b ? -1 : 1));
  const hue = new Map<string, string>();
  // with a given order a name keeps its colour whichever other names are shown
  names.forEach((name, i) =>
    hue.set(name, look.hues[(rank.get(name) ?? i) % (order.length > NAMED ? look.hues.length : NAMED)]!),
  );
  return {
    of: (n) => ({ hue: hue.get(key(n) ?? "") ?? look.quiet, strong: false }),
    legend: {
      title,
      items: names.slice(0, 12).map((name) => ({ label: clip(words(name), 28), colour: hue.get(name)! })),
    },
  };
}

function scaled(
  graph: Graph,
  title: string,
  key: (n: GraphNode) => number | null | undefined,
  logarithmic: boolean,
  words: (n: number) => string,
  look: Theme,
): Colours {
  let [low, high] = [Infinity, -Infinity];
  for (const n of graph.nodes) {
    const v = key(n);
    if (typeof v === "number" && Number.isFinite(v)) [low, high] = [Math.min(low, v), Math.max(high, v)];
  }
  const scale = (v: number): number => (logarithmic ? Math.log10(Math.max(v, 1e-7)) : v);
  const width = scale(high) - scale(low) || 1;
  const none = low > high;
  return {
    of(n) {
      const v = key(n);
      if (typeof v !== "number" || !Number.isFinite(v)) return { hue: look.quiet, strong: false };
      return { hue: along(look.scale, (scale(v) - scale(low)) / width), strong: true };
    },
    legend: {
      title,
      items: [],
      ...(none ? {} : { scale: { from: words(low), to: words(high), colours: look.scale } }),
    },
  };
}

function sides(look: Theme): Colours {
  const hue = { both: look.quiet, a: look.hues[0]!, b: look.hues[1]! };
  return {
    of: (n) => ({ hue: hue[n.side ?? "both"], strong: false }),
    legend: {
      title: "Comparison",
      items: [
        { label: "in both", colour: hue.both },
        { label: "only behind A", colour: hue.a },
        { label: "only behind B", colour: hue.b },
      ],
    },
  };
}
