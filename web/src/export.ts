// Taking what is shown away: pictures, tables, and the text that makes the same in Cypher and Python.

import { button, el, say } from "./dom.ts";

export function download(name: string, content: Blob | string, type = "text/plain;charset=utf-8"): void {
  const url = URL.createObjectURL(typeof content === "string" ? new Blob([content], { type }) : content);
  const link = el("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A dialog; Escape and its button close it. */
export function dialog(title: string, ...content: (Node | string)[]): HTMLDialogElement {
  const box = el("dialog", { class: "dialog", "aria-label": title });
  box.append(
    el(
      "header",
      {},
      el("h2", {}, title),
      button("Close", () => box.close(), { class: "plain", "aria-label": "Close" }, "✕"),
    ),
    ...content,
  );
  box.addEventListener("close", () => box.remove());
  box.addEventListener("click", (event) => {
    if (event.target === box) box.close();
  });
  document.body.append(box);
  box.showModal();
  return box;
}

async function copy(text: string, area: HTMLTextAreaElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    area.select();
    document.execCommand("copy");
  }
  say("copied");
}

/** Code to be copied or saved. */
export function code(title: string, words: string, text: string, file: string): void {
  const area = el("textarea", {
    class: "code",
    readonly: true,
    rows: Math.min(18, text.split("\n").length + 2),
    "aria-label": title,
    spellcheck: "false",
    value: text,
  });
  const copied = button("Copy", () => void copy(text, area).then(() => (copied.textContent = "Copied")), {
    class: "main",
  });
  dialog(
    title,
    el("p", { class: "faint" }, words),
    area,
    el(
      "footer",
      {},
      copied,
      button("Save as file", () => download(file, `${text}\n`)),
    ),
  );
}
