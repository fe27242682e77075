// Where an arrow key leads in a drawn graph. No DOM.

import type { Place } from "./layout.ts";

export type Way = "left" | "right" | "up" | "down";

/**
 * The next node: left and right along an edge (back to where one came from, else to the end nearest in height), up and
 * down in the same column. Nothing selected: the focus, else the first node.
 */
export function neighbour(
  places: Map<string, Place>,
  edges: { source: string; target: string }[],
  selected: string | null,
  way: Way,
  camefrom: string | null,
  focus: string | null,
): string | null {
  const here = selected === null ? undefined : places.get(selected);
  if (!here) {
    if (focus !== null && places.has(focus)) return focus;
    return [...places].sort(([, a], [, b]) => a.x - b.x || a.y - b.y)[0]?.[0] ?? null;
  }
  let candidates: string[];
  if (way === "left") candidates = edges.filter((e) => e.target === selected).map((e) => e.source);
  else if (way === "right") candidates = edges.filter((e) => e.source === selected).map((e) => e.target);
  else {
    const beyond = (p: Place): boolean => p.column === here.column && (way === "up" ? p.y < here.y : p.y > here.y);
    candidates = [...places].filter(([, p]) => beyond(p)).map(([id]) => id);
  }
  candidates = candidates.filter((id) => places.has(id) && id !== selected);
  if (camefrom !== null && (way === "left" || way === "right") && candidates.includes(camefrom)) return camefrom;
  const distance = (id: string): number => Math.abs(places.get(id)!.y - here.y);
  return candidates.sort((a, b) => distance(a) - distance(b))[0] ?? null;
}
