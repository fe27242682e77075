// The nodes on the canvas as a list: the same graph for screen readers and for people who prefer words.

import { clear, el } from "./dom.ts";
import { count } from "./format.ts";
import { spoken, words } from "./looks.ts";
import type { Graph, GraphNode, NodeKind } from "./types.ts";

const NAMES: [NodeKind, string][] = [
  ["op", "Ops"],
  ["var", "Variables"],
  ["call", "Calls"],
  ["ref", "Refs"],
  ["group", "Groups"],
];

export interface ListCallbacks {
  select(id: string): void;
  open(node: GraphNode): void;
}

export function list(place: HTMLElement, graph: Graph, selected: string | null, callbacks: ListCallbacks): void {
  const degree = new Map<string, [number, number]>();
  for (const e of graph.edges) {
    degree.set(e.target, [(degree.get(e.target)?.[0] ?? 0) + 1, degree.get(e.target)?.[1] ?? 0]);
    degree.set(e.source, [degree.get(e.source)?.[0] ?? 0, (degree.get(e.source)?.[1] ?? 0) + 1]);
  }
  const sections: Node[] = [];
  for (const [kind, name] of NAMES) {
    const nodes = graph.nodes.filter((n) => n.kind === kind).sort((a, b) => (words(a).title < words(b).title ? -1 : 1));
    if (!nodes.length) continue;
    const items = nodes.map((n) => {
      const { title, small } = words(n);
      const [into, out] = degree.get(n.id) ?? [0, 0];
      return el(
        "li",
        {},
        el(
          "button",
          {
            type: "button",
            class: `node-button ${kind}`,
            "data-id": n.id,
            "aria-current": n.id === selected ? "true" : null,
            "aria-label": `${spoken(n)}; ${into} in, ${out} out`,
            onclick: () => callbacks.select(n.id),
            ondblclick: () => callbacks.open(n),
            onkeydown: (event: KeyboardEvent) => keys(event, n, callbacks),
          },
          el("span", { class: "node-title" }, title),
          el("span", { class: "node-small" }, small),
        ),
      );
    });
    sections.push(
      el(
        "section",
        {},
        el("h3", {}, `${name} `, el("span", { class: "faint" }, count(nodes.length))),
        el("ul", {}, ...items),
      ),
    );
  }
  clear(place, ...sections);
}

/** Marks another node as the selected one. */
export function mark(place: HTMLElement, selected: string | null): void {
  for (const old of place.querySelectorAll('[aria-current="true"]')) old.removeAttribute("aria-current");
  if (selected === null) return;
  const now = place.querySelector(`[data-id="${CSS.escape(selected)}"]`);
  now?.setAttribute("aria-current", "true");
  now?.scrollIntoView({ block: "nearest" });
}

function keys(event: KeyboardEvent, node: GraphNode, callbacks: ListCallbacks): void {
  const buttons = [
    ...(event.currentTarget as HTMLElement).closest("[data-list]")!.querySelectorAll<HTMLElement>(".node-button"),
  ];
  const at = buttons.indexOf(event.currentTarget as HTMLElement);
  if (event.key === "ArrowDown") buttons[at + 1]?.focus();
  else if (event.key === "ArrowUp") buttons[at - 1]?.focus();
  else if (
    event.key === "Enter" &&
    node.id === document.querySelector<HTMLElement>('[data-list] [aria-current="true"]')?.dataset["id"]
  )
    callbacks.open(node);
  else return;
  event.preventDefault();
}
