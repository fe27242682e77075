// The side panel: everything about the selected node, and what can be done with it.

import { api as server, ApiError, type Api } from "./api.ts";
import { button, clear, el } from "./dom.ts";
import { bytes, clip, count, counted, oneLine, seconds, shortId, span, text, time } from "./format.ts";
import { words } from "./looks.ts";
import { preview } from "./preview.ts";
import { codeSection } from "./source.ts";
import type { Details, Graph, GraphNode, Info, Neighbour, Port } from "./types.ts";

/** What the buttons of the panel do; null where it makes no sense here. */
export interface Actions {
  focused: boolean; // the view is around this node already
  focus(id: string, direction?: "up" | "down" | "both"): void;
  drill(node: string): void;
  expand: ((id: string) => void) | null;
  openGroup(id: string): void;
  fold: { hides: number; folded: boolean; toggle(id: string): void } | null;
  pick: ((what: "path" | "compare", id: string) => void) | null;
  filter: ((name: "op" | "version" | "run", value: string) => void) | null;
  href(id: string): string;
  nodeHref(node: string): string;
  close(): void;
}

const row = (name: string, ...value: (Node | string | null | undefined | false)[]): HTMLElement[] =>
  value.some(Boolean) ? [el("dt", {}, name), el("dd", {}, ...value)] : [];

const versionOf = (id: string, actions: Actions): HTMLElement =>
  actions.filter
    ? button(
        "",
        () => actions.filter!("version", id),
        { class: "link mono", title: "Show only this version" },
        shortId(id),
      )
    : el("code", { title: id }, shortId(id));

export async function panel(
  place: HTMLElement,
  node: GraphNode,
  graph: Graph,
  info: Info | null,
  actions: Actions,
  signal: AbortSignal,
  api: Api = server,
): Promise<void> {
  if (node.kind === "op" || node.kind === "var") return summaryPanel(place, node, graph, info, actions);
  if (node.kind === "group") return groupPanel(place, node, actions);
  clear(place, heading(node.kind, words(node).title, actions), el("p", { class: "faint loading" }, "Loading…"));
  let details: Details;
  try {
    details = await api.node(node.id, signal);
  } catch (error) {
    if (signal.aborted) return;
    const said = error instanceof ApiError ? error.message : String(error);
    clear(place, heading(node.kind, words(node).title, actions), el("p", { class: "notice bad", role: "alert" }, said));
    return;
  }
  if (signal.aborted) return;
  detailsPanel(place, details, actions, api);
}

function heading(kind: string, title: string, actions: Actions): HTMLElement {
  return el(
    "header",
    { class: "panel-head" },
    el(
      "div",
      {},
      el("span", { class: `kind ${kind}` }, kind === "var" ? "variable" : kind),
      el("h2", {}, clip(oneLine(title), 120)),
    ),
    button("Close", () => actions.close(), { class: "plain", "aria-label": "Close the panel" }, "✕"),
  );
}

