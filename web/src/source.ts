// The code of a call as it was, and what has changed since.

import type { Api } from "./api.ts";
import { button, clear, el } from "./dom.ts";
import { clip, oneLine } from "./format.ts";

export function codeSection(id: string, api: Api): HTMLElement {
  const body = el("div", {});
  const box = el("details", { class: "code-box" }, el("summary", {}, "Code at call time"), body);
  box.addEventListener(
    "toggle",
    () => {
      if (box.open) void loadCode(body, id, api);
    },
    { once: true },
  );
  return el("section", {}, box);
}

async function loadCode(place: HTMLElement, id: string, api: Api): Promise<void> {
  clear(place, el("p", { class: "faint loading" }, "Loading…"));
  try {
    const c = await api.code(id);
    const same = !c.diff || c.then === c.now;
    const then = el("pre", { class: "source", tabindex: 0 }, c.then ?? "The code was not kept.");
    const difference = el(
      "pre",
      { class: "source diff", tabindex: 0, hidden: true },
      ...(c.diff ?? "").split("\n").map((line) =>
        el(
          "span",
          {
            class: /^(@@|\+\+\+ |--- )/.test(line)
              ? "at"
              : line.startsWith("+")
                ? "plus"
                : line.startsWith("-")
                  ? "minus"
                  : null,
          },
          `${line}\n`,
        ),
      ),
    );
    const one = button("Then", () => show(false), { "aria-pressed": "true" });
    const two = button("Changes to now", () => show(true), { "aria-pressed": "false" });
    const show = (changes: boolean): void => {
      then.hidden = changes;
      difference.hidden = !changes;
      one.setAttribute("aria-pressed", String(!changes));
      two.setAttribute("aria-pressed", String(changes));
    };
    const parts = (c.components ?? [])
      .filter((x) => x.name && x.name !== c.op)
      .map((x) => `${x.name}${x.changed ? " (changed since)" : ""}`);
    clear(
      place,
      same
        ? el("p", { class: "faint" }, "Unchanged: the newest version in the store is this one.")
        : el("div", { class: "actions tabs" }, one, two),
      then,
      difference,
      parts.length > 0 &&
        el("p", { class: "faint small" }, `depends on ${parts.map((p) => clip(oneLine(p), 50)).join(", ")}`),
    );
  } catch (error) {
    clear(place, el("p", { class: "notice bad", role: "alert" }, (error as Error).message));
  }
}
