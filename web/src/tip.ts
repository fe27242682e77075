// A small text beside what the mouse points at.

import { FONT } from "./looks.ts";

export class Tip {
  readonly element = document.createElement("div");

  constructor() {
    this.element.className = "mg-tip";
    Object.assign(this.element.style, {
      position: "absolute",
      pointerEvents: "none",
      display: "none",
      zIndex: "3",
      maxWidth: "340px",
      padding: "4px 8px",
      borderRadius: "5px",
      overflowWrap: "anywhere",
      font: `12px ${FONT}`,
    });
  }

  colours(ink: string, paper: string): void {
    Object.assign(this.element.style, { color: ink, background: paper });
  }

  /** At a point of a place that is so wide. */
  show(text: string, x: number, y: number, width: number): void {
    this.element.textContent = text;
    const left = Math.max(4, Math.min(x + 8, width - 240));
    Object.assign(this.element.style, { display: "block", left: `${left}px`, top: `${y + 6}px` });
  }

  hide(): void {
    this.element.style.display = "none";
  }
}
