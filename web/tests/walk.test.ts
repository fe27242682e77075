import assert from "node:assert/strict";
import { test } from "node:test";

import { layout } from "../src/layout.ts";
import { neighbour } from "../src/walk.ts";

const ids = ["a", "b", "c", "d"];
const edges = [
  { id: "1", source: "a", target: "c" },
  { id: "2", source: "b", target: "c" },
  { id: "3", source: "c", target: "d" },
];
const { places } = layout(
  ids.map((id) => ({ id, width: 50, height: 40 })),
  edges,
);

test("arrows walk along edges, and back the way they came", () => {
  assert.equal(neighbour(places, edges, "a", "right", null, null), "c");
  assert.equal(neighbour(places, edges, "c", "left", "b", null), "b");
  assert.equal(neighbour(places, edges, "d", "right", null, null), null);
});

test("up and down stay in the column", () => {
  const [top, bottom] = places.get("a")!.y < places.get("b")!.y ? ["a", "b"] : ["b", "a"];
  assert.equal(neighbour(places, edges, top!, "down", null, null), bottom);
  assert.equal(neighbour(places, edges, top!, "up", null, null), null);
});

test("without a selection the focus is first, else the first box", () => {
  assert.equal(neighbour(places, edges, null, "right", null, "d"), "d");
  assert.ok(["a", "b"].includes(neighbour(places, edges, null, "right", null, null)!));
});
