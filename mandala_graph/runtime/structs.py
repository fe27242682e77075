"""Structures as refs: building one from elements, and taking one apart into elements.

Both are struct ops recorded as ordinary calls. Everything here is a function of ids and contents; the rows
that belong to it are appended to a `Rows`, and nobody is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from mandala_graph.errors import OutputError, UsageError
from mandala_graph.identity import call_head, call_id, output_id, simple_call_id, structure_cid
from mandala_graph.model import REF_TYPES, AtomRef, DictRef, Ref, StructRef
from mandala_graph.runtime.markers import Atom
from mandala_graph.store.protocol import CallRow, InputEdge, RefRow
from mandala_graph.structures import STRUCT_OPS, StructType

__all__ = ["Rows", "build", "cid_of_elements", "element_pairs", "rebase", "take_apart"]

PYTHON_TYPES: dict[str, Any] = {"list": list, "tuple": tuple, "set": (set, frozenset), "dict": dict}


@dataclass(slots=True)
class Rows:
    """What is to be written with one call."""

    calls: list[CallRow] = field(default_factory=list)
    refs: list[RefRow] = field(default_factory=list)
    values: list[tuple[str, bytes]] = field(default_factory=list)

    def struct_call(
        self, hid: str, cid: str, op: str, inputs: tuple[InputEdge, ...], outputs: tuple[tuple[str, str], ...], run: str
    ) -> None:
        self.calls.append(CallRow(hid, cid, op, "", run, 0.0, 0.0, "ok", inputs, outputs))


def struct_row(ref: StructRef, count: int) -> RefRow:
    return RefRow(ref.hid, ref.cid, ref.type, f"{ref.structure} of {count}", 0, None, ref.structure)


def struct_of_elements(kind: str, hid: str, elements: Any, loader: Any, keys: Sequence[Ref] = ()) -> StructRef:
    """The ref of a structure with these elements (a dict's `keys` are refs in the order of its items)."""
    parts = elements.values() if kind == "dict" else elements
    cid = cid_of_elements(kind, [e.cid for e in parts], [k.cid for k in keys])
    return REF_TYPES[kind](hid, cid, kind, loader=loader, elements=elements)  # type: ignore[call-arg, return-value]


def cid_of_elements(kind: str, elements: list[str], keys: list[str]) -> str:
    """The cid of a structure with elements of these cids (and, of a dict, with keys of these, in the same order)."""
    if kind == "dict":
        elements = [cid for pair in sorted(zip(keys, elements, strict=True)) for cid in pair]
    return structure_cid(kind, elements)


def build(kind: str, elements: Any, keys: Sequence[Ref], run: str, loader: Any, rows: Rows | None) -> StructRef:
    """A structure made from refs: a call of `__make_list__` and so on.

    `elements` are refs in order (a dict: key -> ref, and `keys` the refs of its keys in that order).
    With `rows=None` only the ids are made.
    """
    ops = STRUCT_OPS[kind]
    if kind == "dict":
        order = sorted(range(len(keys)), key=lambda i: keys[i].cid)
        values = list(elements.values())
        labelled = [("keys", i, keys[k]) for i, k in enumerate(order)]
        labelled += [("values", i, values[k]) for i, k in enumerate(order)]
    else:
        if kind == "set":
            elements = sorted(elements, key=lambda r: (r.cid, r.hid))
        labelled = [("elts", i, r) for i, r in enumerate(elements)]
    hid = call_id(ops.make, "", [(n, i, r.hid) for n, i, r in labelled])
    ref = struct_of_elements(kind, output_id(hid, ops.make_output), elements, loader, keys)
    if rows is not None:
        cid = call_id(ops.make, "", [(n, i, r.cid) for n, i, r in labelled])
        edges = tuple([InputEdge(n, r.hid, i) for n, i, r in labelled])
        rows.struct_call(hid, cid, ops.make, edges, ((ops.make_output, ref.hid),), run)
        rows.refs.append(struct_row(ref, len(elements)))
    return ref


def element_pairs(kind: str, value: Any) -> list[tuple[Any, Any]]:
    """(key, element) of a plain structure: positions for a list or tuple, None for a set."""
    if kind == "dict":
        return list(value.items())
    if kind == "set":
        return [(None, v) for v in value]
    return list(enumerate(value))


def check_type(kind: str, value: Any, where: str) -> None:
    if not isinstance(value, PYTHON_TYPES[kind]):
        expected = {"list": "MList", "tuple": "MTuple", "set": "MSet", "dict": "MDict"}[kind]
        raise (OutputError if where.startswith("op") else UsageError)(
            f"{where} is annotated {expected}, but got a {type(value).__name__}: give a {kind}, or change the "
            f"annotation."
        )


def take_apart(
    struct: StructType, value: Any, hid: str, encode: Any, run: str, loader: Any, rows: Rows, where: str
) -> StructRef:
    """A returned structure as a ref whose elements are refs: one struct call an element.

    `encode(value, hid or None, where)` gives the ref of an atom and appends its rows.
    """
    kind = struct.kind
    check_type(kind, value, where)
    pairs = element_pairs(kind, value)
    if kind == "set":
        ordered = sorted(pairs, key=lambda p: encode.cid(p[1], where))
        pairs = list(enumerate(v for _, v in ordered))
    keys = [encode(k, None, f"{where}[{k!r}] (its key)") for k, _ in pairs]
    items = item_hids(kind, hid, keys)
    elements: list[Ref] = []
    for index, ((key, element), (_, item)) in enumerate(zip(pairs, items, strict=True)):
        inner = struct.element(index) if kind == "tuple" else struct.element(0)
        path = f"{where}[{key!r}]"
        if inner is not None and not isinstance(element, Atom):
            element = encode.plain(element)
            elements.append(take_apart(inner, element, item, encode, run, loader, rows, path))
        else:
            elements.append(encode(element, item, path))
    return _record(kind, hid, [k for k, _ in pairs], keys, elements, items, run, loader, rows)


def item_hids(kind: str, hid: str, keys: Sequence[Ref]) -> list[tuple[str, str]]:
    """(hid of the getitem call, hid of the element) for each key of the structure `hid`."""
    ops = STRUCT_OPS[kind]
    head = call_head(ops.getitem, "")
    names = sorted([(ops.container, 0), (ops.key, 1)])
    found = []
    for key in keys:
        ids = (hid, key.hid)
        call = simple_call_id(head, [(n, ids[i]) for n, i in names])
        found.append((call, output_id(call, ops.item)))
    return found


def _record(
    kind: str,
    hid: str,
    plain_keys: Sequence[Any],
    keys: Sequence[Ref],
    elements: list[Ref],
    items: list[tuple[str, str]],
    run: str,
    loader: Any,
    rows: Rows,
) -> StructRef:
    ops = STRUCT_OPS[kind]
    content: Any = dict(zip(plain_keys, elements, strict=True)) if kind == "dict" else elements
    ref = struct_of_elements(kind, hid, content, loader, keys)
    names = sorted([(ops.container, 0), (ops.key, 1)])
    head = call_head(ops.getitem, "")
    for position, (key, (call, item)) in enumerate(zip(keys, items, strict=True)):
        cids = (ref.cid, key.cid)
        # a dict's order is no part of its identity, but is given back: it is kept on the edge only
        index = position if kind == "dict" else None
        rows.struct_call(
            call,
            simple_call_id(head, [(n, cids[i]) for n, i in names]),
            ops.getitem,
            (InputEdge(ops.container, hid), InputEdge(ops.key, key.hid, index)),
            ((ops.item, item),),
            run,
        )
    rows.refs.append(struct_row(ref, len(elements)))
    return ref


def rebase(old: Ref, hid: str, key_ref: Any, template: Any, run: str, loader: Any, rows: Rows) -> Ref:
    """The ref with the contents of `old` and the history `hid`: what a reused output becomes.

    `key_ref(key)` gives the raw ref of a position or key and appends its rows; `template(ref)` the stored
    row of a ref.
    """
    if not isinstance(old, StructRef):
        rows.refs.append(template(old)._replace(hid=hid))
        return AtomRef(hid, old.cid, old.type, loader=loader)
    kind = str(old.structure)
    elements: Iterable[tuple[Any, Ref]]
    elements = old.elements.items() if isinstance(old, DictRef) else enumerate(old.elements)
    pairs = list(elements)
    keys = [key_ref(k) for k, _ in pairs]
    items = item_hids(kind, hid, keys)
    new = [
        rebase(e, item, key_ref, template, run, loader, rows) for (_, e), (_, item) in zip(pairs, items, strict=True)
    ]
    return _record(kind, hid, [k for k, _ in pairs], keys, new, items, run, loader, rows)
