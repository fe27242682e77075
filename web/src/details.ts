// The side panel of a view: which node or comparison it tells about, and what its buttons do.

import { HID, type App } from "./app.ts";
import { comparePanel } from "./compare.ts";
import { shortId } from "./format.ts";
import { panel, type Actions } from "./panel.ts";
import { another, href } from "./router.ts";
import { foldable } from "./state.ts";
import { isGraph } from "./tools.ts";
import type { GraphNode } from "./types.ts";

export class DetailsView {
  #of = "";
  #loading = new AbortController();

  constructor(readonly app: App) {}

  /** Follows the selection; `again` also when it is the same. */
  show(again = false): void {
    const { ui, route, loaded, info } = this.app;
    const id = this.app.selected();
    const graph = isGraph(route) ? this.app.shown() : { nodes: [], edges: [] };
    const node: GraphNode | null =
      id === null
        ? null
        : (graph.nodes.find((n) => n.id === id) ?? (HID.test(id) ? { id, kind: "ref", label: shortId(id) } : null));
    const key = JSON.stringify([id, route.view, route.fold, graph.nodes.length, route.a, route.b]);
    if (key === this.#of && !again) return;
    this.#of = key;
    this.#loading.abort();
    this.#loading = new AbortController();
    if (node) {
      ui.panel.hidden = false;
      void panel(ui.panel, node, graph, info, this.#actions(node.id), this.#loading.signal);
    } else if (route.view === "compare" && loaded?.comparison) {
      ui.panel.hidden = false;
      comparePanel(ui.panel, route.a, route.b, loaded.comparison, {
        href: (hid) => href(another(route, { view: "focus", a: hid })),
        swapped: href({ ...route, a: route.b, b: route.a }),
      });
    } else ui.panel.hidden = true;
  }

  #actions(id: string): Actions {
    const { app } = this;
    const { route } = app;
    const graph = isGraph(route) ? app.shown() : null;
    const folds = route.fold.includes(id);
    return {
      focused: route.view === "focus" && route.a === id && route.direction === "both",
      focus: (hid, direction = "both") =>
        app.to({
          view: "focus",
          a: hid,
          direction,
          selected: hid,
          ...(direction === "both" ? {} : { depth: "all" as const }),
        }),
      drill: (node) => app.to({ view: "node", a: node }),
      expand: graph && route.view !== "summary" ? (hid) => app.expand(hid) : null,
      openGroup: (group) => app.go({ open: [...route.open, group] }),
      fold:
        graph && app.roots().length
          ? { hides: folds ? 0 : foldable(graph, id, app.roots()), folded: folds, toggle: (hid) => app.fold(hid) }
          : null,
      pick: (what, hid) => app.go({ pick: { what, from: hid } }, true),
      filter: (name, value) => app.to({ view: "summary", filters: { ...route.filters, [name]: [value] } }),
      href: (hid) => href(another(route, { view: "focus", a: hid })),
      nodeHref: (node) => href(another(route, { view: "node", a: node })),
      close: () => app.chosen(null),
    };
  }
}
