// Two refs side by side: how much of their provenance they share, and what differs.

import { clear, el } from "./dom.ts";
import { clip, counted, oneLine, text } from "./format.ts";
import type { Comparison } from "./types.ts";

export interface CompareCallbacks {
  href(id: string): string;
  swapped: string;
}

export function comparePanel(
  place: HTMLElement,
  a: string,
  b: string,
  c: Comparison,
  callbacks: CompareCallbacks,
): void {
  const only = (side: "a" | "b"): number => c.graph.nodes.filter((n) => n.side === side).length;
  const cell = (side: "a" | "b", value: unknown, id: string | null | undefined): HTMLElement => {
    const words = clip(oneLine(text(value)), 60) || "nothing";
    return el(
      "td",
      { class: `side-${side}`, title: clip(text(value), 400) },
      id ? el("a", { href: callbacks.href(id) }, words) : words,
    );
  };
  const rows = c.changed.map((change) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, clip(oneLine(change.where), 60)),
      cell("a", change.a, change.ids?.[0]),
      cell("b", change.b, change.ids?.[1]),
    ),
  );
  clear(
    place,
    el(
      "header",
      { class: "panel-head" },
      el("div", {}, el("span", { class: "kind" }, "comparison"), el("h2", {}, "What differs")),
    ),
    el("p", { class: "side-a" }, "A: ", el("a", { href: callbacks.href(a) }, clip(oneLine(c.a), 80))),
    el("p", { class: "side-b" }, "B: ", el("a", { href: callbacks.href(b) }, clip(oneLine(c.b), 80))),
    el(
      "p",
      { class: "faint" },
      `${counted(c.same, "node")} shared, ${only("a")} only behind A, ${only("b")} only behind B.`,
    ),
    rows.length
      ? el(
          "div",
          { class: "scroll" },
          el(
            "table",
            { class: "changes" },
            el("thead", {}, el("tr", {}, ...["where", "A", "B"].map((h) => el("th", { scope: "col" }, h)))),
            el("tbody", {}, ...rows),
          ),
        )
      : el("p", {}, "No input, version or step differs: they have the same provenance."),
    el("div", { class: "actions" }, el("a", { href: callbacks.swapped }, "Swap A and B")),
  );
}
