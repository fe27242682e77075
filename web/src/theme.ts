// Light and dark: what the system says, until the person chooses.

import type { ThemeName } from "./palette.ts";

const KEY = "mandala-graph-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

function chosen(): ThemeName | null {
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
    try {
      localStorage.setItem(KEY, current() === "dark" ? "light" : "dark");
    } catch {
      document.documentElement.dataset["theme"] = current() === "dark" ? "light" : "dark";
    }
    apply();
  };
}
