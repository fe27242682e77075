// The search box: an id's beginning, an op or variable, a value, Cypher, or a saved question.

import { clear, el, say } from "./dom.ts";
import { clip, counted, oneLine } from "./format.ts";
import type { Hit, Question } from "./types.ts";

export interface SearchCallbacks {
  ask(text: string, signal: AbortSignal): Promise<{ results: Hit[] }>;
  go(hit: Hit): void;
  /** What is offered before anything is typed, and that Cypher is taken; null: neither. */
  questions: (() => Promise<Question[]>) | null;
}

const LOOKS_LIKE_CYPHER = /^\s*(match|call|unwind|optional\s+match|with|return|explain|profile)\b/i;

export function search(callbacks: SearchCallbacks): { element: HTMLElement; focus(): void } {
  const { questions } = callbacks;
  const takes = questions ? "id, op, value or Cypher" : "id, name or value";
  const input = el("input", {
    type: "search",
    class: "search-input",
    role: "combobox",
    "aria-label": `Search: ${takes}`,
    "aria-expanded": "false",
    "aria-controls": "hits",
    "aria-autocomplete": "list",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: questions ? "Search: id, op, value, Cypher…" : "Search: id, name, value…",
  });
  const hits = el("div", { class: "hits", id: "hits", role: "listbox", "aria-label": "Results", hidden: true });
  const element = el(
    "div",
    { class: "search", role: "search" },
    input,
    questions && el("kbd", { "aria-hidden": "true" }, "/"),
    hits,
  );
  let found: Hit[] = [];
  let active = -1;
  let asked = "";
  let asking: AbortController | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const close = (): void => {
    hits.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    active = -1;
  };
  const choose = (hit: Hit): void => {
    close();
    input.blur();
    input.value = "";
    callbacks.go(hit);
  };
  const point = (index: number): void => {
    active = index;
    hits.querySelectorAll("[role=option]").forEach((o, i) => o.setAttribute("aria-selected", String(i === index)));
    const at = hits.querySelectorAll("[role=option]")[index];
    if (at) {
      input.setAttribute("aria-activedescendant", at.id);
      at.scrollIntoView({ block: "nearest" });
    }
  };
  const show = (list: Hit[], title: string, empty: string): void => {
    found = list;
    const options = list.map((hit, i) =>
      el(
        "div",
        {
          role: "option",
          id: `hit-${i}`,
          class: "hit",
          "aria-selected": "false",
          onmousedown: (event: MouseEvent) => event.preventDefault(),
          onclick: () => choose(hit),
          onmousemove: () => active !== i && point(i),
        },
        el("span", { class: `kind ${hit.kind}` }, hit.kind),
        el("span", { class: "hit-label" }, clip(oneLine(hit.label), 90)),
        el("span", { class: "faint" }, clip(oneLine(hit.detail ?? ""), 70)),
      ),
    );
    clear(
      hits,
      title && el("p", { class: "hits-title faint" }, title),
      ...options,
      !list.length && el("p", { class: "faint hits-title" }, empty),
    );
    hits.hidden = false;
    input.setAttribute("aria-expanded", "true");
    if (list.length) point(0);
    else active = -1;
  };
  const offer = async (): Promise<void> => {
    if (!questions) return close();
    const all = await questions().catch(() => []);
    if (input.value.trim() || document.activeElement !== input) return;
    show(
      all.map((q) => ({ kind: "question", id: q.name, label: q.title, detail: q.answers ?? "" })),
      "Saved questions",
      "Type an id, a name, a value, or Cypher.",
    );
  };
  const ask = async (text: string): Promise<void> => {
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    try {
      const { results } = await callbacks.ask(text, signal);
      if (signal.aborted || input.value.trim() !== text) return;
      asked = text;
      show(results, "", "Nothing found. Ids need at least four digits.");
      say(counted(results.length, "result"));
    } catch (error) {
      if (!signal.aborted) show([], "", (error as Error).message);
    }
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    const text = input.value.trim();
    if (!text) void offer();
    else if (questions && LOOKS_LIKE_CYPHER.test(text))
      show([{ kind: "cypher", id: text, label: "Run this query", detail: text }], "", "");
    else timer = setTimeout(() => void ask(text), 120);
  });
  input.addEventListener("focus", () => (input.value.trim() ? input.dispatchEvent(new Event("input")) : void offer()));
  input.addEventListener("blur", () => setTimeout(close, 100));
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      if (hits.hidden) input.blur();
      close();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && found.length) {
      point((active + (event.key === "ArrowDown" ? 1 : -1) + found.length) % found.length);
    } else if (event.key === "Enter") {
      const text = input.value.trim();
      const current = hits.hidden ? undefined : found[active];
      if (current && (asked === text || current.kind === "cypher" || !text)) choose(current);
      else if (text) void ask(text).then(() => found[0] && input.value.trim() === text && choose(found[0]));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return {
    element,
    focus: () => {
      input.focus();
      input.select();
    },
  };
}
