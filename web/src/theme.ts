// Light and dark: what the system says, until the person chooses.

import type { ThemeName } from "./palette.ts";

const KEY = "mandala-graph-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

const asked = new URLSearchParams(location.search).get("theme"); // in the opening URL: for this visit only
let now: ThemeName | null = asked === "light" || asked === "dark" ? asked : null;

function chosen(): ThemeName | null {
  if (now) return now;
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "light" || kept === "dark" ? kept : null;
  } catch {
    return null;
  }
}

export const current = (): ThemeName => chosen() ?? (dark.matches ? "dark" : "light");

/** Sets the page's theme now and whenever it changes; gives what switches it. */
export function follow(changed: (name: ThemeName) => void): () => void {
  const apply = (): void => {
    document.documentElement.dataset["theme"] = current();
    changed(current());
  };
  dark.addEventListener("change", apply);
  apply();
  return () => {
    now = current() === "dark" ? "light" : "dark";
    try {
      localStorage.setItem(KEY, now);
    } catch {
      // a browser without storage forgets it with the page
    }
    apply();
  };
}
