// What the export menu does with the view that is shown.

import { api } from "./api.ts";
import type { App } from "./app.ts";
import { el } from "./dom.ts";
import { code, dialog, download } from "./export.ts";
import { csv } from "./grid.ts";
import { nodeTable } from "./sheets.ts";

export type Format = "png" | "svg" | "csv" | "cypher" | "python";

export async function exportView(app: App, what: Format): Promise<void> {
  const { route, drawing } = app;
  const name = `mandala-graph-${route.view}`;
  const source = route.view === "node" ? app.table : app.loaded?.graph;
  if (what === "svg" && drawing) download(`${name}.svg`, drawing.svg(), "image/svg+xml");
  else if (what === "png" && drawing) {
    try {
      download(`${name}.png`, await drawing.png());
    } catch (error) {
      dialog("PNG", el("p", { role: "alert" }, (error as Error).message));
    }
  } else if (what === "csv") {
    if (route.view === "node") {
      const link = el("a", {
        href: api.tableCsv(route.a, route.sort, route.desc, route.filters),
        download: `${name}.csv`,
      });
      document.body.append(link);
      link.click();
      link.remove();
    } else download(`${name}.csv`, csv(...nodeTable(app.shown())), "text/csv;charset=utf-8");
  } else if (what === "cypher")
    code(
      "Cypher",
      "The same selection in Neo4j Browser, or with storage.query(...).",
      source?.cypher || "// this view has no query of its own",
      "view.cypher",
    );
  else if (what === "python")
    code(
      "Python",
      "The same selection in a program or notebook.",
      source?.python || "# this view has no frame of its own",
      "view.py",
    );
}
