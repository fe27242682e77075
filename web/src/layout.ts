// Where boxes go: columns from left to right along the flow of data, few crossings, long edges led round the boxes.
// What was placed before keeps its place while the graph grows. No drawing, no DOM.

import { arrange, backEdges, columns, links, nearestFree, spread, topological } from "./order.ts";

export interface Box {
  id: string;
  width: number;
  height: number;
}

export interface Line {
  id: string;
  source: string;
  target: string;
}

export interface Place {
  x: number; // the middle of the box; y grows downwards
  y: number;
  width: number;
  height: number;
  column: number;
}

/** A piece of one or more edges: long edges of one source share their way until they part. */
export interface Piece {
  from: string;
  to: string;
  edges: string[];
  last: boolean; // it ends at a box: an arrow is drawn
  back: boolean; // it runs against the flow, because the graph has a cycle
}

export interface Layout {
  places: Map<string, Place>; // of boxes
  bends: Map<string, Place>; // of points between pieces
  pieces: Piece[];
  width: number;
  height: number;
  left: number;
  top: number;
}

const GAP_X = 48;
const WIDEST_GAP = 240; // more, where edges fan out far
const GAP_Y = 16;
const BEND = 6; // the height that a passing edge takes
const MOST_BENDS = 6000;

interface Item extends Box {
  column: number;
  bend: boolean;
}

interface Plan {
  items: Item[];
  steps: [number, number][]; // between neighbouring columns
  pieces: Piece[];
}

/** Lays out a graph; with `before`, boxes that it holds stay where they are (or move right together, to let others in). */
export function layout(boxes: Box[], lines: Line[], before?: Layout | null): Layout {
  const number = new Map(boxes.map((b, i) => [b.id, i]));
  const known = lines.filter((e) => number.has(e.source) && number.has(e.target));
  const ends = known.map((e) => [number.get(e.source)!, number.get(e.target)!] as const);
  const back = backEdges(boxes.length, ends);
  const forward = links(
    boxes.length,
    ends.filter(([s, t], i) => !back[i] && s !== t),
  );
  const kept = before && boxes.some((b) => before.places.has(b.id)) ? before : null;
  const column = kept ? grownColumns(boxes, forward, kept) : columns(forward);
  const plan = cut(boxes, known, ends, back, column);
  const y = kept ? grownHeights(plan, kept) : freshHeights(plan);
  const x = columnPlaces(plan, y, column, boxes, kept);
  return collect(plan, x, y);
}

/** Old boxes keep their columns; new ones stand beside their neighbours; where there is no room, columns are put in. */
function grownColumns(boxes: Box[], graph: ReturnType<typeof links>, before: Layout): number[] {
  const column = boxes.map((b) => before.places.get(b.id)?.column ?? NaN);
  const old = column.map((c) => !Number.isNaN(c));
  const order = topological(graph);
  // from what is placed to what is not, along the edges and against them, until nothing changes
  for (let changed = true; changed;) {
    changed = false;
    for (const n of order) {
      if (!Number.isNaN(column[n]!)) continue;
      const placed = graph.into[n]!.map((m) => column[m]!).filter((c) => !Number.isNaN(c));
      if (placed.length) {
        column[n] = Math.max(...placed) + 1;
        changed = true;
      }
    }
    for (const n of [...order].reverse()) {
      if (!Number.isNaN(column[n]!)) continue;
      const placed = graph.out[n]!.map((m) => column[m]!).filter((c) => !Number.isNaN(c));
      if (placed.length) {
        column[n] = Math.min(...placed) - 1;
        changed = true;
      }
    }
  }
  const alone = columns(graph);
  column.forEach((c, n) => {
    if (Number.isNaN(c)) column[n] = alone[n]!;
  });
  for (let turn = 0; turn < boxes.length; turn++) {
    let from = Infinity;
    let by = 0;
    for (const n of order) {
      for (const t of graph.out[n]!) {
        const short = column[n]! + 1 - column[t]!;
        if (short <= 0) continue;
        if (!old[t]) column[t]! += short;
        else if (column[t]! < from) {
          from = column[t]!;
          by = short;
        }
      }
    }
    if (!by) break;
    column.forEach((c, n) => {
      if (old[n] && c >= from) column[n] = c + by;
    });
  }
  return column;
}

