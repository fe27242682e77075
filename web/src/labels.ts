// The text inside the boxes, on a canvas over them: two lines, or the title alone and larger when it is far away.

import type { Place } from "./layout.ts";
import { FONT, SMALL, TITLE, type Look } from "./looks.ts";

/** Where layout units are on the canvas. */
export interface Window {
  x: number;
  y: number;
  unit: number; // pixels
  width: number;
  height: number;
}

const ALONE = 0.62; // below this scale there is room for one line
const SMALLEST = 5.5; // pixels; smaller text cannot be read

export function labels(
  pen: CanvasRenderingContext2D,
  places: Map<string, Place>,
  looks: Map<string, Look>,
  { x: left, y: top, unit, width, height }: Window,
): void {
  const alone = unit < ALONE;
  if (TITLE * unit * (alone ? 1.2 : 1) < SMALLEST) return;
  pen.textAlign = "center";
  pen.textBaseline = "alphabetic";
  for (const [id, at] of places) {
    const [x, y] = [left + at.x * unit, top + at.y * unit];
    const [w, h] = [(at.width * unit) / 2, (at.height * unit) / 2];
    const look = looks.get(id);
    if (!look || x + w < 0 || x - w > width || y + h < 0 || y - h > height) continue;
    const size = TITLE * unit * (alone ? Math.min(1.35, (at.width - 8) / (at.width - 20)) : 1);
    pen.font = `600 ${size}px ${FONT}`;
    pen.fillStyle = look.ink;
    if (alone || !look.small) {
      pen.fillText(look.title, x, y + size * 0.35);
      continue;
    }
    pen.fillText(look.title, x, y - 2 * unit);
    pen.font = `${SMALL * unit}px ${FONT}`;
    pen.fillStyle = look.faint;
    pen.fillText(look.small, x, y + 13 * unit);
  }
}
