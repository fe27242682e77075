// The tools above the view: direction and depth, colours, graph or table, filters, export.

import { button, clear, el } from "./dom.ts";
import type { Drawing } from "./draw.ts";
import { active } from "./filters.ts";
import type { Direction, Route } from "./router.ts";

export interface ToolCallbacks {
  go(change: Partial<Route>): void;
  filters(): void;
  list(): void;
  tidy(): void;
  export(what: "png" | "svg" | "csv" | "cypher" | "python"): void;
}

/** Whether filters make a difference to the view. */
export const isFiltered = (r: Route): boolean => r.view === "summary" || r.view === "focus" || r.view === "node";

export const isGraph = (r: Route): boolean =>
  r.view === "summary" || r.view === "focus" || r.view === "path" || r.view === "compare";

export function tools(place: HTMLElement, route: Route, listed: boolean, callbacks: ToolCallbacks): void {
  const graph = isGraph(route);
  const drawn = graph && !route.table;
  clear(
    place,
    route.view === "focus" &&
      segments(
        "Direction",
        (
          [
            ["up", "Upstream"],
            ["both", "Both"],
            ["down", "Downstream"],
          ] as [Direction, string][]
        ).map(([value, words]) => ({
          words,
          on: route.direction === value,
          go: () => callbacks.go({ direction: value }),
        })),
      ),
    route.view === "focus" && depth(route, callbacks),
    drawn && route.view !== "compare" && colour(route, callbacks),
    graph &&
      segments("Show as", [
        { words: "Graph", on: !route.table, go: () => callbacks.go({ table: false }) },
        { words: "Table", on: route.table, go: () => callbacks.go({ table: true }) },
      ]),
    drawn &&
      button("List", () => callbacks.list(), { "aria-pressed": String(listed), title: "List of the shown nodes (L)" }),
    drawn && button("Tidy", () => callbacks.tidy(), { title: "Lay out anew" }),
    isFiltered(route) &&
      button(
        "",
        () => callbacks.filters(),
        { class: active(route.filters) ? "on" : "", title: "Filters (F)", "aria-haspopup": "true" },
        active(route.filters) ? `Filters (${active(route.filters)})` : "Filters",
      ),
    (graph || route.view === "node") && exports(route, callbacks),
  );
}

export const zoomButtons = (drawing: () => Drawing | null): HTMLElement[] => [
  button("+", () => drawing()?.zoom(1.3), { "aria-label": "Larger" }),
  button("−", () => drawing()?.zoom(1 / 1.3), { "aria-label": "Smaller" }),
  button("⤢", () => drawing()?.fit(), { "aria-label": "Show all of it", title: "Show all of it (0)" }),
];

export function segments(label: string, items: { words: string; on: boolean; go(): void }[]): HTMLElement {
  return el(
    "div",
    { class: "segments", role: "group", "aria-label": label },
    ...items.map((i) => button(i.words, i.go, { "aria-pressed": String(i.on) })),
  );
}

export function depth(route: Route, callbacks: Pick<ToolCallbacks, "go">): HTMLElement {
  const steps = ["1", "2", "3", "4", "6", "8", "12", "all"];
  const now = String(route.depth);
  if (!steps.includes(now)) steps.push(now);
  const select = el("select", {
    "aria-label": "Depth",
    title: "How many steps along the edges",
    onchange: () => callbacks.go({ depth: select.value === "all" ? "all" : Number(select.value) }),
  });
  for (const s of steps)
    select.append(
      el("option", { value: s, selected: s === now }, s === "all" ? "all steps" : s === "1" ? "1 step" : `${s} steps`),
    );
  return select;
}

export function colour(route: Route, callbacks: Pick<ToolCallbacks, "go">): HTMLElement {
  const select = el("select", {
    "aria-label": "Colour by",
    title: "What colours say",
    onchange: () => callbacks.go({ colour: select.value === "op" ? null : (select.value as Route["colour"]) }),
  });
  const names: Record<string, string> = { op: "op", version: "version", duration: "duration", value: "value" };
  for (const [value, words] of Object.entries(names))
    select.append(el("option", { value, selected: (route.colour ?? "op") === value }, `colour: ${words}`));
  return select;
}

function exports(route: Route, callbacks: ToolCallbacks): HTMLElement {
  const menu = el("details", { class: "menu" });
  const item = (words: string, what: "png" | "svg" | "csv" | "cypher" | "python"): HTMLElement =>
    el(
      "li",
      { role: "none" },
      button(
        words,
        () => {
          menu.open = false;
          callbacks.export(what);
        },
        { role: "menuitem", class: "plain" },
      ),
    );
  const drawn = isGraph(route) && !route.table;
  menu.append(
    el("summary", { role: "button", "aria-haspopup": "menu" }, "Export"),
    el(
      "ul",
      { role: "menu" },
      drawn ? item("PNG picture", "png") : null,
      drawn ? item("SVG picture", "svg") : null,
      item("CSV table", "csv"),
      item("Cypher query", "cypher"),
      item("Python code", "python"),
    ),
  );
  menu.addEventListener("keydown", (event) => {
    const items = [...menu.querySelectorAll<HTMLElement>("[role=menuitem]")];
    const at = items.indexOf(document.activeElement as HTMLElement);
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector<HTMLElement>("summary")!.focus();
    } else if (event.key === "ArrowDown") {
      menu.open = true;
      items[(at + 1) % items.length]?.focus();
    } else if (event.key === "ArrowUp") items[(at - 1 + items.length) % items.length]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  menu.addEventListener("focusout", (event) => {
    if (!menu.contains(event.relatedTarget as Node)) menu.open = false;
  });
  return menu;
}

/** What colours mean. */
export function legendOf(
  place: HTMLElement,
  legend: {
    title: string;
    items: { label: string; colour: string }[];
    scale?: { from: string; to: string; colours: string[] };
  },
): void {
  const items = legend.items.map((i) => {
    const dot = el("span", { class: "swatch", "aria-hidden": "true" });
    dot.style.background = i.colour;
    return el("li", {}, dot, i.label);
  });
  let scale: HTMLElement | null = null;
  if (legend.scale) {
    const bar = el("span", { class: "scale", "aria-hidden": "true" });
    bar.style.background = `linear-gradient(to right, ${legend.scale.colours.join(", ")})`;
    scale = el("p", {}, legend.scale.from, bar, legend.scale.to);
  }
  const none = !items.length && !scale;
  clear(
    place,
    el("h3", {}, legend.title),
    items.length > 0 && el("ul", {}, ...items),
    scale,
    none && el("p", { class: "faint" }, "nothing shown has one"),
  );
}
