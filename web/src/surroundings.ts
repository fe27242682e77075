// Is the notebook around an element light or dark? Notebooks do not tell in one way, so the paper itself is looked at.

import type { ThemeName } from "./palette.ts";

const wide = matchMedia("(prefers-color-scheme: dark)");

/** The theme of the nearest paper behind the element, else what the system prefers. */
export function around(element: Element): ThemeName {
  for (let at: Element | null = element; at; at = at.parentElement ?? (at.getRootNode() as ShadowRoot).host ?? null) {
    const [r = 0, g = 0, b = 0, a = 1] = (getComputedStyle(at).backgroundColor.match(/[\d.]+/g) ?? [0, 0, 0, 0]).map(
      Number,
    );
    if (a > 0.5) return 0.299 * r + 0.587 * g + 0.114 * b < 128 ? "dark" : "light";
  }
  return wide.matches ? "dark" : "light";
}

/** Says the theme now and whenever it changes; gives what ends that. */
export function watch(element: Element, changed: (name: ThemeName) => void): () => void {
  let last: ThemeName | null = null;
  const look = (): void => {
    const now = around(element);
    if (now !== last) changed((last = now));
  };
  const later = (): void => void setTimeout(look, 60); // styles of another theme are loaded after its name is set
  const observer = new MutationObserver(later);
  for (const at of [document.documentElement, document.body]) observer.observe(at, { attributes: true });
  wide.addEventListener("change", later);
  look();
  return () => {
    observer.disconnect();
    wide.removeEventListener("change", later);
  };
}
