// Numbers, times and texts as a person reads them.

const grouped = new Intl.NumberFormat("en-GB");

export const count = (n: number): string => grouped.format(n);

export const counted = (n: number, what: string): string => `${count(n)} ${what}${n === 1 ? "" : "s"}`;

export function bytes(n: number | null | undefined): string {
  if (n === null || n === undefined) return "";
  if (n < 1000) return counted(n, "byte");
  const units = ["kB", "MB", "GB", "TB"];
  let value = n;
  let unit = -1;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}

export function seconds(s: number | null | undefined): string {
  if (s === null || s === undefined) return "";
  if (s < 1e-3) return `${(s * 1e6).toFixed(0)} µs`;
  if (s < 1) return `${(s * 1e3).toFixed(s < 0.01 ? 1 : 0)} ms`;
  if (s < 60) return `${s.toFixed(s < 10 ? 1 : 0)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${Math.round(s % 60)} s`;
  return `${Math.floor(s / 3600)} h ${Math.round((s % 3600) / 60)} min`;
}

export function number(n: number): string {
  if (Number.isInteger(n)) return Math.abs(n) < 1e15 ? count(n) : String(n);
  return Math.abs(n) >= 1e-4 && Math.abs(n) < 1e9 ? String(Number(n.toPrecision(6))) : n.toExponential(3);
}

/** A moment in the reader's own time zone, to the second. */
export function time(iso: string | null | undefined): string {
  if (!iso) return "";
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  const two = (n: number) => String(n).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** From a moment to another; the day is said once where it is the same. */
export function span(from: string | null | undefined, to: string | null | undefined): string {
  const [begin, end] = [time(from), time(to)];
  if (!end) return begin;
  return `${begin} to ${begin.slice(0, 11) === end.slice(0, 11) ? end.slice(11) : end}`;
}

export const shortId = (id: string): string => (/^[0-9a-f]{32,40}$/.test(id) ? id.slice(0, 8) : id);

export function clip(text: string, length: number): string {
  const characters = Array.from(text);
  return characters.length <= length ? text : `${characters.slice(0, Math.max(1, length - 1)).join("")}…`;
}

/** One line: control characters and line ends become spaces. */
export const oneLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, " ").trim();

/** A value from a table or a comparison, as text. */
export function text(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return number(value);
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return value.map(text).join(", ");
  if (typeof value === "object" && "label" in value && typeof value.label === "string") return value.label;
  return JSON.stringify(value);
}
