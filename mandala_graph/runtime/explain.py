"""Why a call will hit or miss: an answer for people, from what the store holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from mandala_graph.runtime.known import in_program, usable
from mandala_graph.runtime.memoizer import Memoizer
from mandala_graph.runtime.request import Request
from mandala_graph.store.protocol import CallRow, RefRow

if TYPE_CHECKING:
    from mandala_graph.runtime.op import OpFunction

__all__ = ["Explanation", "explain"]

_NEAREST = 1_000
"""How many of the op's latest calls are compared with a new one."""

Reason = Literal["same call", "same contents", "dropped value", "new op", "new input", "code changed"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What will happen when the call is made.

    `hit` says whether it is reused; `reason` why; `call` is the hid of the call that is reused (or that was
    nearest); `changed` names the inputs in which a new call differs from the nearest one of the op's latest
    thousand, with the earlier and the new preview. `text` says it all in a sentence.
    """

    hit: bool
    reason: Reason
    text: str
    call: str | None = None
    changed: dict[str, tuple[str, str]] = field(default_factory=dict)
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join((f"{'hit' if self.hit else 'miss'}: {self.text}", *self.details))


def explain(memoizer: Memoizer, op: OpFunction[Any, Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Explanation:
    state = memoizer.state(op)
    bound = op.signature.bind(args, kwargs)
    request = Request(op, state, bound, memoizer.identifier.inputs(op, bound), None)
    memoizer.writer.flush()
    heads = request.heads
    hids = [request.hid(h) for h in heads]
    cids = [request.cid(h) for h in heads]
    by_hid, by_cid = memoizer.store.lookup(hids, cids)
    for hid in hids:
        row = in_program(state, by_hid.get(hid))
        if row is not None:
            if usable(op, row):
                return Explanation(True, "same call", f"{request.describe()} was computed before.", hid)
            gone = ", ".join(o.name for o in row.outputs if o.dropped is not None)
            text = f"{request.describe()} was computed before, but the value of {gone} was dropped: it runs again."
            return Explanation(False, "dropped value", text, hid)
    for cid in cids:
        row = in_program(state, by_cid.get(cid))
        if row is not None and usable(op, row):
            text = (
                f"{request.describe()} was computed on values with another history and equal contents: "
                f"its outputs are reused, and the new call is recorded."
            )
            return Explanation(True, "same contents", text, row.hid)
    return _why_new(memoizer, request)


def _why_new(memoizer: Memoizer, request: Request) -> Explanation:
    op, store = request.op, memoizer.store
    names = request.state.names
    earlier = store.calls_of(names.shown)
    if not earlier:
        return Explanation(False, "new op", f"no call of {op.name} is in {memoizer.storage.location} yet.")
    calls = [c for c in store.calls(earlier[-_NEAREST:]).values() if c.status == "ok"]
    refs = store.refs({e.ref for c in calls for e in c.inputs})
    wanted = {i.name: i for i in request.inputs}

    def inputs(call: CallRow) -> dict[str, RefRow]:
        program = names.inputs.program
        return {program.get(e.name, e.name): refs[e.ref] for e in call.inputs if e.ref in refs}

    def differing(call: CallRow) -> list[str]:
        had = {n: r.cid for n, r in inputs(call).items()}
        return [n for n in sorted(had.keys() | wanted.keys()) if n not in wanted or had.get(n) != wanted[n].cid]

    if not calls:
        return Explanation(False, "new op", f"every call of {op.name} so far failed.")
    nearest = min(reversed(calls), key=lambda c: len(differing(c)))
    differ = differing(nearest)
    if not differ:
        details = tuple(memoizer.versions.why(op, nearest.version)) if memoizer.versions is not None else ()
        text = (
            f"{request.describe()} was computed before by other code of {op.name}, or on purpose under another version."
        )
        return Explanation(False, "code changed", text, nearest.hid, {}, details)
    had = {n: r.preview for n, r in inputs(nearest).items()}
    changed = {n: (had.get(n, "(absent)"), _preview(memoizer, wanted.get(n))) for n in differ}
    told = ", ".join(f"{n} ({old} -> {new})" for n, (old, new) in changed.items())
    text = f"{request.describe()} is new; against the nearest earlier call it differs in {told}."
    return Explanation(False, "new input", text, nearest.hid, changed)


def _preview(memoizer: Memoizer, i: Any) -> str:
    if i is None:
        return "(absent)"
    from mandala_graph import codecs

    return codecs.describe(i.source)[1] if i.ref is None else repr(i.ref)
