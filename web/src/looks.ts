// How each node looks: its box, colours and two lines of text. Shared by the canvas and the SVG export; no DOM.

import { clip, count, counted, number, oneLine, seconds, shortId } from "./format.ts";
import type { Box } from "./layout.ts";
import { lightness, mix, type Colours, type Theme } from "./palette.ts";
import type { GraphNode } from "./types.ts";

export const TITLE = 13; // font sizes in layout units
export const SMALL = 11;
export const FONT = 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
const WIDEST = 210;
const PAD = 12;

export interface Look {
  title: string;
  small: string;
  radius: number;
  line: number;
  fill: string;
  stroke: string;
  ink: string;
  faint: string;
}

/** Widths of text at the title's size, in bold. */
export type Measure = (text: string, small: boolean) => number;

export function words(node: GraphNode): { title: string; small: string } {
  const said = plain(node);
  return node.hidden ? { ...said, small: `+ ${count(node.hidden)} folded` } : said;
}

function plain(node: GraphNode): { title: string; small: string } {
  const title = oneLine(node.label) || (node.kind === "ref" ? oneLine(node.preview ?? "") : "") || shortId(node.id);
  switch (node.kind) {
    case "op":
      return { title, small: counted(node.count ?? 0, "call") + (node.failed ? `, ${count(node.failed)} failed` : "") };
    case "var":
      return { title, small: counted(node.count ?? 0, "value") };
    case "group":
      return { title, small: "open to see them" };
    case "call": {
      const failed = node.status && !/^(ok|done|finished|success)$/i.test(node.status);
      return {
        title,
        small: failed
          ? oneLine(node.status ?? "")
          : node.duration !== null && node.duration !== undefined
            ? seconds(node.duration)
            : shortId(node.id),
      };
    }
    case "ref": {
      const preview = typeof node.value === "number" ? number(node.value) : oneLine(node.preview ?? "");
      if (preview && preview !== title) return { title: preview, small: title };
      return { title, small: oneLine(node.type ?? "") };
    }
  }
}

/** What a screen reader says of a node. */
export function spoken(node: GraphNode): string {
  const { title, small } = words(node);
  const kind = { op: "op", var: "variable", call: "call", ref: "ref", group: "group" }[node.kind];
  return `${kind} ${title}${small ? `, ${small}` : ""}`;
}

function fitted(text: string, small: boolean, room: number, measure: Measure): string {
  const long = measure(text, small);
  if (long <= room) return text;
  const characters = Array.from(text).length;
  let length = Math.max(1, Math.floor((characters * room) / long));
  let cut = clip(text, length);
  while (length > 1 && measure(cut, small) > room) cut = clip(text, --length);
  return cut;
}

export function box(node: GraphNode, measure: Measure): Box {
  const { title, small } = words(node);
  const shown = [clip(title, 60), clip(small, 60)] as const;
  const wide = Math.max(measure(shown[0], false), measure(shown[1], true)) + 2 * PAD;
  return { id: node.id, width: Math.min(WIDEST, Math.max(56, Math.ceil(wide))), height: small ? 44 : 32 };
}

export function look(node: GraphNode, width: number, colours: Colours, theme: Theme, measure: Measure): Look {
  const { title, small } = words(node);
  const { hue, strong } = colours.of(node);
  const value = node.kind === "ref" || node.kind === "var";
  const share = strong ? 0.85 : node.kind === "group" ? 0.03 : value ? 0.1 : 0.22;
  const fill = mix(theme.paper, hue, share);
  const dark = lightness(fill) < 0.5;
  const ink = dark === lightness(theme.ink) > 0.5 ? theme.ink : dark ? "#ffffff" : "#10161b";
  const failed = node.kind === "call" && node.status && !/^(ok|done|finished|success)$/i.test(node.status);
  return {
    title: fitted(clip(title, 60), false, width - 2 * PAD + 4, measure),
    small: fitted(clip(small, 60), true, width - 2 * PAD + 4, measure),
    radius: value ? 22 : node.kind === "group" ? 3 : 7,
    line: failed ? 2.5 : 1.4,
    fill,
    stroke: failed ? mix(theme.hues[4]!, theme.paper, 0) : value && !strong ? mix(hue, theme.paper, 0.25) : hue,
    ink,
    faint: mix(ink, fill, 0.3),
  };
}