function summaryPanel(place: HTMLElement, node: GraphNode, graph: Graph, info: Info | null, actions: Actions): void {
  const near = (ends: "source" | "target"): Node[] => {
    const other = ends === "source" ? "target" : "source";
    return graph.edges
      .filter((e) => e[other] === node.id)
      .map((e) =>
        el(
          "li",
          {},
          el("a", { href: actions.nodeHref(e[ends]) }, graph.nodes.find((n) => n.id === e[ends])?.label ?? e[ends]),
          el("span", { class: "faint" }, ` ${e.label}${e.count ? ` · ${count(e.count)}` : ""}`),
        ),
      );
  };
  const versions = node.kind === "op" ? (info?.versions ?? []).filter((v) => v.op === node.label) : [];
  const from = near("source");
  const to = near("target");
  clear(
    place,
    heading(node.kind, node.label, actions),
    el(
      "p",
      { class: "big" },
      words(node).small,
      node.kind === "op" &&
        node.duration !== null &&
        node.duration !== undefined &&
        ` · ${seconds(node.duration)} each`,
    ),
    el(
      "div",
      { class: "actions" },
      button(
        "",
        () => actions.drill(node.id),
        { class: "main" },
        node.kind === "op" ? "List its calls" : "List its values",
      ),
      node.kind === "op" && actions.filter && button("Show only this op", () => actions.filter!("op", node.label)),
    ),
    versions.length > 0 &&
      el(
        "section",
        {},
        el("h3", {}, "Versions"),
        el(
          "ul",
          { class: "links" },
          ...versions.map((v) =>
            el(
              "li",
              {},
              versionOf(v.id, actions),
              el("span", { class: "faint" }, ` ${time(v.created)} · ${counted(v.calls, "call")}`),
            ),
          ),
        ),
      ),
    from.length > 0 &&
      el("section", {}, el("h3", {}, node.kind === "op" ? "Inputs" : "Made by"), el("ul", { class: "links" }, ...from)),
    to.length > 0 &&
      el("section", {}, el("h3", {}, node.kind === "op" ? "Outputs" : "Used by"), el("ul", { class: "links" }, ...to)),
  );
}

function groupPanel(place: HTMLElement, node: GraphNode, actions: Actions): void {
  clear(
    place,
    heading("group", node.label, actions),
    el("p", {}, "Too many to show one by one, so they are one box."),
    el(
      "div",
      { class: "actions" },
      button("Open 25 of them", () => actions.openGroup(node.id), { class: "main" }),
      node.op && button(`List all calls of ${clip(node.op, 30)}`, () => actions.drill(`op:${node.op}`)),
    ),
  );
}

function detailsPanel(place: HTMLElement, d: Details, actions: Actions, api: Api): void {
  const title = d.kind === "call" ? d.label : d.label || shortId(d.id);
  const fold = actions.fold;
  clear(
    place,
    heading(d.kind, title, actions),
    d.status === "failed" &&
      el("p", { class: "notice bad" }, "This call failed", d.error ? `: ${oneLine(d.error)}` : "."),
    d.status === "dropped" && el("p", { class: "notice" }, "The value was dropped; its provenance is kept."),
    el(
      "div",
      { class: "actions" },
      !actions.focused &&
        button("Focus", () => actions.focus(d.id), { class: "main", title: "Everything around this one" }),
      button("Upstream", () => actions.focus(d.id, "up"), { title: "What it came from" }),
      button("Downstream", () => actions.focus(d.id, "down"), { title: "What was made from it" }),
      actions.expand &&
        button("Expand", () => actions.expand!(d.id), { title: "Add its neighbours to the picture (E)" }),
      fold &&
        (fold.hides > 0 || fold.folded) &&
        button(
          "",
          () => fold.toggle(d.id),
          { title: "Hide what hangs on it (C)" },
          fold.folded ? "Unfold" : `Fold ${count(fold.hides)}`,
        ),
      actions.pick && button("Path to…", () => actions.pick!("path", d.id), { title: "The way to another node (P)" }),
      actions.pick &&
        button("Compare with…", () => actions.pick!("compare", d.id), { title: "What differs in the provenance (M)" }),
    ),
    d.kind === "ref" && d.preview && el("section", { class: "preview", "aria-label": "Value" }, preview(d.preview)),
    facts(d, actions),
    ports("Elements", d.elements ?? undefined, actions),
    ports("Inputs", d.inputs, actions, d.totals?.inputs),
    ports("Outputs", d.outputs, actions, d.totals?.outputs),
    d.creator &&
      el("section", {}, el("h3", {}, "Made by"), el("ul", { class: "links" }, neighbour(d.creator, actions))),
    d.consumers && consumers(d.consumers, actions),
    neo4jLink(d.neo4j_browser),
    d.has_code && codeSection(d.id, api),
    run(d, actions),
  );
}

