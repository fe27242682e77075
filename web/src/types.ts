// What the server sends: the shapes of its JSON. No behaviour.

export type NodeKind = "op" | "var" | "call" | "ref" | "group";
export type Scalar = number | string | boolean | null;

/** Which refs or calls a group stands for; sent back as it came to get its members. */
export type Members = Record<string, string | number | null>;

export interface GraphNode {
  id: string;
  kind: NodeKind;
  label: string;
  layer?: number;
  count?: number | null;
  op?: string | null;
  version?: string | null;
  run?: string | null;
  started?: string | null;
  duration?: number | null; // seconds
  status?: string | null;
  type?: string | null;
  preview?: string | null;
  value?: Scalar;
  size?: number | null; // bytes
  members?: Members | null;
  side?: "both" | "a" | "b";
  failed?: number; // of an op: its failed calls
  hidden?: number; // set by the page: nodes folded into this one
}

export interface GraphEdge {
  id: string;
  source: string;
  target: string;
  label: string;
  kind: "input" | "output";
  count?: number | null;
}

export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
  shown?: number;
  total?: number;
  truncated?: boolean;
  message?: string | null;
  cypher?: string;
  python?: string;
}

export interface Version {
  id: string;
  op: string;
  created: string | null;
  calls: number;
}

export interface Run {
  id: string;
  started: string | null;
  ended?: string | null;
  host?: string | null;
  user?: string | null;
  commit?: string | null;
  dirty?: boolean | null;
  argv?: string | string[] | null;
  calls: number;
  ops?: Record<string, number>;
  failed?: number;
}

export interface Info {
  location: string;
  engine: string;
  format: string | number;
  version: string;
  read_only: boolean;
  counts: Record<string, number>;
  epoch: number | string;
  ops: (string | { name: string; calls?: number })[];
  versions: Version[];
  runs: Run[];
  neo4j_browser?: string | null;
}

export interface Column {
  key?: string; // what the table is sorted by; the name where there is no key
  sortable?: boolean;
  name: string;
  kind: "id" | "value" | "time" | "number" | "text";
}

/** A value in a table: the ref that holds it, its text, and the value itself where it is a scalar. */
export interface ValueCell {
  id: string | null;
  text: string;
  value: Scalar;
}

export type Cell =
  Scalar | ValueCell | { id: string; kind?: string; label?: string } | unknown[] | Record<string, unknown>;

export interface TablePage {
  columns: Column[];
  rows: Cell[][];
  total: number;
  cypher?: string;
  python?: string;
}

export interface Preview {
  kind: "text" | "number" | "table" | "array" | "image" | "json" | "opaque";
  text?: string | null;
  columns?: string[];
  rows?: unknown[][];
  shape?: number[];
  dtype?: string;
  values?: unknown;
  value?: unknown;
  source?: string; // of a picture: a data URL
  statistics?: Record<string, unknown> | null;
}

export interface Port {
  name: string;
  id: string;
  label?: string | null;
  preview?: Preview | string | null;
}

export interface Neighbour {
  id: string;
  label: string;
  name?: string | null;
}

export interface Details {
  id: string;
  kind: "call" | "ref";
  label: string;
  op?: string | null;
  type?: string | null;
  size?: number | null;
  preview?: Preview | null;
  inputs?: Port[];
  outputs?: Port[];
  elements?: Port[] | null; // of a list or dictionary whose elements are refs
  totals?: { inputs: number; outputs: number } | null;
  creator?: Neighbour | null;
  consumers?: { total: number; first: Neighbour[] } | null;
  version?: string | null;
  run?: (Run & { python?: string | null; packages?: Record<string, string> | string[] | null }) | null;
  started?: string | null;
  duration?: number | null;
  status?: string | null;
  error?: string | null;
  has_code?: boolean;
  neo4j_browser?: string | null;
}

export interface Code {
  op?: string;
  then: string | null;
  now: string | null;
  diff: string | null;
  components?: { name?: string; module?: string; kind?: string; changed?: boolean }[];
}

export interface Hit {
  kind: "call" | "ref" | "op" | "var" | "question" | "cypher";
  id: string;
  label: string;
  detail?: string | null;
}

export interface QuestionParameter {
  name: string;
  type?: string | null;
  default?: unknown;
  required?: boolean;
  meaning?: string | null;
}

export interface Question {
  name: string;
  title: string;
  answers?: string | null;
  parameters: QuestionParameter[];
  cypher: string;
}

export interface Answer {
  columns: string[];
  rows: Cell[][];
  truncated?: boolean;
  graph?: Graph | null;
  seconds?: number;
}

export interface Comparison {
  a: string;
  b: string;
  same: number;
  only_a?: Graph;
  only_b?: Graph;
  changed: { where: string; a: unknown; b: unknown; ids?: (string | null)[] }[];
  graph: Graph;
}
