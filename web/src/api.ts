// Asking what is in the store. One function a question; errors carry what was said. Who answers is a `Call`: the server
// over HTTP, or the kernel of a notebook.

import type {
  Answer,
  Code,
  Comparison,
  Details,
  Graph,
  Hit,
  Info,
  Members,
  Question,
  Run,
  TablePage,
} from "./types.ts";

export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly kind: string,
    readonly line?: number,
    readonly column?: number,
    readonly suggestion?: string,
  ) {
    super(message);
  }
}

type Query = Record<string, string | number | string[] | null | undefined>;

export function queryString(query: Query): string {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) out.append(name, String(one));
  }
  const text = out.toString();
  return text ? `?${text}` : "";
}

export type Call = <T>(path: string, init?: RequestInit) => Promise<T>;

async function http<T>(path: string, init: RequestInit = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...init });
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    throw new ApiError("The server does not answer. Is `mandala-graph browse` still running?", 0, "offline");
  }
  const body = response.headers.get("content-type")?.includes("json") ? await response.json() : null;
  if (response.ok) return body as T;
  const said = body?.error ?? {};
  const words =
    response.status === 401
      ? "This page's key is missing or old. Open the link that `mandala-graph browse` printed."
      : `The server answered ${response.status}.`;
  throw new ApiError(
    said.message ?? words,
    response.status,
    said.kind ?? "error",
    said.line,
    said.column,
    said.suggestion,
  );
}

const part = encodeURIComponent;

export function apiOver(call: Call) {
  const post = <T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> =>
    call(path, {
      method: "POST",
      headers: { "content-type": "application/json", "x-mandala-graph": "1" },
      body: JSON.stringify(body),
      ...(signal ? { signal } : {}),
    });

  const get = <T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> =>
    call(`/api/${path}${queryString(query)}`, signal ? { signal } : {});

  return {
    info: () => get<Info>("info"),
    summary: (filters: Query, signal?: AbortSignal) => get<Graph>("graph/summary", filters, signal),
    around: (id: string, direction: string, depth: number | "all", filters: Query, signal?: AbortSignal) =>
      get<Graph>(`graph/around/${part(id)}`, { direction, depth, ...filters }, signal),
    members: (members: Members, offset: number, limit: number, signal?: AbortSignal) =>
      get<Graph>("graph/members", { ...(members as Query), offset, limit }, signal),
    path: (a: string, b: string, signal?: AbortSignal) => get<Graph>(`graph/path/${part(a)}/${part(b)}`, {}, signal),
    table: (
      node: string,
      offset: number,
      limit: number,
      sort: string | null,
      desc: boolean,
      filters: Query,
      signal?: AbortSignal,
    ) => get<TablePage>(`table/${part(node)}`, { offset, limit, sort, desc: desc ? 1 : null, ...filters }, signal),
    tableCsv: (node: string, sort: string | null, desc: boolean, filters: Query) =>
      `/api/table/${part(node)}${queryString({ format: "csv", sort, desc: desc ? 1 : null, ...filters })}`,
    node: (id: string, signal?: AbortSignal) => get<Details>(`node/${part(id)}`, {}, signal),
    code: (id: string, signal?: AbortSignal) => get<Code>(`code/${part(id)}`, {}, signal),
    search: (q: string, signal?: AbortSignal) => get<{ results: Hit[] }>("search", { q, limit: 20 }, signal),
    query: (cypher: string, parameters: Record<string, unknown>, signal?: AbortSignal) =>
      post<Answer>("/api/query", { cypher, parameters }, signal),
    questions: () => get<Question[]>("questions"),
    ask: (name: string, parameters: Record<string, unknown>, signal?: AbortSignal) =>
      post<Answer>(`/api/questions/${part(name)}`, { parameters }, signal),
    compare: (a: string, b: string, signal?: AbortSignal) =>
      get<Comparison>(`compare/${part(a)}/${part(b)}`, {}, signal),
    runs: (signal?: AbortSignal) => get<Run[]>("runs", {}, signal),
  };
}

export type Api = ReturnType<typeof apiOver>;

export const api = apiOver(http);
