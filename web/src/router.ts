// What is shown is what the URL says: reading it, and writing it. Every view has one; the browser's back button works.

export type View = "summary" | "node" | "focus" | "path" | "compare" | "runs" | "query";
export type Direction = "up" | "down" | "both";
export const FILTERS = ["op", "version", "run", "since", "until", "min", "max"] as const;

/** Filters as they stand in the URL and go to the server; names may be repeated. */
export type Filters = Partial<Record<(typeof FILTERS)[number], string[]>>;

export interface Route {
  view: View;
  a: string; // the node, or the first of two
  b: string;
  direction: Direction;
  depth: number | "all";
  filters: Filters;
  colour: "op" | "version" | "duration" | "value" | null;
  table: boolean; // the same selection as a table
  selected: string | null; // null: what the view selects by itself; empty: nothing
  expand: string[];
  fold: string[];
  open: string[]; // groups; once for each further page of members
  sort: string | null;
  desc: boolean;
  cypher: string;
  ask: string | null;
  parameters: Record<string, string>;
  pick: { what: "path" | "compare"; from: string } | null;
  live: boolean;
}

export const EMPTY: Route = {
  view: "summary",
  a: "",
  b: "",
  direction: "both",
  depth: 2,
  filters: {},
  colour: null,
  table: false,
  selected: null,
  expand: [],
  fold: [],
  open: [],
  sort: null,
  desc: false,
  cypher: "",
  ask: null,
  parameters: {},
  pick: null,
  live: false,
};

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

export function parse(path: string, search: string): Route {
  const parts = path.split("/").filter(Boolean).map(decode);
  const q = new URLSearchParams(search);
  const [view = "summary", a = "", b = ""] = parts;
  const known: View[] = ["node", "focus", "path", "compare", "runs", "query"];
  const route: Route = { ...EMPTY, view: known.includes(view as View) ? (view as View) : "summary", a, b };
  if (route.view === "summary") route.a = "";
  const direction = q.get("direction");
  if (direction === "up" || direction === "down") route.direction = direction;
  const depth = q.get("depth");
  if (depth === "all") route.depth = "all";
  else if (depth && /^\d+$/.test(depth)) route.depth = Math.max(1, Number(depth));
  for (const name of FILTERS) {
    const values = q.getAll(name).filter(Boolean);
    if (values.length) route.filters = { ...route.filters, [name]: values };
  }
  const colour = q.get("colour");
  if (colour === "op" || colour === "version" || colour === "duration" || colour === "value") route.colour = colour;
  route.table = q.get("as") === "table";
  route.selected = q.get("sel");
  route.expand = q.getAll("expand");
  route.fold = q.getAll("fold");
  route.open = q.getAll("open");
  route.sort = q.get("sort");
  route.desc = q.get("desc") === "1";
  route.cypher = q.get("cypher") ?? "";
  route.ask = q.get("ask");
  for (const [name, value] of q)
    if (name.startsWith("p.")) route.parameters = { ...route.parameters, [name.slice(2)]: value };
  const [what, from] = (q.get("pick") ?? "").split(":");
  if ((what === "path" || what === "compare") && from) route.pick = { what, from };
  route.live = q.get("live") === "1";
  return route;
}

export function href(route: Route): string {
  const ids = route.view === "summary" ? [] : [route.view, route.a, route.b].filter(Boolean);
  const q = new URLSearchParams();
  if (route.view === "focus") {
    if (route.direction !== "both") q.set("direction", route.direction);
    if (route.depth !== 2) q.set("depth", String(route.depth));
  }
  for (const name of FILTERS) for (const value of route.filters[name] ?? []) q.append(name, value);
  if (route.colour) q.set("colour", route.colour);
  if (route.table) q.set("as", "table");
  if (route.selected !== null) q.set("sel", route.selected);
  for (const id of route.expand) q.append("expand", id);
  for (const id of route.fold) q.append("fold", id);
  for (const id of route.open) q.append("open", id);
  if (route.sort) q.set("sort", route.sort);
  if (route.desc) q.set("desc", "1");
  if (route.cypher) q.set("cypher", route.cypher);
  if (route.ask) q.set("ask", route.ask);
  for (const [name, value] of Object.entries(route.parameters)) q.set(`p.${name}`, value);
  if (route.pick) q.set("pick", `${route.pick.what}:${route.pick.from}`);
  if (route.live) q.set("live", "1");
  const search = q.toString();
  return `/${ids.map(encodeURIComponent).join("/")}${search ? `?${search}` : ""}`;
}

/** Another view that keeps what belongs to the person's way of looking: filters, colour, live. */
export const another = (route: Route, change: Partial<Route>): Route => ({
  ...EMPTY,
  filters: route.filters,
  colour: route.colour,
  live: route.live,
  pick: route.pick,
  ...change,
});
