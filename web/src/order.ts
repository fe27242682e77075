// The parts of a layered layout that know only numbers: layers, order within a layer, heights. `layout.ts` uses them.

/** Edges as pairs of node numbers; `out[n]` and `into[n]` are its neighbours. */
export interface Links {
  out: number[][];
  into: number[][];
}

export function links(size: number, edges: Iterable<readonly [number, number]>): Links {
  const out: number[][] = Array.from({ length: size }, () => []);
  const into: number[][] = Array.from({ length: size }, () => []);
  for (const [s, t] of edges) {
    out[s]!.push(t);
    into[t]!.push(s);
  }
  return { out, into };
}

/** Which edges close a cycle when walked depth first in the given order (without recursion: chains may be long). */
export function backEdges(size: number, edges: (readonly [number, number])[]): boolean[] {
  const out: [number, number][][] = Array.from({ length: size }, () => []);
  const entered = new Array<number>(size).fill(0);
  edges.forEach(([s, t], i) => {
    out[s]!.push([t, i]);
    if (s !== t) entered[t]! += 1;
  });
  const back = new Array<boolean>(edges.length).fill(false);
  const state = new Uint8Array(size); // 0 new, 1 on the path, 2 done
  const visit = (start: number): void => {
    const path: [number, number][] = [[start, 0]];
    state[start] = 1;
    while (path.length) {
      const top = path[path.length - 1]!;
      const [n, next] = top;
      const step = out[n]![next];
      if (!step) {
        state[n] = 2;
        path.pop();
        continue;
      }
      top[1] += 1;
      const [t, edge] = step;
      if (state[t] === 1) back[edge] = true;
      else if (state[t] === 0) {
        state[t] = 1;
        path.push([t, 0]);
      }
    }
  };
  for (let n = 0; n < size; n++) if (!entered[n] && !state[n]) visit(n);
  for (let n = 0; n < size; n++) if (!state[n]) visit(n);
  return back;
}

/** Numbers in an order in which every edge goes forward; the edges have no cycle. */
export function topological({ out, into }: Links): number[] {
  const waiting = into.map((list) => list.length);
  const order: number[] = [];
  waiting.forEach((n, i) => {
    if (n === 0) order.push(i);
  });
  for (let i = 0; i < order.length; i++) {
    for (const t of out[order[i]!]!) if (--waiting[t]! === 0) order.push(t);
  }
  return order;
}

/** Columns by longest path; what has no input stands right before what uses it. */
export function columns(graph: Links): number[] {
  const order = topological(graph);
  const column = new Array<number>(graph.out.length).fill(0);
  for (const n of order) for (const t of graph.out[n]!) column[t] = Math.max(column[t]!, column[n]! + 1);
  for (const n of order) {
    const users = graph.out[n]!;
    if (!graph.into[n]!.length && users.length) {
      let first = Infinity;
      for (const t of users) first = Math.min(first, column[t]!);
      column[n] = first - 1;
    }
  }
  return column;
}

/** How many pairs of edges between two neighbouring columns cross, counted with a Fenwick tree. */
function crossings(left: number[], position: Int32Array, out: number[][], width: number): number {
  const tree = new Int32Array(width + 1);
  let total = 0;
  let seen = 0;
  for (const n of left) {
    const ends = out[n]!.map((t) => position[t]!).sort((a, b) => a - b);
    for (const end of ends) {
      let before = 0;
      for (let i = end + 1; i > 0; i -= i & -i) before += tree[i]!;
      total += seen - before;
    }
    for (const end of ends) {
      for (let i = end + 1; i <= width; i += i & -i) tree[i]! += 1;
      seen += 1;
    }
  }
  return total;
}

/** Orders each column so that few edges cross: barycentres, swept to and fro, the best order seen is kept. */
export function arrange(layers: number[][], { out, into }: Links, sweeps = 8): number[][] {
  const size = out.length;
  const position = new Int32Array(size);
  const place = (): void => layers.forEach((layer) => layer.forEach((n, i) => (position[n] = i)));
  const count = (): number => {
    let total = 0;
    for (let i = 0; i + 1 < layers.length; i++) total += crossings(layers[i]!, position, out, layers[i + 1]!.length);
    return total;
  };
  const middle = new Float64Array(size);
  const sweep = (layer: number[], near: number[][]): void => {
    for (const n of layer) {
      const around = near[n]!;
      let sum = 0;
      for (const m of around) sum += position[m]!;
      middle[n] = around.length ? sum / around.length : position[n]!;
    }
    layer.sort((a, b) => middle[a]! - middle[b]! || position[a]! - position[b]!);
    layer.forEach((n, i) => (position[n] = i));
  };
  place();
  let best = layers.map((layer) => [...layer]);
  let fewest = count();
  for (let turn = 0; turn < sweeps && fewest > 0; turn++) {
    if (turn % 2 === 0) for (let i = 1; i < layers.length; i++) sweep(layers[i]!, into);
    else for (let i = layers.length - 2; i >= 0; i--) sweep(layers[i]!, out);
    const now = count();
    if (now < fewest) {
      fewest = now;
      best = layers.map((layer) => [...layer]);
    }
  }
  return best;
}

/**
 * Places in one column, nearest to what is wanted, in the given order and at least `gap(i)` after the one before:
 * least squares by pooling neighbours that would overlap.
 */
export function spread(wanted: number[], gap: (i: number) => number, weight: (i: number) => number): number[] {
  const offset: number[] = [];
  let along = 0;
  wanted.forEach((_, i) => {
    along += i ? gap(i) : 0;
    offset.push(along);
  });
  const blocks: { sum: number; weight: number; size: number }[] = [];
  wanted.forEach((y, i) => {
    const w = weight(i);
    blocks.push({ sum: (y - offset[i]!) * w, weight: w, size: 1 });
    while (blocks.length > 1) {
      const last = blocks[blocks.length - 1]!;
      const before = blocks[blocks.length - 2]!;
      if (before.sum / before.weight <= last.sum / last.weight) break;
      before.sum += last.sum;
      before.weight += last.weight;
      before.size += last.size;
      blocks.pop();
    }
  });
  const places: number[] = [];
  for (const block of blocks) {
    for (let i = 0; i < block.size; i++) places.push(block.sum / block.weight + offset[places.length]!);
  }
  return places;
}

/** The free place nearest to `wanted` in a column, among intervals sorted by their begin. */
export function nearestFree(taken: [number, number][], wanted: number, half: number): number {
  const fits = (y: number): boolean => {
    let low = 0;
    let high = taken.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (taken[mid]![1] <= y - half) low = mid + 1;
      else high = mid;
    }
    const next = taken[low];
    return !next || next[0] >= y + half;
  };
  if (fits(wanted)) return wanted;
  let best = Infinity;
  for (const [begin, end] of taken) {
    for (const y of [begin - half, end + half]) {
      if (Math.abs(y - wanted) < Math.abs(best - wanted) && fits(y)) best = y;
    }
  }
  return best;
}
