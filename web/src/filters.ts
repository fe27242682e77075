// Narrowing down by op, version, run, time and value: a form, and chips for what is on.

import { button, clear, el } from "./dom.ts";
import { clip, count, oneLine, shortId, time } from "./format.ts";
import { FILTERS, type Filters } from "./router.ts";
import type { Info } from "./types.ts";

const WORDS: Record<(typeof FILTERS)[number], string> = {
  op: "op",
  version: "version",
  run: "run",
  since: "since",
  until: "until",
  min: "value ≥",
  max: "value ≤",
};

export const opNames = (info: Info): string[] => info.ops.map((o) => (typeof o === "string" ? o : o.name));

/** Fills the form with what the store has; `apply` gets the new filters. */
export function filterForm(place: HTMLElement, info: Info, now: Filters, apply: (filters: Filters) => void): void {
  const versions = info.versions.map((v) => ({
    value: v.id,
    label: `${v.op} ${shortId(v.id)}`,
    detail: count(v.calls),
  }));
  const runs = info.runs.map((r) => ({ value: r.id, label: time(r.started) || shortId(r.id), detail: count(r.calls) }));
  const form = el(
    "form",
    {
      class: "filters",
      "aria-label": "Filters",
      onsubmit: (event: SubmitEvent) => {
        event.preventDefault();
        apply(read(form));
      },
    },
    choices(
      "Op",
      "op",
      opNames(info).map((name) => ({ value: name, label: oneLine(name), detail: "" })),
      now.op ?? [],
    ),
    choices("Version", "version", versions, now.version ?? []),
    choices("Run", "run", runs, now.run ?? []),
    el(
      "fieldset",
      {},
      el("legend", {}, "Time of the call"),
      field("since", "from", "datetime-local", local(now.since?.[0])),
      field("until", "to", "datetime-local", local(now.until?.[0])),
    ),
    el(
      "fieldset",
      {},
      el("legend", {}, "Value of an output"),
      field("min", "at least", "number", now.min?.[0]),
      field("max", "at most", "number", now.max?.[0]),
    ),
    el(
      "footer",
      {},
      el("button", { type: "submit", class: "main" }, "Apply"),
      button("Clear", () => apply({})),
    ),
  );
  clear(place, form);
}

interface Choice {
  value: string;
  label: string;
  detail: string;
}

function choices(legend: string, name: string, all: Choice[], on: string[]): HTMLElement {
  const box = el("fieldset", {}, el("legend", {}, legend));
  if (!all.length) return el("fieldset", {}, el("legend", {}, legend), el("p", { class: "faint" }, "none"));
  const list = el("div", { class: "choices" });
  for (const c of all.slice(0, 300)) {
    list.append(
      el(
        "label",
        {},
        el("input", { type: "checkbox", name, value: c.value, checked: on.includes(c.value) }),
        el("span", {}, clip(c.label, 44)),
        c.detail && el("span", { class: "faint" }, c.detail),
      ),
    );
  }
  if (all.length > 300) list.append(el("p", { class: "faint" }, `${count(all.length - 300)} more`));
  box.append(list);
  return box;
}

const field = (name: string, label: string, type: string, value: string | undefined): HTMLElement =>
  el(
    "label",
    { class: "field" },
    el("span", {}, label),
    el("input", { name, type, value: value ?? "", step: type === "number" ? "any" : "1" }),
  );

/** A moment as the input for local times wants it. */
function local(iso: string | undefined): string | undefined {
  const words = iso ? time(iso) : "";
  return /^\d{4}-/.test(words) ? words.replace(" ", "T") : undefined;
}

function read(form: HTMLFormElement): Filters {
  const data = new FormData(form);
  const filters: Filters = {};
  for (const name of FILTERS) {
    let values = data.getAll(name).map(String).filter(Boolean);
    if (name === "since" || name === "until")
      values = values
        .map((v) => new Date(v))
        .filter((d) => !Number.isNaN(d.getTime()))
        .map((d) => d.toISOString());
    if (values.length) filters[name] = values;
  }
  return filters;
}

export const active = (filters: Filters): number => FILTERS.reduce((n, name) => n + (filters[name]?.length ?? 0), 0);

/** What is on, each with a button that takes it off. */
export function chips(
  place: HTMLElement,
  info: Info | null,
  filters: Filters,
  apply: (filters: Filters) => void,
): void {
  const out: Node[] = [];
  for (const name of FILTERS) {
    for (const value of filters[name] ?? []) {
      const words =
        name === "since" || name === "until"
          ? time(value)
          : name === "run"
            ? time(info?.runs.find((r) => r.id === value)?.started) || shortId(value)
            : shortId(value);
      const without = { ...filters, [name]: filters[name]!.filter((v) => v !== value) };
      if (!without[name]?.length) delete without[name];
      out.push(
        button(
          "",
          () => apply(without),
          { class: "chip", "aria-label": `Remove the filter ${WORDS[name]} ${words}` },
          `${WORDS[name]} ${clip(oneLine(words), 30)}`,
          el("span", { "aria-hidden": "true" }, " ✕"),
        ),
      );
    }
  }
  clear(place, ...out);
}
