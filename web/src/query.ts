// Cypher and the saved questions: a text, parameters, and the answer as a table.

import { api, ApiError } from "./api.ts";
import { button, clear, el, say } from "./dom.ts";
import { clip, counted, oneLine, seconds } from "./format.ts";
import { csv, Grid, idOf, local } from "./grid.ts";
import type { Route } from "./router.ts";
import type { Answer, Cell, Column, Question } from "./types.ts";

export interface QueryCallbacks {
  /** Another query, question or parameters: the URL follows. */
  go(change: Partial<Route>): void;
  href(id: string): string;
  open(id: string): void;
  select(id: string): void;
  save(name: string, text: string): void;
  picture(answer: Answer): void;
  /** What a parameter of this type may be, as far as the page knows. */
  suggest(type: string): { value: string; label: string }[];
}

/** The text of a parameter as the value that its type asks for. */
export function parameter(text: string, type: string | null | undefined): unknown {
  const words = text.trim();
  if (/^(int|integer|float|number)/i.test(type ?? "") && words !== "" && Number.isFinite(Number(words)))
    return Number(words);
  if (/^bool/i.test(type ?? "")) return /^(true|yes|1)$/i.test(words);
  if (/^(list|array)/i.test(type ?? "")) {
    try {
      return JSON.parse(words);
    } catch {
      return words.split(",").map((w) => w.trim());
    }
  }
  return text;
}

const EXAMPLE =
  "MATCH (c:Call)-[:OUTPUT]->(r:Ref)\nRETURN c.op AS op, r.value AS value, c.duration AS seconds\nORDER BY seconds DESC LIMIT 25";

export async function queryView(
  place: HTMLElement,
  route: Route,
  questions: Promise<Question[]>,
  callbacks: QueryCallbacks,
  signal: AbortSignal,
): Promise<void> {
  const area = el("textarea", {
    class: "code",
    "aria-label": "Cypher",
    spellcheck: "false",
    rows: 6,
    value: route.cypher || (route.ask ? "" : EXAMPLE),
  });
  const out = el("div", { class: "answer", role: "region", "aria-label": "Answer" });
  const run = (): void => callbacks.go({ cypher: area.value, ask: null, parameters: {}, sort: null, desc: false });
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      run();
    }
  });
  const list = el(
    "nav",
    { class: "questions", "aria-label": "Saved questions" },
    el("h2", {}, "Saved questions"),
    el("p", { class: "faint loading" }, "Loading…"),
  );
  const form = el("div", { class: "query-form" });
  clear(place, el("div", { class: "query" }, list, el("div", { class: "query-main" }, form, out)));
  const editor = (): void => {
    clear(
      form,
      area,
      el(
        "div",
        { class: "actions" },
        button("Run", run, { class: "main", title: "Ctrl+Enter" }),
        el("span", { class: "faint" }, "Reads only. Ctrl+Enter runs it."),
      ),
    );
  };
  editor();
  let all: Question[] = [];
  try {
    all = await questions;
  } catch (error) {
    clear(list, el("h2", {}, "Saved questions"), el("p", { class: "notice bad" }, (error as Error).message));
  }
  if (signal.aborted) return;
  if (all.length) {
    clear(
      list,
      el("h2", {}, "Saved questions"),
      el(
        "ul",
        {},
        ...all.map((q) =>
          el(
            "li",
            {},
            button(
              "",
              () => callbacks.go({ ask: q.name, cypher: "", parameters: {}, sort: null, desc: false }),
              { class: "question", "aria-current": q.name === route.ask ? "true" : null },
              el("strong", {}, q.title),
              q.answers && el("span", { class: "faint" }, clip(oneLine(q.answers), 110)),
            ),
          ),
        ),
      ),
    );
  }
  const question = route.ask === null ? null : all.find((q) => q.name === route.ask);
  if (route.ask !== null && !question)
    return clear(out, el("p", { class: "notice bad", role: "alert" }, `There is no saved question ${route.ask}.`));
  if (question) {
    clear(
      form,
      questionForm(question, route, callbacks, () => {
        area.value = question.cypher;
        editor();
        area.focus();
      }),
    );
    const missing = question.parameters.filter(
      (p) => (p.required ?? (p.default ?? null) === null) && route.parameters[p.name] === undefined,
    );
    if (missing.length)
      return clear(out, el("p", { class: "faint" }, `Give ${missing.map((p) => p.name).join(", ")}, then run it.`));
  } else if (!route.cypher) {
    return clear(out, el("p", { class: "faint" }, "Run a query, or choose a question."));
  }
  const asking = cancellable(out, signal);
  try {
    const given = question
      ? Object.fromEntries(
          question.parameters
            .filter((p) => route.parameters[p.name] !== undefined)
            .map((p) => [p.name, parameter(route.parameters[p.name]!, p.type)]),
        )
      : {};
    const answer = await (question
      ? api.ask(question.name, given, asking.signal)
      : api.query(route.cypher, {}, asking.signal));
    if (!signal.aborted) show(out, answer, route, callbacks);
  } catch (error) {
    if (asking.signal.aborted) {
      if (!signal.aborted) {
        clear(out, el("p", { class: "faint" }, "Cancelled: the query was ended before it had answered."));
        say("cancelled");
      }
    } else failed(out, error as Error, area);
  }
}

