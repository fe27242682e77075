"""A frame and what is outside of it: refs and calls that come in, files, the store's whole graph, deletion."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mandala_graph.errors import FrameError, UsageError
from mandala_graph.frame.body import Body
from mandala_graph.frame.collections import CallCollection, RefCollection, ValueCollection
from mandala_graph.frame.names import output_name
from mandala_graph.frame.web import Web
from mandala_graph.model import Call, Ref
from mandala_graph.structures import STRUCT_OP_NAMES

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["calls_in", "delete", "diff", "eval_df", "load", "put_call", "save", "take", "take_call", "whole"]

_FORMAT = 1


def take(storage: Any, web: Web, refs: Ref | Iterable[Ref]) -> list[int]:
    """Numbers of a user's refs."""
    chosen = [refs] if isinstance(refs, Ref) or not isinstance(refs, Iterable) else list(refs)
    for r in chosen:
        if not isinstance(r, Ref):
            raise UsageError(
                f"a frame is made of an op (@op), of its name, or of refs, and {r!r} is none of them: call an op inside "
                f"`with storage:` to get a ref."
            )
    storage.commit()
    hids = [r.hid for r in chosen]
    web.load(web.reader.reach(hids, (), "none", False, ()))
    if missing := [r for r in chosen if r.hid not in web.ref_of]:
        raise FrameError(
            f"{missing[0]!r} is not in this store: it is a ref of another store, its calls were dropped, or it was "
            f"wrapped and never used by a call."
        )
    return [web.ref_of[h] for h in hids]


def take_call(storage: Any, web: Web, call: Call) -> int:
    """The number of a user's call."""
    if not isinstance(call, Call):
        raise UsageError(f"{call!r} is no call.")
    storage.commit()
    web.load(web.reader.reach((), [call.hid], "none", False, ()))
    if call.hid not in web.call_of:
        raise FrameError(f"{call!r} is not in this store.")
    return web.call_of[call.hid]


def put_call(body: Body, func: str, call: int, with_refs: bool) -> None:
    """Put a call into a function; with its refs, into the variables wired there (the first of several)."""
    web = body.web
    body.funcs[func].add(call)
    for side, edges in ((0, web.ins[call]), (1, web.outs[call])):
        for label, r in edges:
            homes = body.wired(func, label, side)
            if homes and not any(r in body.vars[v] for v in homes):
                if not with_refs and side == 0:
                    raise FrameError(f"the call's input {label} is in no variable wired to {func}: use with_refs=True.")
                if with_refs:
                    body.vars[min(homes, key=body.home_order())].add(r)


def whole(storage: Any, web: Web) -> Body:
    """All calls of a store: a function for each op, a variable for each output, and for what comes from outside."""
    for op in sorted({*storage.store.ops(), *STRUCT_OP_NAMES}):
        web.load(web.reader.of_op(op))
    body = Body(web)
    calls: dict[str, list[int]] = {}
    for c, op in enumerate(web.call_op):
        calls.setdefault(op, []).append(c)
    homes: dict[int, str] = {}
    for op in sorted(calls):
        body.add_func(op, op)
        body.funcs[op] = set(calls[op])
        for label in web.labels(calls[op], 1):
            v = body.add_var(body.fresh(output_name(label)))
            body.vars[v] = web.refs_at(calls[op], 1, label)
            body.add_edge((op, v, label))
            homes.update(dict.fromkeys(body.vars[v], v))
    for op in sorted(calls):
        for label in web.labels(calls[op], 0):
            refs = web.refs_at(calls[op], 0, label)
            outside = {r for r in refs if r not in homes}
            for v in sorted({homes[r] for r in refs - outside}):
                body.add_edge((v, op, label))
            if outside:
                v = body.add_var(body.fresh(label))
                body.vars[v] = outside
                body.add_edge((v, op, label))
    return body


