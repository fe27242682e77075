// Runs along time: a bar each, as long as the run was, and a table with the same.

import { button, clear, el, svg } from "./dom.ts";
import { clip, count, counted, oneLine, seconds, shortId, time } from "./format.ts";
import type { Run } from "./types.ts";

export interface TimelineCallbacks {
  only(run: string): void;
}

const LANE = 22;

interface Bar {
  run: Run;
  from: number;
  to: number;
  lane: number;
}

/** Runs into lanes, so that none covers another. */
function lanes(runs: Run[]): Bar[] {
  const bars = runs
    .filter((r) => r.started)
    .map((run) => ({
      run,
      from: Date.parse(run.started!),
      to: Math.max(Date.parse(run.ended ?? run.started!), Date.parse(run.started!)),
      lane: 0,
    }))
    .filter((b) => Number.isFinite(b.from))
    .sort((a, b) => a.from - b.from);
  const span = Math.max(1, Math.max(...bars.map((b) => b.to)) - (bars[0]?.from ?? 0));
  const ends: number[] = [];
  for (const bar of bars) {
    const room = span * 0.012;
    let lane = ends.findIndex((end) => end <= bar.from);
    if (lane < 0) lane = ends.length;
    bar.lane = Math.min(lane, 11);
    ends[bar.lane] = Math.max(bar.to, bar.from + room) + room / 2;
  }
  return bars;
}

function ticks(from: number, to: number): number[] {
  const steps = [1, 5, 15, 60, 300, 900, 3600, 10800, 43200, 86400, 604800, 2592000, 31536000].map((s) => s * 1000);
  const step = steps.find((s) => (to - from) / s <= 8) ?? steps[steps.length - 1]!;
  const out: number[] = [];
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) out.push(t);
  return out;
}

export function timeline(place: HTMLElement, runs: Run[], callbacks: TimelineCallbacks): void {
  if (!runs.length) {
    clear(
      place,
      el(
        "div",
        { class: "empty" },
        el("h2", {}, "No runs yet"),
        el("p", {}, "A run is one `with storage:` block of one process. It appears here with its first call."),
      ),
    );
    return;
  }
  const bars = lanes(runs);
  const newest = [...runs].sort((a, b) => ((a.started ?? "") < (b.started ?? "") ? 1 : -1));
  clear(
    place,
    el("h1", {}, "Runs ", el("span", { class: "faint" }, count(runs.length))),
    bars.length > 0 && el("div", { class: "timeline" }, chart(bars, Math.max(320, place.clientWidth - 62), callbacks)),
    el(
      "div",
      { class: "scroll" },
      el(
        "table",
        { class: "runs" },
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            ...["", "started", "took", "calls", "ops", "who", "commit", "command"].map((h) =>
              el("th", { scope: "col" }, h),
            ),
          ),
        ),
        el("tbody", {}, ...newest.map((r) => line(r, callbacks))),
      ),
    ),
  );
}

function chart(bars: Bar[], width: number, callbacks: TimelineCallbacks): SVGSVGElement {
  const from = Math.min(...bars.map((b) => b.from));
  const to = Math.max(...bars.map((b) => b.to), from + 1000);
  const x = (t: number): number => 10 + ((t - from) / (to - from)) * (width - 20);
  const height = (Math.max(...bars.map((b) => b.lane)) + 1) * LANE + 34;
  const most = Math.max(1, ...bars.map((b) => b.run.calls));
  const picture = svg("svg", {
    viewBox: `0 0 ${width} ${height}`,
    role: "group",
    "aria-label": "Timeline of runs",
    class: "chart",
  });
  let last = -Infinity;
  for (const t of ticks(from, to)) {
    const words =
      to - from > 86400000 * 2
        ? time(new Date(t).toISOString()).slice(0, 10)
        : time(new Date(t).toISOString()).slice(11);
    picture.append(svg("line", { class: "tick", x1: x(t), x2: x(t), y1: 0, y2: height - 20 }));
    if (x(t) - last > 80) {
      const at = Math.min(Math.max(x(t), 34), width - 34); // the first and the last stay inside
      picture.append(svg("text", { class: "tick-label", x: at, y: height - 6, "text-anchor": "middle" }, words));
      last = x(t);
    }
  }
  for (const { run, from: a, to: b, lane } of bars) {
    const words = `Run of ${time(run.started)}: ${counted(run.calls, "call")}${run.failed ? `, ${run.failed} failed` : ""}`;
    const bar = svg(
      "rect",
      {
        class: `bar${run.failed ? " failed" : ""}`,
        x: x(a),
        y: lane * LANE + 4,
        width: Math.max(7, x(b) - x(a)),
        height: LANE - 7,
        rx: 3,
        tabindex: 0,
        role: "button",
        "aria-label": words,
        "fill-opacity": 0.35 + 0.65 * Math.sqrt(run.calls / most),
        onclick: () => callbacks.only(run.id),
        onkeydown: (event: KeyboardEvent) =>
          (event.key === "Enter" || event.key === " ") && (event.preventDefault(), callbacks.only(run.id)),
      },
      svg("title", {}, words),
    );
    picture.append(bar);
  }
  return picture;
}

function line(r: Run, callbacks: TimelineCallbacks): HTMLElement {
  const took = r.started && r.ended ? (Date.parse(r.ended) - Date.parse(r.started)) / 1000 : null;
  const ops = Object.entries(r.ops ?? {})
    .sort(([, m], [, n]) => n - m)
    .map(([op, n]) => `${oneLine(op)} ${count(n)}`);
  const argv = Array.isArray(r.argv) ? r.argv.join(" ") : (r.argv ?? "");
  return el(
    "tr",
    {},
    el(
      "td",
      {},
      button("Show", () => callbacks.only(r.id), { "aria-label": `Show only the run of ${time(r.started)}` }),
    ),
    el("td", { class: "nowrap" }, time(r.started)),
    el("td", { class: "right nowrap" }, seconds(took)),
    el(
      "td",
      { class: "right nowrap" },
      count(r.calls),
      r.failed ? el("span", { class: "bad" }, ` ${count(r.failed)} failed`) : null,
    ),
    el("td", { title: ops.join("\n") }, clip(ops.join(", "), 60)),
    el("td", {}, [r.user, r.host].filter(Boolean).join(" at ")),
    el("td", { class: "mono" }, r.commit ? `${shortId(r.commit).slice(0, 8)}${r.dirty ? " +" : ""}` : ""),
    el("td", { class: "mono" }, clip(oneLine(argv), 50)),
  );
}
