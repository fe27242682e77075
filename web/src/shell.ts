// The frame of the page: header, tools, list, stage and panel. Elements only; what they do is in `main.ts`.

import { el } from "./dom.ts";

export function shell() {
  const search = el("div", { class: "search-place" });
  const where = el("a", { class: "where", href: "/", title: "The store: back to the summary" });
  const nav = el("nav", { "aria-label": "Views" });
  const live = el(
    "button",
    { type: "button", class: "live", "aria-pressed": "false", title: "Follow the running experiment" },
    el("span", { class: "dot", "aria-hidden": "true" }),
    "Live",
  );
  const theme = el(
    "button",
    { type: "button", class: "plain", "aria-label": "Switch between light and dark", title: "Light or dark (D)" },
    "◐",
  );
  const help = el("button", { type: "button", class: "plain", "aria-label": "Keys", title: "Keys (?)" }, "?");
  const header = el("header", { class: "top" }, where, nav, search, live, theme, help);
  const crumbs = el("div", { class: "crumbs" });
  const tools = el("div", { class: "tools", role: "toolbar", "aria-label": "View" });
  const chips = el("div", { class: "chips" });
  const banner = el("div", { class: "banner", hidden: true, role: "status" });
  const message = el("p", { class: "message", hidden: true });
  const listBody = el("div", { class: "list-body", "data-list": "" });
  const list = el("aside", { class: "list", "aria-label": "Nodes shown" }, listBody);
  const canvas = el("div", { class: "canvas" });
  const legend = el("div", { class: "legend", "aria-label": "Legend", role: "group" });
  const zoom = el("div", { class: "zoom", role: "group", "aria-label": "Zoom" });
  const graph = el("div", { class: "graph" }, canvas, legend, zoom);
  const sheet = el("div", { class: "sheet", hidden: true });
  const notice = el("div", { class: "cover", hidden: true });
  const stage = el("main", { class: "stage", id: "stage" }, graph, sheet, notice);
  const panel = el("aside", { class: "panel", "aria-label": "Details", hidden: true });
  const filters = el("aside", { class: "filter-panel", "aria-label": "Filters", hidden: true });
  const bar = el("div", { class: "bar" }, crumbs, tools);
  const app = document.getElementById("app")!;
  app.append(
    el("a", { class: "skip", href: "#stage" }, "Skip to the view"),
    header,
    bar,
    chips,
    banner,
    message,
    el("div", { class: "middle" }, list, filters, stage, panel),
  );
  return {
    app,
    search,
    where,
    nav,
    live,
    theme,
    help,
    crumbs,
    tools,
    chips,
    banner,
    message,
    list,
    listBody,
    canvas,
    legend,
    zoom,
    graph,
    sheet,
    notice,
    stage,
    panel,
    filters,
  };
}

export type Shell = ReturnType<typeof shell>;
