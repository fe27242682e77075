// Making elements. Text from the store only ever becomes a text node or an attribute's value: nothing here parses HTML.

type Child = Node | string | number | null | undefined | false;
type Handler = (event: never) => void;
type Props = Record<string, string | number | boolean | null | undefined | Handler>;

function fill(node: Element, props: Props, children: Child[]): void {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value as unknown as EventListener);
    else if (name === "class") node.setAttribute("class", String(value));
    else if (name === "value" && (node instanceof HTMLInputElement || node instanceof HTMLTextAreaElement))
      node.value = String(value);
    else if (name === "checked" && node instanceof HTMLInputElement) node.checked = true;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    node.append(typeof child === "number" ? String(child) : child);
  }
}

/** An HTML element: `el("button", {class: "big", onclick: go}, "Go")`. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  fill(node, props, children);
  return node;
}

/** An SVG element. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  fill(node, props, children);
  return node;
}

/** A drawn symbol from a path on a 20 x 20 grid; the words are elsewhere, so readers skip it. */
export function icon(path: string): SVGSVGElement {
  return svg(
    "svg",
    { class: "icon", viewBox: "0 0 20 20", "aria-hidden": "true", focusable: "false" },
    svg("path", { d: path }),
  );
}

export const button = (
  label: string,
  onclick: () => void,
  props: Props = {},
  ...children: Child[]
): HTMLButtonElement => el("button", { type: "button", onclick, ...props }, ...(children.length ? children : [label]));

export const clear = (node: Element, ...children: Child[]): void => {
  node.replaceChildren();
  fill(node, {}, children);
};

/** Said to screen readers, once. */
export function say(text: string): void {
  const place = document.getElementById("said");
  if (place) place.textContent = text;
}

/** True while the person is typing, so that letters are not shortcuts. */
export const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