/** Cuts edges that pass over columns into pieces. */
function cut(
  boxes: Box[],
  lines: Line[],
  ends: (readonly [number, number])[],
  back: boolean[],
  column: number[],
): Plan {
  const items: Item[] = boxes.map((b, i) => ({ ...b, column: column[i]!, bend: false }));
  const steps: [number, number][] = [];
  const pieces = new Map<string, Piece>();
  const at = new Map<string, number>();
  let long = 0;
  ends.forEach(([s, t], i) => {
    if (!back[i]) long += Math.max(0, column[t]! - column[s]! - 1);
  });
  const piece = (from: string, to: string, edge: string, last: boolean, runsBack: boolean): boolean => {
    const key = `${from}\n${to}\n${runsBack}`;
    const there = pieces.get(key);
    if (there) there.edges.push(edge);
    else pieces.set(key, { from, to, edges: [edge], last, back: runsBack });
    return !there;
  };
  lines.forEach((line, i) => {
    const [s, t] = ends[i]!;
    const runsBack = back[i]! || column[t]! <= column[s]!;
    let from = s;
    if (!runsBack && long <= MOST_BENDS) {
      for (let c = column[s]! + 1; c < column[t]!; c++) {
        const id = `${line.source}|${c - column[s]!}`;
        let bend = at.get(id);
        if (bend === undefined) {
          bend = items.length;
          at.set(id, bend);
          items.push({ id, width: 0, height: BEND, column: c, bend: true });
        }
        if (piece(items[from]!.id, id, line.id, false, false)) steps.push([from, bend]);
        from = bend;
      }
    }
    const fresh = piece(items[from]!.id, line.target, line.id, true, runsBack);
    if (fresh && !runsBack && column[t]! === items[from]!.column + 1) steps.push([from, t]);
  });
  return { items, steps, pieces: [...pieces.values()] };
}

/** The x of each column: those of before stay where no column came in between. */
function columnPlaces(
  { items, steps }: Plan,
  y: number[],
  column: number[],
  boxes: Box[],
  before: Layout | null,
): Map<number, number> {
  const width = new Map<number, number>();
  for (const item of items) width.set(item.column, Math.max(width.get(item.column) ?? 0, item.width));
  const order = [...width.keys()].sort((a, b) => a - b);
  const x = new Map<number, number>();
  const climb = new Map<number, number>(); // how far up or down the edges that begin in a column go
  for (const [s, t] of steps)
    climb.set(items[s]!.column, Math.max(climb.get(items[s]!.column) ?? 0, Math.abs(y[t]! - y[s]!)));
  const step = (a: number, b: number): number =>
    (width.get(a)! + width.get(b)!) / 2 + GAP_X + Math.min(WIDEST_GAP, (climb.get(a) ?? 0) / 12);
  if (!before) {
    order.forEach((c, i) => x.set(c, i ? x.get(order[i - 1]!)! + step(order[i - 1]!, c) : 0));
    return x;
  }
  boxes.forEach((b, i) => {
    const place = before.places.get(b.id);
    if (place && !x.has(column[i]!) && place.column === column[i]!) x.set(column[i]!, place.x);
  });
  const fixed = order.filter((c) => x.has(c));
  const first = fixed[0] ?? order[0]!;
  if (!x.has(first)) x.set(first, 0);
  for (let i = order.indexOf(first) - 1; i >= 0; i--)
    x.set(order[i]!, x.get(order[i + 1]!)! - step(order[i]!, order[i + 1]!));
  for (let i = order.indexOf(first) + 1; i < order.length; i++) {
    const least = x.get(order[i - 1]!)! + step(order[i - 1]!, order[i]!);
    const kept = x.get(order[i]!);
    // a wider newcomer may narrow the gap, but never close it
    const touching = x.get(order[i - 1]!)! + (width.get(order[i - 1]!)! + width.get(order[i]!)!) / 2;
    x.set(order[i]!, kept === undefined || kept < touching + 12 ? least : kept);
  }
  return x;
}

const gapBetween = (a: Item, b: Item): number => (a.height + b.height) / 2 + (a.bend && b.bend ? 4 : GAP_Y);