/** Says that an answer is waited for, with a way to give up; leaving the view gives up too. The server then ends it. */
function cancellable(out: HTMLElement, leaving: AbortSignal): AbortController {
  const asking = new AbortController();
  leaving.addEventListener("abort", () => asking.abort());
  const begin = performance.now();
  const clock = el("span", { class: "faint" }, "Asking…");
  const stop = button("Cancel", () => asking.abort(), { title: "End the query (Escape)" });
  const ticking = setInterval(() => {
    if (!clock.isConnected) clearInterval(ticking);
    clock.textContent = `Asking… ${Math.floor((performance.now() - begin) / 1000)} s`;
  }, 1000);
  stop.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    asking.abort();
  });
  clear(out, el("div", { class: "actions loading" }, clock, stop));
  if (document.activeElement === document.body) stop.focus({ preventScroll: true });
  return asking;
}

function questionForm(q: Question, route: Route, callbacks: QueryCallbacks, edit: () => void): HTMLElement {
  const inputs = q.parameters.map((p) => {
    const known = callbacks.suggest(p.type ?? "");
    const input = el("input", {
      name: p.name,
      value: route.parameters[p.name] ?? (p.default === null || p.default === undefined ? "" : String(p.default)),
      placeholder: p.meaning ?? p.type ?? "",
      required: p.required ?? false,
      spellcheck: "false",
      list: known.length ? `known-${p.name}` : null,
    });
    const list = known.length
      ? el("datalist", { id: `known-${p.name}` }, ...known.map((k) => el("option", { value: k.value }, k.label)))
      : null;
    return {
      p,
      input,
      label: el("label", { class: "field", title: p.meaning ?? null }, el("span", {}, p.name), input, list),
    };
  });
  return el(
    "form",
    {
      class: "question-form",
      onsubmit: (event: SubmitEvent) => {
        event.preventDefault();
        callbacks.go({
          ask: q.name,
          cypher: "",
          parameters: Object.fromEntries(
            inputs.filter((i) => i.input.value !== "").map((i) => [i.p.name, i.input.value]),
          ),
        });
      },
    },
    el("h1", {}, q.title),
    q.answers && el("p", { class: "faint" }, q.answers),
    ...inputs.map((i) => i.label),
    el("details", {}, el("summary", {}, "Cypher"), el("pre", { class: "source" }, q.cypher)),
    el(
      "div",
      { class: "actions" },
      el("button", { type: "submit", class: "main" }, "Run"),
      button("Edit as Cypher", edit),
    ),
  );
}

function failed(out: HTMLElement, error: Error, area: HTMLTextAreaElement): void {
  const at = error instanceof ApiError && error.line ? ` (line ${error.line}, column ${error.column ?? 1})` : "";
  clear(
    out,
    el(
      "div",
      { class: "notice bad", role: "alert" },
      el("pre", {}, `${error.message}${at}`),
      error instanceof ApiError && error.suggestion ? el("p", {}, `Did you mean ${error.suggestion}?`) : null,
    ),
  );
  if (error instanceof ApiError && error.line && area.isConnected) {
    const lines = area.value.split("\n");
    const start = lines.slice(0, error.line - 1).reduce((n, l) => n + l.length + 1, 0) + (error.column ?? 1) - 1;
    area.setSelectionRange(start, Math.min(start + 1, area.value.length));
  }
}

function show(out: HTMLElement, answer: Answer, route: Route, callbacks: QueryCallbacks): void {
  const columns: Column[] = answer.columns.map((name, i) => ({
    name,
    kind: answer.rows.some((r) => idOf(r[i] ?? null))
      ? "id"
      : answer.rows.some((r) => typeof r[i] === "number")
        ? "number"
        : "text",
  }));
  const words = `${counted(answer.rows.length, "row")}${answer.truncated ? " (there are more)" : ""}${answer.seconds === undefined ? "" : ` in ${seconds(answer.seconds)}`}`;
  say(words);
  const row = (cells: Cell[]): string | null => cells.map(idOf).find((id) => id !== null) ?? null;
  const grid = new Grid(local(columns, answer.rows, route.sort, route.desc), {
    label: "Answer",
    sort: route.sort,
    desc: route.desc,
    onsort: (sort, desc) =>
      callbacks.go({ cypher: route.cypher, ask: route.ask, parameters: route.parameters, sort, desc }),
    onselect: (cells) => {
      const id = row(cells);
      if (id) callbacks.select(id);
    },
    onopen: (cells) => {
      const id = row(cells);
      if (id) callbacks.open(id);
    },
    link: (cell) => {
      const id = idOf(cell);
      return id ? callbacks.href(id) : null;
    },
  });
  const picture = answer.graph?.nodes.length
    ? button(`Draw ${counted(answer.graph.nodes.length, "node")}`, () => callbacks.picture(answer))
    : null;
  clear(
    out,
    el(
      "div",
      { class: "actions" },
      el("span", { class: "faint" }, words),
      picture,
      button("CSV", () => callbacks.save("answer.csv", csv(columns, answer.rows))),
    ),
    answer.rows.length ? grid.element : el("p", { class: "empty" }, "The answer has no rows."),
  );
}
