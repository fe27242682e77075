// The drawn graph as SVG, and as PNG made from it. The same boxes, curves and colours as on the canvas.

import { FONT, SMALL, TITLE, type Look } from "./looks.ts";
import type { Layout, Place } from "./layout.ts";
import type { Theme } from "./palette.ts";
import { curve, HEAD } from "./programs.ts";

const MARGIN = 24;

const escape = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, " ")
    .replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]!);

const n = (value: number): string => String(Math.round(value * 10) / 10);

export function svgOf(layout: Layout, looks: Map<string, Look>, theme: Theme, title: string): string {
  const place = (id: string): Place | undefined => layout.places.get(id) ?? layout.bends.get(id);
  const sag = layout.pieces.some((p) => p.back) ? 120 : 0;
  const [width, height] = [layout.width + 2 * MARGIN, layout.height + 2 * MARGIN + sag];
  const out = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${n(width)}" height="${n(height)}" viewBox="${n(layout.left - MARGIN)} ${n(layout.top - MARGIN)} ${n(width)} ${n(height)}" font-family="${escape(FONT)}" text-anchor="middle">`,
    `<title>${escape(title)}</title>`,
    `<rect x="${n(layout.left - MARGIN)}" y="${n(layout.top - MARGIN)}" width="${n(width)}" height="${n(height)}" fill="${theme.paper}"/>`,
    `<g fill="none" stroke="${theme.line}" stroke-width="1.4">`,
  ];
  const heads: string[] = [];
  for (const piece of layout.pieces) {
    const [from, to] = [place(piece.from), place(piece.to)];
    if (!from || !to) continue;
    const c = curve(from, to, piece.last, piece.back, 1);
    out.push(
      `<path d="M${n(c.x1)} ${n(c.y1)}C${n(c.x1 + c.reach)} ${n(c.y1 + c.sag)} ${n(c.x2 - c.reach)} ${n(c.y2 + c.sag)} ${n(c.x2)} ${n(c.y2)}"/>`,
    );
    if (piece.last) {
      const turn = piece.back ? (Math.atan2(-c.sag, c.reach) * 180) / Math.PI : 0;
      heads.push(
        `<path transform="translate(${n(c.x2)} ${n(c.y2)})rotate(${n(turn)})" d="M0 ${-HEAD / 2}L${HEAD} 0L0 ${HEAD / 2}z"/>`,
      );
    }
  }
  out.push(`</g><g fill="${theme.line}">`, ...heads, "</g>");
  for (const [id, at] of layout.places) {
    const l = looks.get(id);
    if (!l) continue;
    const radius = Math.min(l.radius, at.height / 2, at.width / 2);
    out.push(
      `<rect x="${n(at.x - at.width / 2)}" y="${n(at.y - at.height / 2)}" width="${n(at.width)}" height="${n(at.height)}" rx="${n(radius)}" fill="${l.fill}" stroke="${l.stroke}" stroke-width="${l.line}"/>`,
      `<text x="${n(at.x)}" y="${n(at.y + (l.small ? -2 : 4.5))}" font-size="${TITLE}" font-weight="600" fill="${l.ink}">${escape(l.title)}</text>`,
    );
    if (l.small)
      out.push(
        `<text x="${n(at.x)}" y="${n(at.y + 13)}" font-size="${SMALL}" fill="${l.faint}">${escape(l.small)}</text>`,
      );
  }
  out.push("</svg>");
  return out.join("\n");
}

const LARGEST = 8192; // pixels a side: what browsers make of a canvas

/** A PNG at twice the size, or as large as a canvas may be. */
export async function pngOf(svg: string): Promise<Blob> {
  const size = /width="([\d.]+)" height="([\d.]+)"/.exec(svg);
  const [width, height] = [Number(size?.[1] ?? 100), Number(size?.[2] ?? 100)];
  const scale = Math.min(2, LARGEST / width, LARGEST / height);
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = Math.ceil(width * scale);
    canvas.height = Math.ceil(height * scale);
    canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done, failed) =>
      canvas.toBlob(
        (blob) => (blob ? done(blob) : failed(new Error("the picture is too large for a PNG; export SVG"))),
        "image/png",
      ),
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}
