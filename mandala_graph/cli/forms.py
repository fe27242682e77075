"""The fixed forms of `--json`, and the words for the same things: a ref, a call, a run, a version, a component, an op.

Properties have the graph's names and units (`mandala_graph.graph`): times in epoch seconds, durations in seconds, sizes
in bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mandala_graph.store.protocol import (
    CallRow,
    ComponentRow,
    OpRow,
    RefRow,
    RunRow,
    VersionRow,
)

__all__ = [
    "call_form",
    "component_form",
    "given",
    "made",
    "op_form",
    "ref_form",
    "run_form",
    "value_of",
    "version_form",
]


def ref_form(row: RefRow) -> dict[str, Any]:
    return {"kind": "ref", **row._asdict()}


def call_form(row: CallRow, refs: Mapping[str, RefRow]) -> dict[str, Any]:
    """A call with its inputs and outputs, each with its name and its ref."""
    form = {"kind": "call", **row._asdict()}
    form["inputs"] = [
        {"name": e.name, "index": e.index, "ref": ref_form(refs[e.ref])} for e in ordered(row) if e.ref in refs
    ]
    form["outputs"] = [{"name": name, "ref": ref_form(refs[ref])} for name, ref in sorted(row.outputs) if ref in refs]
    return form


def op_form(row: OpRow) -> dict[str, Any]:
    return {"kind": "op", **row._asdict()}


def version_form(row: VersionRow) -> dict[str, Any]:
    return {"kind": "version", **row._asdict()}


def component_form(row: ComponentRow) -> dict[str, Any]:
    return {"kind": "component", **row._asdict()}


def run_form(row: RunRow) -> dict[str, Any]:
    return {"kind": "run", **row._asdict()}


def ordered(row: CallRow) -> list[Any]:
    return sorted(row.inputs, key=lambda e: (e.name, -1 if e.index is None else e.index))


def value_of(row: RefRow | None, width: int = 40) -> str:
    """A value in a few words."""
    if row is None:
        return "?"
    text = row.preview or row.type
    text = text if len(text) <= width else text[: width - 1] + "…"
    return f"{text} (dropped)" if row.dropped is not None else text


def given(row: CallRow, refs: Mapping[str, RefRow], width: int = 24) -> str:
    """The inputs of a call, as they stand in Python."""
    return ", ".join(_named([(e.name, e.ref) for e in ordered(row)], refs, width))


def made(row: CallRow, refs: Mapping[str, RefRow], width: int = 24) -> str:
    """The outputs of a call."""
    return ", ".join(_named(sorted(row.outputs), refs, width))


def _named(edges: Iterable[tuple[str, str]], refs: Mapping[str, RefRow], width: int) -> list[str]:
    parts: dict[str, list[str]] = {}
    for name, ref in edges:
        parts.setdefault(name, []).append(value_of(refs.get(ref), width))
    words = []
    for name, values in parts.items():
        if len(values) == 1:
            words.append(f"{name}={values[0]}")
        else:
            more = f", … {len(values) - 3} more" if len(values) > 3 else ""
            words.append(f"{name}=[{', '.join(values[:3])}{more}]")
    return words
