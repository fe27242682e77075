// What the keys do.

import { el } from "./dom.ts";
import { dialog } from "./export.ts";

const KEYS: [string, string][] = [
  ["/", "search"],
  ["← → ↑ ↓", "in the graph: walk along edges, and up and down a column"],
  ["Enter", "open: list an op's calls, focus on a ref or call, open a group"],
  ["E", "expand: add the neighbours of the selected node"],
  ["C", "fold what hangs on the selected node, or unfold it"],
  ["P", "path from the selected node to another"],
  ["M", "compare the selected node with another"],
  ["+ − 0", "in the graph: larger, smaller, all of it"],
  ["T", "graph or table"],
  ["F", "filters"],
  ["L", "list of the shown nodes"],
  ["D", "dark or light"],
  ["Esc", "close, deselect"],
];

export const help = (): HTMLDialogElement =>
  dialog(
    "Keys",
    el(
      "table",
      { class: "keys" },
      el(
        "tbody",
        {},
        ...KEYS.map(([key, words]) =>
          el("tr", {}, el("th", { scope: "row" }, el("kbd", {}, key)), el("td", {}, words)),
        ),
      ),
    ),
  );
