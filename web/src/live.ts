// Following a running experiment: the server says when the store has changed.

export interface Live {
  stop(): void;
}

const same = (a: Record<string, number>, b: Record<string, number>): boolean =>
  Object.keys({ ...a, ...b }).every((name) => a[name] === b[name]);

/** Calls `changed` when the store holds something else than `known`; `state` says whether the line is up. */
export function live(
  known: Record<string, number>,
  changed: (counts: Record<string, number>) => void,
  state: (connected: boolean) => void,
): Live {
  const source = new EventSource("/api/events");
  let timer: ReturnType<typeof setTimeout> | undefined;
  source.addEventListener("open", () => state(true));
  source.addEventListener("error", () => state(false));
  source.addEventListener("counts", (event) => {
    const { counts } = JSON.parse((event as MessageEvent<string>).data) as { counts: Record<string, number> };
    if (same(counts, known)) return;
    known = counts;
    clearTimeout(timer);
    timer = setTimeout(() => changed(counts), 200);
  });
  return {
    stop: () => {
      clearTimeout(timer);
      source.close();
    },
  };
}
