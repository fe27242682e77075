// A value as the side panel shows it: numbers, texts, tables, arrays, pictures. Data becomes text, never markup.

import { el } from "./dom.ts";
import { clip, count, number, text } from "./format.ts";
import type { Preview } from "./types.ts";

export function preview(p: Preview): Node {
  switch (p.kind) {
    case "number":
      return el("p", { class: "value number" }, p.text ?? text(p.value));
    case "table":
      return frame(p);
    case "array": {
      const words = `${p.dtype ?? "array"} ${p.shape ? `(${p.shape.join(" × ")})` : ""}`;
      const values = Array.isArray(p.values) ? matrix(p.values) : p.text ? el("pre", {}, p.text) : null;
      const known = Object.entries(p.statistics ?? {}).map(([name, value]) => `${name} ${text(value)}`);
      return el("div", {}, el("p", { class: "faint" }, words, known.length > 0 && ` · ${known.join(", ")}`), values);
    }
    case "image": {
      const source = p.source ?? "";
      if (/^data:image\/(png|jpeg|gif|webp);base64,/.test(source))
        return el("img", { src: source, alt: "the value as a picture" });
      return el("p", { class: "faint" }, "a picture");
    }
    case "opaque":
      return el("div", {}, p.text && el("pre", {}, p.text), el("p", { class: "faint" }, "Shown without loading it."));
    default:
      return el("pre", {}, p.text ?? JSON.stringify(p.values, null, 2) ?? "");
  }
}

function frame(p: Preview): HTMLElement {
  const head = el("tr", {}, ...(p.columns ?? []).map((c) => el("th", { scope: "col" }, clip(text(c), 40))));
  const rows = (p.rows ?? [])
    .slice(0, 50)
    .map((r) =>
      el("tr", {}, ...r.map((v) => el("td", { class: typeof v === "number" ? "right" : null }, clip(text(v), 60)))),
    );
  const size = p.shape ? el("p", { class: "faint" }, p.shape.map(count).join(" × ")) : null;
  return el(
    "div",
    {},
    size,
    el(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table" },
      el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows)),
    ),
  );
}

function matrix(values: unknown[]): HTMLElement {
  const rows = values.slice(0, 20).map((v) => (Array.isArray(v) ? v.slice(0, 12) : [v]));
  const flat = values.every((v) => !Array.isArray(v));
  const shown = flat ? [values.slice(0, 60)] : rows;
  const cell = (v: unknown): string => (typeof v === "number" ? number(v) : text(v));
  if (flat) return el("p", { class: "mono small" }, shown[0]!.map(cell).join("  "), values.length > 60 && " …");
  return el(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Array" },
    el(
      "table",
      {},
      el("tbody", {}, ...shown.map((r) => el("tr", {}, ...r.map((v) => el("td", { class: "right" }, cell(v)))))),
    ),
  );
}