def save(body: Body, storage: Any, path: Any) -> None:
    """Write a frame's names, ids and edges to a file."""
    web = body.web
    data = {
        "mandala_graph_frame": _FORMAT,
        "store": storage.store.info().uuid,
        "variables": {v: sorted(web.ref_ids[r] for r in refs) for v, refs in body.vars.items()},
        "functions": {
            f: {"op": body.ops[f], "calls": sorted(web.call_ids[c] for c in calls)} for f, calls in body.funcs.items()
        },
        "edges": sorted(body.edges),
        "given": sorted(body.pinned),
    }
    Path(path).write_text(json.dumps(data, indent=1, ensure_ascii=False), encoding="utf-8")


def load(storage: Any, web: Web, path: Any) -> Body:
    """Read a frame from a file; what the store no longer holds is an error."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        known = data["mandala_graph_frame"] == _FORMAT
        refs = sorted({r for ids in data["variables"].values() for r in ids})
        calls = sorted({c for f in data["functions"].values() for c in f["calls"]})
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise FrameError(f"{path} is no saved frame: {e!r}.") from e
    if not known:
        raise FrameError(f"{path} was saved by another release of mandala_graph.")
    if data["store"] != storage.store.info().uuid:
        raise FrameError(f"{path} is a frame of store {data['store']}, and this is {storage.store.info().uuid}.")
    web.load(web.reader.reach(refs, calls, "none", False, ()))
    if missing := [h for h in refs if h not in web.ref_of] + [h for h in calls if h not in web.call_of]:
        raise FrameError(f"{len(missing)} refs and calls of the frame in {path} are no longer in the store.")
    body = Body(web)
    for v, ids in data["variables"].items():
        body.add_var(v)
        body.vars[v] = {web.ref_of[h] for h in ids}
    for f, func in data["functions"].items():
        body.add_func(f, func["op"])
        body.funcs[f] = {web.call_of[h] for h in func["calls"]}
    for source, target, label in data["edges"]:
        body.add_edge((source, target, label))
    body.pinned = set(data["given"])
    return body


def diff(a: Body, b: Body) -> pd.DataFrame:
    """How many elements each node has in one frame only, in both, and in the other only."""
    import pandas as pd

    none: set[int] = set()
    found = []
    for n in [*a.nodes(), *[n for n in b.nodes() if n not in a.vars and n not in a.funcs]]:
        mine = a.vars.get(n, a.funcs.get(n, none))
        theirs = b.vars.get(n, b.funcs.get(n, none))
        kind = "variable" if n in a.vars or n in b.vars else "function"
        found.append((n, kind, len(mine - theirs), len(mine & theirs), len(theirs - mine)))
    return pd.DataFrame(found, columns=["name", "kind", "only_here", "both", "only_there"])


def eval_df(storage: Any, df: pd.DataFrame, skip: set[str], skip_calls: bool) -> pd.DataFrame:
    """A table of refs as one of values; calls stay, or their columns go."""
    columns: dict[str, Any] = {}
    for name in df.columns:
        cells = df[name].tolist()
        if skip_calls and any(isinstance(c, (Call, CallCollection)) for c in cells):
            continue
        if name not in skip:
            flat = [
                r
                for c in cells
                for r in ([c] if isinstance(c, Ref) else c.refs if isinstance(c, RefCollection) else ())
            ]
            values = iter(storage.unwrap(flat))
            cells = [
                next(values)
                if isinstance(c, Ref)
                else ValueCollection(tuple(next(values) for _ in c.refs))
                if isinstance(c, RefCollection)
                else c
                for c in cells
            ]
        columns[name] = cells
    import pandas as pd

    from mandala_graph.frame.tables import column

    return pd.DataFrame({n: column(c) for n, c in columns.items()}, columns=list(columns))


def calls_in(df: pd.DataFrame) -> list[str]:
    """hids of the calls that stand in a table."""
    found: dict[str, None] = {}
    for name in df.columns:
        for cell in df[name].tolist():
            for c in cell.calls if isinstance(cell, CallCollection) else [cell]:
                if isinstance(c, Call):
                    found[c.hid] = None
    return list(found)


def delete(storage: Any, hids: list[str], dry_run: bool) -> list[str]:
    """Delete calls, and what depends on them, from the store."""
    if not hids:
        return []
    gone: list[str] = storage.drop_calls(hids, delete_dependents=True, dry_run=dry_run)
    return gone
