// Where one looks at the drawing from: all of it, a node, closer or further. In layout units and pixels a unit.

import type Sigma from "sigma";

import type { Layout, Place } from "./layout.ts";
import { FRAME } from "./programs.ts";

const LEGIBLE = 0.45; // the least scale at which labels can be read
const LARGEST = 1.25;
const NEAR = 0.8; // the scale at which one looks at a node of something large
const calm = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Where to look so that what is there fills the screen, as near to `at` as that allows: empty space tells nothing. */
function within(at: number, from: number, length: number, screen: number, margin: number): number {
  const half = screen / 2 - margin;
  return length <= 2 * half ? from + length / 2 : Math.min(Math.max(at, from + half), from + length - half);
}

export class Camera {
  scale = 1;
  /** The person has not moved the view: it may follow the drawing. */
  untouched = true;

  constructor(
    readonly sigma: Sigma,
    readonly element: HTMLElement,
    /** What is drawn, and the node to look at when all of it is too much. */
    readonly scene: () => { layout: Layout | null; focus: Place | undefined },
  ) {
    sigma.on("resize", () => {
      const { x, y } = this.#centre();
      if (this.untouched) queueMicrotask(() => this.home());
      else this.#look(x, y, this.scale, false);
    });
    const mouse = sigma.getMouseCaptor();
    mouse.on("wheel", () => (this.untouched = false));
    mouse.on("mousemovebody", () => {
      if (mouse.isMoving) this.untouched = false;
    });
    sigma.getCamera().on("updated", ({ ratio }) => {
      const { width, height } = this.size();
      if (!sigma.getCamera().isAnimated()) this.scale = Math.min(width, height) / FRAME / ratio;
    });
  }

  size(): { width: number; height: number } {
    return { width: this.element.clientWidth || 1, height: this.element.clientHeight || 1 };
  }

  /** All of it, if it can be read at that size; else the focus; else the beginning. */
  home(): void {
    this.untouched = true;
    const { layout, focus } = this.scene();
    if (!layout?.places.size || this.legible()) return this.fit();
    const { left, top, width, height } = layout;
    const size = this.size();
    if (focus) {
      const x = within(focus.x, left, width, size.width / NEAR, 30);
      const y = within(focus.y, top, height, size.height / NEAR, 50);
      return this.#look(x, y, NEAR, false);
    }
    const scale = Math.max(LEGIBLE + 0.15, Math.min(1, (size.height - 60) / height));
    const x = Math.min(left + width / 2, left + size.width / scale / 2 - 30);
    const y = Math.min(top + height / 2, top + size.height / scale / 2 - 30);
    this.#look(x, y, scale, false);
  }

  /** All of it. */
  fit(smooth = false): void {
    const { layout } = this.scene();
    if (!layout) return;
    const scale = Math.max(0.01, Math.min(LARGEST, this.#fitScale()));
    this.#look(layout.left + layout.width / 2, layout.top + layout.height / 2, scale, smooth);
  }

  /** Whether all of it can be read at once. */
  legible(): boolean {
    return this.#fitScale() >= LEGIBLE;
  }

  zoom(factor: number): void {
    this.untouched = false;
    const { x, y } = this.#centre();
    this.#look(x, y, Math.min(4, Math.max(0.01, this.scale * factor)), true);
  }

  /** Moves the view as little as shows the place. */
  reveal(at: Place): void {
    const { width, height } = this.size();
    const { x, y } = this.#centre();
    const scale = this.scale < LEGIBLE ? NEAR : this.scale;
    const roomX = Math.max(0, width / scale / 2 - at.width / 2 - 30);
    const roomY = Math.max(0, height / scale / 2 - at.height / 2 - 30);
    const toX = Math.min(Math.max(x, at.x - roomX), at.x + roomX);
    const toY = Math.min(Math.max(y, at.y - roomY), at.y + roomY);
    if (toX !== x || toY !== y || scale !== this.scale) this.#look(toX, toY, scale, true);
  }

  /** Where a point is in the element now, in pixels, also before the next frame is drawn; and the scale there. */
  project(x: number, y: number): { x: number; y: number; scale: number } {
    const { width, height } = this.size();
    const centre = this.#centre();
    const scale = Math.min(width, height) / FRAME / this.sigma.getCamera().getState().ratio;
    return { x: width / 2 + (x - centre.x) * scale, y: height / 2 + (y - centre.y) * scale, scale };
  }

  #fitScale(): number {
    const { layout } = this.scene();
    if (!layout) return 1;
    const { width, height } = this.size();
    const sag = layout.pieces.some((p) => p.back) ? 160 : 0;
    return Math.min((width - 48) / Math.max(layout.width, 1), (height - 96) / Math.max(layout.height + sag, 1));
  }

  #centre(): { x: number; y: number } {
    const { x, y } = this.sigma.getCamera().getState();
    return { x: x * FRAME, y: -y * FRAME };
  }

  /** Looks at a point, at so many pixels a unit. */
  #look(x: number, y: number, scale: number, smooth: boolean): void {
    this.scale = scale;
    const { width, height } = this.size();
    const state = { x: x / FRAME, y: -y / FRAME, ratio: Math.min(width, height) / FRAME / scale, angle: 0 };
    const camera = this.sigma.getCamera();
    if (smooth && !calm()) void camera.animate(state, { duration: 180 });
    else camera.setState(state);
  }
}
