"""A frame in words and in figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mandala_graph.frame.body import Body
from mandala_graph.frame.objects import Objects
from mandala_graph.frame.order import along_edges

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["func_stats", "info", "progress", "stats", "summary", "text", "var_stats"]


def text(body: Body) -> str:
    """The graph as lines: sources, then a line for each function in the order of the edges."""
    lines = []
    for name in along_edges(body):
        if name in body.vars:
            if not body.ins[name]:
                lines.append(f"{name}@source" if body.outs[name] else name)
            continue
        arguments: dict[str, list[str]] = {}
        for v, label in body.ins[name]:
            arguments.setdefault(label, []).append(v)
        inside = ", ".join(f"{label}={' | '.join(vs)}" for label, vs in arguments.items())
        results = [v + ("" if body.outs[v] else "@sink") for v, _ in body.outs[name]]
        lines.append(f"{', '.join(dict.fromkeys(results)) or '_'} = {name}({inside})")
    return "\n".join(lines)


def summary(body: Body) -> str:
    """Counts and the graph."""
    refs = len(set().union(*body.vars.values()))
    calls = len(set().union(*body.funcs.values()))
    lines = "\n".join("    " + line for line in text(body).splitlines())
    return (
        f"ComputationFrame with {len(body.vars)} variables ({refs} refs) "
        f"and {len(body.funcs)} functions ({calls} calls)" + (f":\n{lines}" if lines else "")
    )


def info(body: Body, objects: Objects, nodes: list[str]) -> str:
    """What is in the frame, or in some of its nodes."""
    if not nodes:
        return f"{summary(body)}\n\n{stats(body, objects).to_string(index=False)}"
    parts = []
    for n in nodes:
        if n in body.vars:
            made = [f"{f}.{x}" for f, x in body.ins[n]]
            used = [f"{f}({x}=...)" for f, x in body.outs[n]]
            head = f"variable {n}: {len(body.vars[n])} refs, made by {', '.join(made) or 'nothing here'}, "
            parts.append(
                f"{head}used by {', '.join(used) or 'nothing here'}\n{_indented(var_stats(body, objects, [n]))}"
            )
        else:
            fed = [f"{x}={v}" for v, x in body.ins[n]]
            made = [f"{x}: {v}" for v, x in body.outs[n]]
            head = (
                f"function {n} ({body.ops[n]}): {len(body.funcs[n])} calls, from {', '.join(fed) or 'nothing here'}, "
            )
            parts.append(f"{head}to {', '.join(made) or 'nothing here'}\n{_indented(func_stats(body, objects, [n]))}")
    return "\n".join(parts)


def _indented(df: pd.DataFrame) -> str:
    return "\n".join("    " + line for line in df.to_string(index=False).splitlines())


def var_stats(body: Body, objects: Objects, names: list[str] | None = None) -> pd.DataFrame:
    """By variable: values, distinct contents, types, bytes, dropped ones."""
    import pandas as pd

    found = []
    for v in body.vars if names is None else names:
        refs = body.vars[v]
        known = objects.rows(refs)
        rows = [known[r] for r in refs if r in known]
        found.append(
            {
                "name": v,
                "num_values": len(refs),
                "distinct": len({r.cid for r in rows}),
                "types": ", ".join(sorted({r.type for r in rows})),
                "bytes": sum({r.cid: r.nbytes for r in rows}.values()),
                "dropped": sum(r.dropped is not None for r in rows),
            }
        )
    return pd.DataFrame(found, columns=["name", "num_values", "distinct", "types", "bytes", "dropped"])


def func_stats(body: Body, objects: Objects, names: list[str] | None = None) -> pd.DataFrame:
    """By function: op, calls, versions, runs, seconds in all and on average, first start."""
    import pandas as pd

    columns = ["name", "op", "num_calls", "versions", "runs", "seconds", "mean_seconds", "first_started"]
    found = []
    web = body.web
    for f in body.funcs if names is None else names:
        details = web.reader.call_details([web.call_ids[c] for c in body.funcs[f]])
        seconds = sum(d[4] for d in details.values())
        found.append(
            {
                "name": f,
                "op": body.ops[f],
                "num_calls": len(body.funcs[f]),
                "versions": len({d[1] for d in details.values()}),
                "runs": len({d[2] for d in details.values()}),
                "seconds": seconds,
                "mean_seconds": seconds / len(details) if details else float("nan"),
                "first_started": min((d[3] for d in details.values()), default=float("nan")),
            }
        )
    return pd.DataFrame(found, columns=columns)


def stats(body: Body, objects: Objects) -> pd.DataFrame:
    """By node, in the order of the edges: kind, count, seconds (functions), bytes (variables)."""
    import pandas as pd

    of_var = var_stats(body, objects).set_index("name")
    of_func = func_stats(body, objects).set_index("name")
    found: list[tuple[str, str, int, float, float]] = []
    for n in along_edges(body):
        if n in body.vars:
            found.append((n, "variable", len(body.vars[n]), float("nan"), float(int(of_var["bytes"][n]))))
        else:
            found.append((n, "function", len(body.funcs[n]), float(of_func["seconds"][n]), float("nan")))
    return pd.DataFrame(found, columns=["name", "kind", "count", "seconds", "bytes"])


def progress(verbose: bool) -> Callable[[Body], None] | None:
    """What shows how an expansion gets on."""
    if not verbose:
        return None
    from tqdm.auto import tqdm

    bar: Any = tqdm(desc="expanding", unit=" steps")

    def step(body: Body) -> None:
        bar.set_postfix(calls=sum(map(len, body.funcs.values())))
        bar.update()

    return step
