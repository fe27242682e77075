// From a route to the graph it shows: what is fetched, merged, unfolded and folded. No drawing.

import { api as server, type Api } from "./api.ts";
import { count } from "./format.ts";
import type { Route } from "./router.ts";
import type { Comparison, Graph, GraphNode } from "./types.ts";

export const PAGE = 25; // members that one opening of a group shows

export interface Loaded {
  graph: Graph;
  comparison?: Comparison;
}

/** What has to be fetched again when it changes; all else of a route is a matter of looks. */
export const dataKey = (r: Route): string =>
  JSON.stringify([r.view, r.a, r.b, r.view === "focus" ? [r.direction, r.depth] : null, r.filters, r.expand, r.open]);

/** While this stays the same, the graph grows and shrinks in place. */
export const placeKey = (r: Route): string => JSON.stringify([r.view, r.a, r.b]);

export async function load(route: Route, signal: AbortSignal, api: Api = server): Promise<Loaded> {
  const loaded = await base(route, signal, api);
  for (const id of new Set(route.expand))
    loaded.graph = merge(loaded.graph, await api.around(id, "both", 1, route.filters, signal));
  for (const [group, times] of counted(route.open))
    loaded.graph = await opened(loaded.graph, group, times * PAGE, signal, api);
  return loaded;
}

async function base(route: Route, signal: AbortSignal, api: Api): Promise<Loaded> {
  switch (route.view) {
    case "focus":
      return { graph: await api.around(route.a, route.direction, route.depth, route.filters, signal) };
    case "path":
      return { graph: await api.path(route.a, route.b, signal) };
    case "compare": {
      const comparison = await api.compare(route.a, route.b, signal);
      return { graph: comparison.graph, comparison };
    }
    default:
      return { graph: await api.summary(route.filters, signal) };
  }
}

function counted(names: string[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const name of names) times.set(name, (times.get(name) ?? 0) + 1);
  return times;
}

/** Both graphs; what both hold is the first's. */
export function merge(a: Graph, b: Graph): Graph {
  const nodes = new Map([...b.nodes, ...a.nodes].map((n) => [n.id, n]));
  const edges = new Map<string, Graph["edges"][number]>();
  for (const e of [...a.edges, ...b.edges]) edges.set(`${e.source}\n${e.target}\n${e.label}`, e);
  const order = [...a.nodes, ...b.nodes.filter((n) => !a.nodes.some((m) => m.id === n.id))];
  const message = [a.message, b.message].filter(Boolean)[0] ?? null;
  return {
    ...a,
    nodes: [...new Map(order.map((n) => [n.id, nodes.get(n.id)!])).values()],
    edges: [...edges.values()],
    message,
    truncated: Boolean(a.truncated || b.truncated),
  };
}

/** The graph with so many of a group's members shown beside it. */
async function opened(graph: Graph, id: string, limit: number, signal: AbortSignal, api: Api): Promise<Graph> {
  const group = graph.nodes.find((n) => n.id === id && n.kind === "group");
  if (!group?.members) return graph;
  const members = await api.members(group.members, 0, limit, signal);
  const known = new Set(graph.nodes.map((n) => n.id));
  const shown = members.nodes.filter((n) => !known.has(n.id)).length;
  const left = Math.max(0, (group.count ?? 0) - Math.min(limit, Math.max(shown, members.shown ?? shown)));
  const words = left === 1 ? group.label.replace(/^([\d,]+ )(call|value)s /, "$1$2 ") : group.label;
  const label = words.replace(/^[\d,]+/, `${count(left)} more`);
  const rest: GraphNode[] = left ? [{ ...group, count: left, label }] : [];
  const grown = merge(graph, members);
  return {
    ...grown,
    nodes: grown.nodes.filter((n) => n.id !== id).concat(rest),
    edges: left ? grown.edges : grown.edges.filter((e) => e.source !== id && e.target !== id),
  };
}

/** Hides what hangs on the graph only through a folded node; the folded node says how many it hides. */
export function folded(graph: Graph, fold: string[], roots: string[]): Graph {
  const closed = new Set(fold.filter((id) => !roots.includes(id)));
  if (!closed.size) return graph;
  const near = new Map<string, string[]>(graph.nodes.map((n) => [n.id, []]));
  for (const e of graph.edges) {
    near.get(e.source)?.push(e.target);
    near.get(e.target)?.push(e.source);
  }
  const reach = (from: string[], stop: Set<string>): Set<string> => {
    const seen = new Set(from.filter((id) => near.has(id)));
    const queue = [...seen];
    while (queue.length) {
      const id = queue.pop()!;
      if (stop.has(id)) continue;
      for (const next of near.get(id) ?? []) {
        if (!seen.has(next)) {
          seen.add(next);
          queue.push(next);
        }
      }
    }
    return seen;
  };
  const whole = reach(roots, new Set());
  const apart = graph.nodes.filter((n) => !whole.has(n.id)).map((n) => n.id); // filters may leave a graph in pieces
  const shown = new Set([...reach(roots, closed), ...apart]);
  const nodes = graph.nodes
    .filter((n) => shown.has(n.id))
    .map((n) =>
      closed.has(n.id) ? { ...n, hidden: [...reach([n.id], new Set())].filter((id) => !shown.has(id)).length } : n,
    );
  return { ...graph, nodes, edges: graph.edges.filter((e) => shown.has(e.source) && shown.has(e.target)) };
}

/** How many nodes folding this one would hide. */
export function foldable(graph: Graph, id: string, roots: string[]): number {
  return roots.includes(id) ? 0 : graph.nodes.length - folded(graph, [id], roots).nodes.length;
}
