// The widget's tables: the calls of an op or the values of a variable; and its search, in the frame and in the store.

import type { Api } from "./api.ts";
import { HID } from "./app.ts";
import { counted, oneLine } from "./format.ts";
import { Grid, type GridOptions } from "./grid.ts";
import type { Route } from "./router.ts";
import type { Cell, Graph, Hit } from "./types.ts";

export interface TableCallbacks {
  sort(column: string, desc: boolean): void;
  select(id: string | null): void;
  focus(id: string): void;
  link: NonNullable<GridOptions["link"]>;
}

/** The table of a route's node, and what it says above it. */
export async function tableOf(
  route: Route,
  api: Api,
  signal: AbortSignal,
  callbacks: TableCallbacks,
): Promise<{ grid: Grid; words: string }> {
  const rows = (offset: number, limit: number) => api.table(route.a, offset, limit, route.sort, route.desc, {}, signal);
  const first = await rows(0, 200);
  const at = first.columns.findIndex((c) => c.kind === "id");
  const id = (row: Cell[]): string | null => (typeof row[at] === "string" ? (row[at] as string) : null);
  const what = route.a.startsWith("op:") ? "call" : "value";
  const grid = new Grid(
    {
      columns: first.columns,
      total: first.total,
      sample: first.rows,
      rows: async (offset, limit) => (offset === 0 && limit <= 200 ? first.rows : (await rows(offset, limit)).rows),
    },
    {
      label: what === "call" ? `Calls of ${oneLine(route.a.slice(3))}` : `Values of ${oneLine(route.a.slice(4))}`,
      sort: route.sort,
      desc: route.desc,
      onsort: callbacks.sort,
      onselect: (row) => callbacks.select(id(row)),
      onopen: (row) => {
        const hid = id(row);
        if (hid) callbacks.focus(hid);
      },
      link: callbacks.link,
    },
  );
  return { grid, words: counted(first.total, what) };
}

/** What a text finds: ops and variables of the frame, then what the store knows by that id, text or value. */
export async function found(text: string, frame: Graph, api: Api, signal: AbortSignal): Promise<{ results: Hit[] }> {
  const low = text.toLowerCase();
  const names: Hit[] = frame.nodes
    .filter((n) => (n.kind === "op" || n.kind === "var") && n.label.toLowerCase().includes(low))
    .map((n) => ({
      kind: n.kind as "op" | "var",
      id: n.id,
      label: n.label,
      detail: counted(n.count ?? 0, n.kind === "op" ? "call" : "value"),
    }));
  const { results } = await api.search(text, signal);
  return { results: [...names.slice(0, 20), ...results.filter((hit) => HID.test(hit.id))] };
}
