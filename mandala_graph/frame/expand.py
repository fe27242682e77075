"""Growing a frame along the provenance, upstream and downstream, step by step.

A step looks only at refs that came in since the last step in its direction: what an earlier step has looked
at is wired, or stays out for good. Where a new call or ref goes is decided by names, wires, computed refs and
by what the rows say (`fits`), never by the order in which a set is walked through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress

import numpy as np

from mandala_graph.frame.body import Body
from mandala_graph.frame.fits import Change, Rows
from mandala_graph.frame.names import base_name, output_name
from mandala_graph.frame.web import among, numbers
from mandala_graph.store.reach import Ints, distinct

__all__ = ["Expander"]


class Expander:
    """Expands one body in place.

    Args:
        body: what grows.
        unroll: how many turns of a loop stay apart before it closes; None, all of them.
        only: the variables to start from (and those that come of them); None, all.
        on_step: called after every step with the body, for a progress bar.
    """

    def __init__(
        self,
        body: Body,
        unroll: int | None = 1,
        only: Iterable[str] | None = None,
        on_step: Callable[[Body], None] | None = None,
    ) -> None:
        self.body = body
        self.web = body.web
        self.unroll = float("inf") if unroll is None else unroll
        self.only = None if only is None else set(only)
        self.on_step = on_step or (lambda body: None)
        self._back: dict[str, set[int]] = {}
        self._forward: dict[str, set[int]] = {}
        self._rows: Rows | None = None
        for v, refs in body.vars.items():
            self._note(v, refs)

    def back(self, recursive: bool) -> None:
        self.web.reach(self._pending(self._back), "back", recursive)
        while self._step_back() and recursive:
            self.on_step(self.body)

    def forward(self, recursive: bool) -> None:
        self.web.reach(self._pending(self._forward), "forward", recursive, self._followed())
        while self._step_forward() and recursive:
            self.on_step(self.body)

    def all(self) -> None:
        self.web.reach(self._pending(self._forward), "both", True, self._followed())
        while True:
            back = self._step_back()
            forward = self._step_forward()
            self.on_step(self.body)
            if not (back or forward):
                return

    def complete(self, f: str, outputs: bool) -> None:
        """Find a home for every input, or output, of a function's calls."""
        if outputs:
            self._add_outputs(f, self.body.funcs[f])
        else:
            self._add_calls(f, self.body.funcs[f], outputs=False)

    # -- bookkeeping ---------------------------------------------------------------------------------
    def _note(self, v: str, refs: set[int]) -> None:
        if self.only is not None and v not in self.only:
            return
        self._back.setdefault(v, set()).update(refs)
        self._forward.setdefault(v, set()).update(refs)

    @staticmethod
    def _pending(table: dict[str, set[int]]) -> set[int]:
        return set().union(*table.values())

    def _followed(self) -> set[int]:
        """Refs that lead on because the user gave them, whatever they are."""
        return set().union(*[refs for v, refs in self._forward.items() if v in self.body.pinned])

    def _new_var(self, base: str) -> str:
        name = self.body.add_var(self.body.fresh(base))
        if self.only is not None:
            self.only.add(name)
        return name

    def _put(self, v: str, refs: set[int]) -> None:
        new = refs - self.body.vars[v]
        if new:
            self.body.vars[v] |= new
            self._note(v, new)
            self._rows = None

    def _wire(self, source: str, target: str, label: str) -> None:
        if (source, target, label) not in self.body.edges:
            self.body.add_edge((source, target, label))
            self._rows = None

    def _put_calls(self, f: str, calls: set[int]) -> None:
        if not calls <= self.body.funcs[f]:
            self.body.funcs[f] |= calls
            self._rows = None

    @property
    def rows(self) -> Rows:
        """The rows of the body as it is now."""
        if self._rows is None:
            self._rows = Rows(self.body)
        return self._rows

    def _of_op(self, op: str) -> list[str]:
        return [f for f, other in self.body.ops.items() if other == op]

    # -- upstream ------------------------------------------------------------------------------------
    def _step_back(self) -> bool:
        changed = False
        for v in list(self.body.vars):
            refs = self._back.pop(v, None)
            if not refs:
                continue
            groups = self._creators(v, refs)
            for op in sorted(groups):
                changed = True
                self._add_creators(v, op, groups[op])
        return changed

    def _creators(self, v: str, refs: set[int]) -> dict[str, set[int]]:
        """Calls that made these refs and are not wired to the variable, by op."""
        web, body = self.web, self.body
        wanted = numbers(refs)
        missing = wanted[(web.computed[wanted] != 0) & (web.creator[wanted] < 0)]
        if len(missing):
            web.reach(missing.tolist(), "back", False)
        calls = distinct(web.creator[wanted])
        calls = calls[calls >= 0]
        for f in dict.fromkeys(f for f, _ in body.ins[v]):
            calls = calls[~among(calls, body.funcs[f])]
        groups: dict[str, set[int]] = {}
        for c in calls.tolist():
            groups.setdefault(web.call_op[c], set()).add(c)
        return groups

    def _add_creators(self, v: str, op: str, calls: set[int]) -> None:
        body, web = self.body, self.web
        held = body.vars[v]
        labels = [x for x in web.labels(calls, 1) if not held.isdisjoint(web.refs_at(calls, 1, x))]
        home: str | None = None
        if candidates := self._of_op(op):
            down = body.reachable([v], back=False)
            loops = [f for f in candidates if f in down]
            if loops and len(loops) >= self.unroll:
                home = loops[-1]
            else:
                makers = {f for f, _ in body.ins[v]}
                here = [f for f in candidates if f in makers]
                same = [f for f in candidates if f not in down and not body.funcs[f].isdisjoint(calls)]
                for f in dict.fromkeys(here + same):
                    change = self._growth(f, calls)
                    change.edges = [e for x in labels if (e := (f, v, x)) not in body.edges]
                    if self.rows.fits(change):
                        home = f
                        break
        if home is None:
            home = body.add_func(body.fresh(op), op)
        for x in labels:
            self._wire(home, v, x)
        self._add_calls(home, calls, outputs=False)

    # -- downstream ----------------------------------------------------------------------------------
    def _step_forward(self) -> bool:
        groups = self._consumers()
        for op, sig in sorted(groups):
            self._add_consumers(op, sig, groups[op, sig])
        return bool(groups)

    def _consumers(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], set[int]]:
        """Calls that use refs that came in and are not wired there, by op and by what feeds which label."""
        web, body = self.web, self.body
        pending, self._forward = self._forward, {}
        followed = {v: self._leading(v, refs) for v, refs in pending.items()}
        if unknown := {r for refs in followed.values() for r in refs.tolist()} - web.known_consumers:
            web.reach(unknown, "forward", False, unknown)
        wires: dict[tuple[str, str], int] = {}
        none = np.zeros(0, np.int64)
        hits = [(none, none, none), *[self._open(v, refs, wires) for v, refs in followed.items()]]
        callers, wired, computed = map(np.concatenate, zip(*hits, strict=True))
        sure = computed != 0
        if not sure.all():
            # Raw values tell where a call belongs only where no computed one does, and the call is not here already.
            here = set().union(*body.funcs.values())
            keep = sure | ~(np.isin(callers, callers[sure]) | among(callers, here))
            callers, wired = callers[keep], wired[keep]
        return self._grouped(callers, wired, list(wires))

    def _leading(self, v: str, refs: set[int]) -> Ints:
        """Those of a variable's refs that lead downstream."""
        wanted = numbers(refs)
        if v in self.body.pinned:
            return wanted
        leads: Ints = wanted[(self.web.computed[wanted] != 0) | (self.web.scalar[wanted] == 0)]
        return leads

    def _open(self, v: str, refs: Ints, wires: dict[tuple[str, str], int]) -> tuple[Ints, Ints, Ints]:
        """Uses of a variable's refs that are not wired to it: call, number of (label, variable), is the ref computed."""
        web, body = self.web, self.body
        used, callers, labels = web.uses.of(refs)
        new = np.ones(len(used), np.bool_)
        for f, label in body.outs[v]:
            new &= ~((labels == web.code(label)) & among(callers, body.funcs[f]))
        found, at = np.unique(labels[new], return_inverse=True)
        number = [wires.setdefault((web.labels_by_code[x], v), len(wires)) for x in found.tolist()]
        return callers[new], np.array(number, np.int64)[at.reshape(-1)], web.computed[used[new]]

    def _grouped(
        self, callers: Ints, wired: Ints, wires: list[tuple[str, str]]
    ) -> dict[tuple[str, tuple[tuple[str, str], ...]], set[int]]:
        """Calls by op and by what feeds them."""
        ordered = sorted(wires)
        place = {w: i for i, w in enumerate(ordered)}
        rank = np.array([place[w] for w in wires], np.int64)
        size = len(wires) + 1
        both = distinct(callers * size + rank[wired]) if len(callers) else callers
        calls, first = np.unique(both // size, return_index=True)
        text = (both % size).tobytes()
        ends = [*(first * 8).tolist(), len(text)]
        groups: dict[tuple[str, bytes], set[int]] = {}
        op = self.web.call_op
        for c, a, b in zip(calls.tolist(), ends[:-1], ends[1:], strict=True):
            groups.setdefault((op[c], text[a:b]), set()).add(c)
        return {
            (name, tuple([ordered[i] for i in np.frombuffer(cut, np.int64).tolist()])): members
            for (name, cut), members in groups.items()
        }

    def _add_consumers(self, op: str, sig: tuple[tuple[str, str], ...], calls: set[int]) -> None:
        body = self.body
        candidates = self._of_op(op)
        home = next((f for f in candidates if not body.funcs[f].isdisjoint(calls)), None)
        if home is None:
            wires = {(label, v) for label, v in sig}
            home = next((f for f in candidates if wires <= {(x, v) for v, x in body.ins[f]}), None)
        if home is None and candidates:
            up = body.reachable([v for _, v in sig], back=True)
            loops = [f for f in candidates if f in up]
            if loops and len(loops) >= self.unroll:
                home = loops[-1]
        if home is None:
            home = body.add_func(body.fresh(op), op)
        for label, v in sig:
            self._wire(v, home, label)
        self._add_calls(home, calls, outputs=True)

    # -- putting calls into a function ---------------------------------------------------------------
    def _growth(self, f: str, calls: set[int]) -> Change:
        """What putting calls into a function adds: inputs at wired labels go to the variable wired there first."""
        body, web = self.body, self.web
        change = Change()
        if more := calls - body.funcs[f]:
            change.add(f, more)
        wired = {label for _, label in body.ins[f]}
        if wired:
            for label in web.labels(calls, 0):
                if label in wired:
                    homes = body.wired(f, label, 0)
                    refs = web.refs_at(calls, 0, label)
                    for v in homes:
                        refs -= body.vars[v]
                        with suppress(KeyError):
                            refs -= change.elements[v]
                    if refs:
                        change.add(min(homes, key=body.home_order()), refs)
        return change

    def _add_calls(self, f: str, calls: set[int], outputs: bool) -> None:
        body, web = self.body, self.web
        change = self._growth(f, calls)
        self._put_calls(f, calls)
        for v, refs in change.elements.items():
            if v != f:
                self._put(v, refs)
        for label in web.labels(calls, 0):
            if not body.wired(f, label, 0):
                self._find_home(f, label)
        if outputs:
            self._add_outputs(f, calls)

    def _add_outputs(self, f: str, calls: set[int]) -> None:
        body, web = self.body, self.web
        for label in web.labels(calls, 1):
            wired = body.wired(f, label, 1)
            refs = web.refs_at(calls, 1, label)
            for v in wired:
                refs -= body.vars[v]
            if refs:
                if wired:
                    self._put(min(wired, key=body.home_order()), refs)
                else:
                    v = self._new_var(output_name(label))
                    self._put(v, refs)
                    self._wire(f, v, label)

    def _find_home(self, f: str, label: str) -> None:
        """Wire an input label of a function to the variables where its refs belong, made when there is none."""
        body, web = self.body, self.web
        refs = web.refs_at(body.funcs[f], 0, label)
        homes: list[str] = []
        for v in sorted(body.pinned):
            claimed = web.of_calls(refs & body.vars[v])
            if claimed:
                homes.append(v)
                refs -= claimed
        if refs:
            v = self._choose(f, label, refs, homes) or self._new_var(label)
        for h in homes:
            self._wire(h, f, label)
        if refs:
            self._put(v, refs)
            self._wire(v, f, label)

    def _choose(self, f: str, label: str, refs: set[int], homes: list[str]) -> str | None:
        body, web = self.body, self.web
        fed = {v for v, _ in body.ins[f]} | set(homes)
        down: set[str] | None = None
        computed = len(web.of_calls(refs)) == len(refs)
        turns: dict[str, int] = {}
        for v, held in body.vars.items():
            if v in homes:
                continue
            base = base_name(v)
            if computed and refs <= held:
                if down is None:
                    down = body.reachable([f], back=False)
                    for d in down:
                        if d in body.vars:
                            turns[base_name(d)] = turns.get(base_name(d), 0) + 1
                if v in down and turns.get(base, 0) >= self.unroll:
                    return v
            if v in fed:
                continue
            named = label in (v, base)
            shared = refs & held
            if not (named or shared):
                continue
            rows = self.rows
            if not named and not web.of_calls(shared) and not rows.varies(f, label, v):
                continue
            change = Change(edges=[*[(h, f, label) for h in homes], (v, f, label)])
            if missing := refs - held:
                change.add(v, missing)
            if rows.fits(change):
                return v
        return None
