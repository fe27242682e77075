// Choosing the second of two nodes, for a path or a comparison: a line above the view, and what is typed there.

import { api } from "./api.ts";
import { HID, type App } from "./app.ts";
import { button, clear, el, say } from "./dom.ts";

export function banner(app: App, name: (id: string) => string): void {
  const { pick } = app.route;
  const place = app.ui.banner;
  place.hidden = !pick;
  if (!pick) return;
  const input = el("input", {
    "aria-label": "Id of the other node",
    placeholder: "id (40 digits)",
    spellcheck: "false",
  });
  const words = pick.what === "path" ? "Path from " : "Compare ";
  clear(
    place,
    el(
      "form",
      {
        onsubmit: (event: SubmitEvent) => {
          event.preventDefault();
          void typed(app, input);
        },
      },
      el(
        "span",
        {},
        words,
        el("strong", {}, name(pick.from)),
        pick.what === "path" ? " to: choose another node, or its id" : " with: choose another node, or its id",
      ),
      input,
      el("button", { type: "submit" }, "Go"),
      button("Cancel", () => app.go({ pick: null }, true)),
    ),
  );
}

async function typed(app: App, input: HTMLInputElement): Promise<void> {
  const text = input.value.trim();
  if (HID.test(text)) return app.picked(text);
  try {
    const { results } = await api.search(text);
    const hit = results.find((r) => r.kind === "ref" || r.kind === "call");
    if (hit) app.picked(hit.id);
    else say("nothing found");
  } catch (error) {
    say((error as Error).message);
  }
}
