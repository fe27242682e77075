import assert from "node:assert/strict";
import { test } from "node:test";

import { layout, type Box, type Line } from "../src/layout.ts";
import { backEdges, columns, links, spread } from "../src/order.ts";

const box = (id: string, width = 100, height = 40): Box => ({ id, width, height });
const line = (source: string, target: string): Line => ({ id: `${source}>${target}`, source, target });

/** A pipeline as experiments are: shared data, settings, models, scores. */
function experiment(size: number): [Box[], Line[]] {
  const boxes = [box("data"), box("split"), box("train"), box("test")];
  const lines = [line("data", "split"), line("split", "train"), line("split", "test")];
  for (let i = 0; boxes.length < size; i++) {
    for (const name of ["rate", "fit", "model", "eval", "score"]) boxes.push(box(`${name}${i}`));
    lines.push(line(`rate${i}`, `fit${i}`), line("train", `fit${i}`), line(`fit${i}`, `model${i}`));
    lines.push(line(`model${i}`, `eval${i}`), line("test", `eval${i}`), line(`eval${i}`, `score${i}`));
  }
  return [boxes, lines];
}

function assertApart(result: ReturnType<typeof layout>): void {
  const places = [...result.places].sort(([, a], [, b]) => a.x - b.x || a.y - b.y);
  for (let i = 1; i < places.length; i++) {
    const [, a] = places[i - 1]!;
    const [, b] = places[i]!;
    if (a.x === b.x)
      assert.ok(b.y - a.y >= (a.height + b.height) / 2 - 1e-6, `${places[i - 1]![0]} over ${places[i]![0]}`);
  }
}

test("data flows from left to right, and boxes are apart", () => {
  const [boxes, lines] = experiment(300);
  const result = layout(boxes, lines);
  assertApart(result);
  for (const e of lines) {
    const [a, b] = [result.places.get(e.source)!, result.places.get(e.target)!];
    assert.ok(a.x + a.width / 2 < b.x - b.width / 2, e.id);
  }
  assert.ok(result.pieces.every((p) => !p.back));
});

test("what has no input stands right before its first user", () => {
  const graph = links(4, [
    [0, 1],
    [1, 2],
    [3, 2],
  ]);
  assert.deepEqual(columns(graph), [0, 1, 2, 1]);
});

test("a cycle has one edge against the flow", () => {
  const edges: [number, number][] = [
    [0, 1],
    [1, 2],
    [2, 1],
    [2, 3],
  ];
  assert.deepEqual(backEdges(4, edges), [false, false, true, false]);
  const result = layout(
    ["a", "b", "c", "d"].map((n) => box(n)),
    [line("a", "b"), line("b", "c"), line("c", "b"), line("c", "d")],
  );
  assert.deepEqual(
    result.pieces.filter((p) => p.back).map((p) => p.edges),
    [["c>b"]],
  );
});

test("long edges of one source share their way, and every edge arrives", () => {
  const boxes = ["x", "a", "b", "c", "d"].map((n) => box(n));
  const lines = [line("x", "a"), line("a", "b"), line("b", "c"), line("c", "d"), line("x", "c"), line("x", "d")];
  const result = layout(boxes, lines);
  for (const e of lines) {
    const way = result.pieces.filter((p) => p.edges.includes(e.id));
    assert.equal(way.filter((p) => p.last).length, 1);
    assert.equal(way[0]!.from, e.source);
    assert.equal(way.find((p) => p.last)!.to, e.target);
  }
  const shared = result.pieces.filter((p) => p.edges.length === 2);
  assert.equal(shared.length, 2); // x to its first and second bend
});

test("old boxes keep their place while the graph grows at its ends", () => {
  const [boxes, lines] = experiment(100);
  const before = layout(boxes, lines);
  const more = [
    ...boxes,
    box("raw"),
    box("load"),
    box("report"),
    ...Array.from({ length: 30 }, (_, i) => box(`seed${i}`)),
  ];
  const edges = [
    ...lines,
    line("raw", "load"),
    line("load", "data"),
    line("score0", "report"),
    line("score5", "report"),
  ];
  for (let i = 0; i < 30; i++) edges.push(line(`seed${i}`, "fit0"));
  const after = layout(more, edges, before);
  for (const b of boxes) {
    assert.equal(after.places.get(b.id)!.x, before.places.get(b.id)!.x);
    assert.equal(after.places.get(b.id)!.y, before.places.get(b.id)!.y);
  }
  assertApart(after);
  assert.ok(after.places.get("load")!.x < after.places.get("data")!.x);
  assert.ok(after.places.get("report")!.x > after.places.get("score0")!.x);
});

test("where something comes in between, the right side moves together and heights stay", () => {
  const boxes = ["a", "b", "c"].map((n) => box(n));
  const before = layout(boxes, [line("a", "b"), line("b", "c")]);
  const after = layout(
    [...boxes, box("p"), box("q")],
    [line("a", "b"), line("b", "c"), line("a", "p"), line("p", "q"), line("q", "b")],
    before,
  );
  const moved = (id: string) => after.places.get(id)!.x - before.places.get(id)!.x;
  assert.equal(moved("a"), 0);
  assert.ok(moved("b") > 0);
  assert.equal(moved("b"), moved("c"));
  for (const id of ["a", "b", "c"]) assert.equal(after.places.get(id)!.y, before.places.get(id)!.y);
  assert.ok(after.places.get("q")!.x < after.places.get("b")!.x);
  assertApart(after);
});

test("removing boxes moves none", () => {
  const [boxes, lines] = experiment(100);
  const before = layout(boxes, lines);
  const fewer = boxes.filter((b) => !b.id.startsWith("score"));
  const after = layout(fewer, lines, before);
  for (const b of fewer) assert.deepEqual(after.places.get(b.id), before.places.get(b.id));
});

test("spread keeps order and distance, and is where it wants to be when it can", () => {
  assert.deepEqual(
    spread(
      [0, 100, 200],
      () => 50,
      () => 1,
    ),
    [0, 100, 200],
  );
  assert.deepEqual(
    spread(
      [100, 100],
      () => 50,
      () => 1,
    ),
    [75, 125],
  );
});

test("an empty graph and a lone box", () => {
  assert.equal(layout([], []).places.size, 0);
  assert.equal(layout([box("a")], []).places.get("a")!.x, 0);
});

test("2,000 boxes (the time is printed, not asserted)", () => {
  const [boxes, lines] = experiment(2000);
  layout(boxes, lines);
  const timed = <T>(what: string, run: () => T): T => {
    const [begin, cpu] = [performance.now(), process.cpuUsage()];
    const result = run();
    const { user, system } = process.cpuUsage(cpu);
    const ms = (performance.now() - begin).toFixed(0);
    console.log(`# ${what}: ${ms} ms, ${((user + system) / 1000).toFixed(0)} ms of the processor`);
    return result;
  };
  const result = timed("2,000-node layout", () => layout(boxes, lines));
  const more = Array.from({ length: 200 }, (_, i) => box(`n${i}`));
  timed("200 nodes more", () => layout([...boxes, ...more], lines, result));
  assertApart(result);
});