/** Neo4j Browser, with the query for this node's lineage in its editor. */
function neo4jLink(address: string | null | undefined): HTMLElement | null {
  if (!address || !/^https?:\/\//.test(address)) return null;
  return el("p", {}, el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, "Open in Neo4j Browser"));
}

function facts(d: Details, actions: Actions): HTMLElement {
  const id = el("code", { class: "id", title: d.id }, d.id);
  return el(
    "dl",
    { class: "facts" },
    ...row("type", d.type),
    ...row("size", bytes(d.size)),
    ...row("op", d.kind === "call" && d.op ? el("a", { href: actions.nodeHref(`op:${d.op}`) }, oneLine(d.op)) : null),
    ...row("version", d.version && versionOf(d.version, actions)),
    ...row("started", time(d.started)),
    ...row("took", seconds(d.duration)),
    ...row("id", id),
  );
}

function short(p: Port["preview"]): string {
  if (p === null || p === undefined) return "";
  if (typeof p === "string") return oneLine(p);
  return oneLine(p.text ?? text(p.values) ?? p.kind);
}

function ports(title: string, list: Port[] | undefined, actions: Actions, total?: number): HTMLElement | null {
  if (!list?.length) return null;
  const items = list.map((p) =>
    el(
      "li",
      {},
      el("span", { class: "faint" }, `${clip(oneLine(p.name), 40)} `),
      el("a", { href: actions.href(p.id) }, clip(short(p.preview) || oneLine(p.label ?? "") || shortId(p.id), 70)),
    ),
  );
  const more = (total ?? list.length) - list.length;
  return el(
    "section",
    {},
    el("h3", {}, title),
    el("ul", { class: "links" }, ...items, more > 0 && el("li", { class: "faint" }, `and ${count(more)} more`)),
  );
}

const neighbour = (n: Neighbour, actions: Actions): HTMLElement =>
  el(
    "li",
    {},
    el("a", { href: actions.href(n.id) }, clip(oneLine(n.label), 60)),
    n.name && el("span", { class: "faint" }, ` as ${oneLine(n.name)}`),
    el("span", { class: "faint mono" }, ` ${shortId(n.id)}`),
  );

function consumers(c: { total: number; first: Neighbour[] }, actions: Actions): HTMLElement {
  const more = c.total - c.first.length;
  return el(
    "section",
    {},
    el("h3", {}, "Used by ", el("span", { class: "faint" }, count(c.total))),
    c.total === 0
      ? el("p", { class: "faint" }, "No call has read it.")
      : el(
          "ul",
          { class: "links" },
          ...c.first.map((n) => neighbour(n, actions)),
          more > 0 && el("li", { class: "faint" }, `and ${counted(more, "more call")}: see Downstream`),
        ),
  );
}

function run(d: Details, actions: Actions): HTMLElement | null {
  const r = d.run;
  if (!r) return null;
  const packages = Array.isArray(r.packages)
    ? r.packages
    : Object.entries(r.packages ?? {}).map(([name, version]) => `${name} ${version}`);
  return el(
    "section",
    {},
    el("h3", {}, "Run"),
    el(
      "dl",
      { class: "facts" },
      ...row("when", span(r.started, r.ended)),
      ...row("where", [r.user, r.host].filter(Boolean).join(" at ")),
      ...row("commit", r.commit && el("code", {}, r.commit.slice(0, 12)), r.commit && r.dirty && " with changes"),
      ...row(
        "command",
        (Array.isArray(r.argv) ? r.argv.join(" ") : r.argv)
          ? el("code", {}, Array.isArray(r.argv) ? r.argv.join(" ") : (r.argv ?? ""))
          : null,
      ),
      ...row("Python", r.python),
    ),
    packages.length > 0 &&
      el(
        "details",
        {},
        el("summary", {}, counted(packages.length, "package")),
        el("p", { class: "mono small" }, packages.join(", ")),
      ),
    actions.filter &&
      el(
        "div",
        { class: "actions" },
        button("Show only this run", () => actions.filter!("run", r.id)),
      ),
  );
}
