// Two refs side by side: how much of their provenance they share, and what differs.

import { clear, el } from "./dom.ts";
import { clip, counted, oneLine, text } from "./format.ts";
import type { Comparison } from "./types.ts";

export interface CompareCallbacks {
  href(id: string): string;
  swapped: string;
}

export function comparePanel(place: HTMLElement, a: string, b: string, c: Comparison, callbacks: CompareCallbacks): void {
  const only = (side: "a" | "b"): number => c.graph.nodes.filter((n) => n.side === side).length;
  const rows = c.changed.map((change) =>
    el("tr", {}, el("th", { scope: "row" }, clip(oneLine(change.where), 60)), el("td", { class: "side-a", title: text(change.a) }, clip(oneLine(text(change.a)), 60) || "nothing"), el("td", { class: "side-b", title: text(change.b) }, clip(oneLine(text(change.b)), 60) || "nothing")),
  );
  clear(
    place,
    el("header", { class: "panel-head" }, el("div", {}, el("span", { class: "kind" }, "comparison"), el("h2", {}, "What differs"))),
    el("p", { class: "side-a" }, "A: ", el("a", { href: callbacks.href(a) }, clip(oneLine(c.a), 80))),
    el("p", { class: "side-b" }, "B: ", el("a", { href: callbacks.href(b) }, clip(oneLine(c.b), 80))),
    el("p", { class: "faint" }, `${counted(c.same, "node")} shared, ${only("a")} only behind A, ${only("b")} only behind B.`),
    rows.length
      ? el("div", { class: "scroll" }, el("table", { class: "changes" }, el("thead", {}, el("tr", {}, ...["where", "A", "B"].map((h) => el("th", { scope: "col" }, h)))), el("tbody", {}, ...rows)))
      : el("p", {}, "No input, version or step differs: they have the same provenance."),
    el("div", { class: "actions" }, el("a", { href: callbacks.swapped }, "Swap A and B")),
  );
}