/** All heights anew: order by barycentres, then least squares with the order held. */
function freshHeights({ items, steps }: Plan): number[] {
  const graph = links(items.length, steps);
  const byColumn = new Map<number, number[]>();
  for (const n of depthFirst(items.length, graph)) {
    const list = byColumn.get(items[n]!.column);
    if (list) list.push(n);
    else byColumn.set(items[n]!.column, [n]);
  }
  const layers = arrange(
    [...byColumn.keys()].sort((a, b) => a - b).map((c) => byColumn.get(c)!),
    graph,
  );
  const y = new Array<number>(items.length).fill(0);
  for (const layer of layers) {
    let at = 0;
    layer.forEach((n, i) => {
      at += i ? gapBetween(items[layer[i - 1]!]!, items[n]!) : 0;
      y[n] = at;
    });
    for (const n of layer) y[n]! -= at / 2;
  }
  const settle = (layer: number[], near: (n: number) => number[]): void => {
    const wanted = layer.map((n) => {
      const around = near(n);
      return around.length ? around.reduce((sum, m) => sum + y[m]!, 0) / around.length : y[n]!;
    });
    const places = spread(
      wanted,
      (i) => gapBetween(items[layer[i - 1]!]!, items[layer[i]!]!),
      (i) => (items[layer[i]!]!.bend ? 4 : near(layer[i]!).length ? 2 : 0.5),
    );
    layer.forEach((n, i) => (y[n] = places[i]!));
  };
  const both = (n: number): number[] => [...graph.into[n]!, ...graph.out[n]!];
  for (let turn = 0; turn < 4; turn++) {
    for (let i = 1; i < layers.length; i++) settle(layers[i]!, (n) => graph.into[n]!);
    for (let i = layers.length - 2; i >= 0; i--) settle(layers[i]!, (n) => graph.out[n]!);
  }
  for (let turn = 0; turn < 2; turn++) for (const layer of layers) settle(layer, both);
  return y;
}

/** An order to begin with in which what hangs together is together. */
function depthFirst(size: number, { out, into }: ReturnType<typeof links>): number[] {
  const seen = new Uint8Array(size);
  const order: number[] = [];
  for (let start = 0; start < size; start++) {
    if (seen[start]) continue;
    const stack = [start];
    seen[start] = 1;
    while (stack.length) {
      const n = stack.pop()!;
      order.push(n);
      for (const near of [out[n]!, into[n]!]) {
        for (let i = near.length - 1; i >= 0; i--) {
          const m = near[i]!;
          if (!seen[m]) {
            seen[m] = 1;
            stack.push(m);
          }
        }
      }
    }
  }
  return order;
}

/** Heights when the graph has grown: what was there stays; the rest goes to the nearest free places. */
function grownHeights({ items, steps }: Plan, before: Layout): number[] {
  const graph = links(items.length, steps);
  const y = items.map((item) => (item.bend ? before.bends : before.places).get(item.id)?.y ?? NaN);
  const taken = new Map<number, [number, number][]>();
  const take = (n: number): void => {
    const { column, height, bend } = items[n]!;
    const room = height / 2 + (bend ? 2 : GAP_Y / 2);
    const list = taken.get(column) ?? [];
    const span: [number, number] = [y[n]! - room, y[n]! + room];
    let low = 0;
    let high = list.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (list[mid]![0] < span[0]) low = mid + 1;
      else high = mid;
    }
    list.splice(low, 0, span);
    taken.set(column, list);
  };
  y.forEach((at, n) => {
    if (!Number.isNaN(at)) take(n);
  });
  const placed = (n: number): number[] =>
    [...graph.into[n]!, ...graph.out[n]!].map((m) => y[m]!).filter((at) => !Number.isNaN(at));
  let waiting = items.map((_, n) => n).filter((n) => Number.isNaN(y[n]!));
  while (waiting.length) {
    let ready = waiting.filter((n) => placed(n).length);
    if (!ready.length) ready = [waiting[0]!];
    const wanted = new Map<number, number>();
    for (const n of ready) {
      const around = placed(n);
      wanted.set(n, around.length ? around.reduce((a, b) => a + b, 0) / around.length : 0);
    }
    for (const n of ready) {
      const { height, bend, column } = items[n]!;
      y[n] = nearestFree(taken.get(column) ?? [], wanted.get(n)!, height / 2 + (bend ? 2 : GAP_Y / 2));
      take(n);
    }
    const done = new Set(ready);
    waiting = waiting.filter((n) => !done.has(n));
  }
  return y;
}

function collect({ items, pieces }: Plan, x: Map<number, number>, y: number[]): Layout {
  const places = new Map<string, Place>();
  const bends = new Map<string, Place>();
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  items.forEach((item, i) => {
    const place = { x: x.get(item.column)!, y: y[i]!, width: item.width, height: item.height, column: item.column };
    (item.bend ? bends : places).set(item.id, place);
    left = Math.min(left, place.x - item.width / 2);
    right = Math.max(right, place.x + item.width / 2);
    top = Math.min(top, place.y - item.height / 2);
    bottom = Math.max(bottom, place.y + item.height / 2);
  });
  if (!items.length) [left, top, right, bottom] = [0, 0, 0, 0];
  return { places, bends, pieces, left, top, width: right - left, height: bottom - top };
}
