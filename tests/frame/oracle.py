"""A second, plain account of what a frame is: everything worked out anew at every step, nothing remembered.

It shares no code with `mandala_graph.frame`. Nodes and elements are strings throughout.
"""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Callable, Iterable

from tests.frame.programs import Provenance

INFINITE = 10**9


def stem(name: str) -> str:
    return re.sub(r"_\d+$", "", name) if re.search(r".*_\d+$", name) else name


class Oracle:
    def __init__(self, prov: Provenance):
        self.prov = prov
        self.variables: dict[str, set[str]] = {}
        self.functions: dict[str, set[str]] = {}
        self.op: dict[str, str] = {}
        self.wires: set[tuple[str, str, str]] = set()
        self.given: set[str] = set()

    def clone(self) -> Oracle:
        other = copy.copy(self)
        other.variables = {k: set(v) for k, v in self.variables.items()}
        other.functions = {k: set(v) for k, v in self.functions.items()}
        other.op, other.wires, other.given = dict(self.op), set(self.wires), set(self.given)
        return other

    # -- starts --------------------------------------------------------------------------------------
    @classmethod
    def of_op(cls, prov: Provenance, op: str) -> Oracle:
        o = cls(prov)
        calls = {c for c, call in prov.calls.items() if call.op == op}
        o.functions[op], o.op[op] = calls, op
        for label in o.labels(calls, "inputs"):
            v = o.unused(label)
            o.variables[v] = o.at(calls, "inputs", label)
            o.wires.add((v, op, label))
        for label in o.labels(calls, "outputs"):
            v = o.unused("var" if re.fullmatch(r"output_\d+", label) else label)
            o.variables[v] = o.at(calls, "outputs", label)
            o.wires.add((op, v, label))
        return o

    @classmethod
    def of_variables(cls, prov: Provenance, named: dict[str, Iterable[str]]) -> Oracle:
        o = cls(prov)
        o.variables = {k: set(v) for k, v in named.items()}
        o.given = set(named)
        return o

    # -- words ---------------------------------------------------------------------------------------
    def labels(self, calls: Iterable[str], side: str) -> list[str]:
        found: list[str] = []
        for c in sorted(calls):
            for label, _ in getattr(self.prov.calls[c], side):
                if label not in found:
                    found.append(label)
        return found

    def at(self, calls: Iterable[str], side: str, label: str) -> set[str]:
        return {r for c in calls for x, r in getattr(self.prov.calls[c], side) if x == label}

    def unused(self, base: str) -> str:
        names = {*self.variables, *self.functions}
        candidates = itertools.chain([] if base == "var" else [base], (f"{base}_{i}" for i in itertools.count()))
        return next(n for n in candidates if n not in names)

    def feeders(self, f: str, label: str) -> list[str]:
        """Variables at an input label, the one that takes new refs first."""
        found = [v for v in self.variables if (v, f, label) in self.wires]
        return [v for v in found if v not in self.given] + [v for v in found if v in self.given]

    def makes(self, f: str, label: str) -> list[str]:
        found = [v for v in self.variables if (f, v, label) in self.wires]
        return [v for v in found if v not in self.given] + [v for v in found if v in self.given]

    def beyond(self, starts: Iterable[str], forward: bool) -> set[str]:
        found: set[str] = set()
        frontier = set(starts)
        while frontier:
            step = {(t if forward else s) for s, t, _ in self.wires if (s if forward else t) in frontier}
            frontier = step - found
            found |= step
        return found

    # -- elements and rows ---------------------------------------------------------------------------
    def arrows(self) -> set[tuple[tuple[str, str], tuple[str, str]]]:
        found = set()
        for s, t, label in self.wires:
            if s in self.variables:
                found |= {
                    ((s, r), (t, c))
                    for c in self.functions[t]
                    for x, r in self.prov.calls[c].inputs
                    if x == label and r in self.variables[s]
                }
            else:
                found |= {
                    ((s, c), (t, r))
                    for c in self.functions[s]
                    for x, r in self.prov.calls[c].outputs
                    if x == label and r in self.variables[t]
                }
        return found

    def histories(self) -> dict[tuple[str, str], dict[str, frozenset[str]]]:
        arrows = self.arrows()
        elements = {(n, e) for tab in (self.variables, self.functions) for n, es in tab.items() for e in es}
        up: dict[tuple[str, str], set[tuple[str, str]]] = {e: set() for e in elements}
        for a, b in arrows:
            up[b].add(a)
        found = {}
        for sink in elements - {a for a, _ in arrows}:
            past = {sink}
            while more := set().union(*[up[e] for e in past]) - past:
                past |= more
            found[sink] = {n: frozenset(e for m, e in past if m == n) for n in {n for n, _ in past}}
        return found

    def rows(self) -> list[dict[str, frozenset[str]]]:
        """By brute force: every set of sinks is tried."""
        past = self.histories()
        sinks = sorted(past)

        def fine(a: tuple[str, str], b: tuple[str, str]) -> bool:
            return all(past[a][n] == past[b][n] for n in past[a].keys() & past[b].keys())

        def together(group: frozenset[tuple[str, str]]) -> bool:
            part = {min(group)}
            while more := {s for s in group - part if any(past[s].keys() & past[t].keys() for t in part)}:
                part |= more
            return len(part) == len(group)

        agreeing: set[frozenset[tuple[str, str]]] = {frozenset([s]) for s in sinks}
        layer = set(agreeing)
        while layer:
            layer = {g | {s} for g in layer for s in sinks if s not in g and all(fine(s, t) for t in g)}
            agreeing |= layer
        good = [g for g in agreeing if together(g)]
        best = [g for g in good if not any(g < h for h in good)]
        return [{n: cell for s in g for n, cell in past[s].items()} for g in best]

    def keeps_rows(self, change: Callable[[Oracle], object]) -> bool:
        before = self.histories()
        trial = self.clone()
        change(trial)
        after = trial.histories()
        return all(after[s].get(n) == cell for s in before if s in after for n, cell in before[s].items())

    # -- growing -------------------------------------------------------------------------------------
    def admit(self, f: str, calls: set[str]) -> None:
        self.functions[f] |= calls
        for label in self.labels(calls, "inputs"):
            homes = self.feeders(f, label)
            if homes:
                held = set().union(*[self.variables[v] for v in homes])
                self.variables[homes[0]] |= self.at(calls, "inputs", label) - held

    def enter(self, f: str, calls: set[str], turns: int, outputs: bool) -> None:
        self.admit(f, calls)
        for label in self.labels(calls, "inputs"):
            if not self.feeders(f, label):
                self.house(f, label, turns)
        if not outputs:
            return
        for label in self.labels(calls, "outputs"):
            homes = self.makes(f, label)
            refs = self.at(calls, "outputs", label) - set().union(*[self.variables[v] for v in homes])
            if refs and not homes:
                v = self.unused("var" if re.fullmatch(r"output_\d+", label) else label)
                self.variables[v] = set()
                self.wires.add((f, v, label))
                homes = [v]
            if refs:
                self.variables[homes[0]] |= refs

    def house(self, f: str, label: str, turns: int) -> None:
        made = self.prov.creator
        refs = self.at(self.functions[f], "inputs", label)
        before = self.histories()
        contents = {}
        for sink, cells in before.items():
            inside = self.at(cells.get(f, ()), "inputs", label)
            if inside:
                contents[sink] = frozenset(inside)
        claimed = []
        for v in sorted(self.given):
            own = {r for r in refs & self.variables[v] if r in made}
            if own:
                claimed.append(v)
                refs -= own
        old = self.clone()  # its rows are those before the given variables are wired
        self.wires |= {(v, f, label) for v in claimed}
        if not refs:
            return
        below = self.beyond([f], forward=True)
        chosen = None
        for v in self.variables:
            if v in claimed:
                continue
            alike = [w for w in below if w in self.variables and stem(w) == stem(v)]
            if v in below and len(alike) >= turns and all(r in made for r in refs) and refs <= self.variables[v]:
                chosen = v
                break
            if any(s == v and t == f for s, t, _ in self.wires):
                continue
            shared = refs & self.variables[v]
            evidence = label in (v, stem(v)) or any(r in made for r in shared)
            if not evidence and shared:
                evidence = len({x for sink, x in contents.items() if v in before[sink]}) > 1

            def join(o: Oracle, v: str = v, refs: set[str] = refs) -> None:
                o.variables[v] |= refs
                o.wires |= {(w, f, label) for w in [*claimed, v]}

            if evidence and old.keeps_rows(join):
                chosen = v
                break
        if chosen is None:
            chosen = self.unused(label)
            self.variables[chosen] = set()
        self.variables[chosen] |= refs
        self.wires.add((chosen, f, label))

    def step_back(self, turns: int) -> bool:
        moved = False
        for v in list(self.variables):
            wired = {c for f, t, _ in self.wires if t == v for c in self.functions[f]}
            makers = {self.prov.creator[r] for r in self.variables[v] if r in self.prov.creator} - wired
            for op in sorted({self.prov.calls[c].op for c in makers}):
                moved = True
                calls = {c for c in makers if self.prov.calls[c].op == op}
                labels = [x for x in self.labels(calls, "outputs") if self.at(calls, "outputs", x) & self.variables[v]]
                below = self.beyond([v], forward=True)
                same_op = [f for f in self.functions if self.op[f] == op]
                loop = [f for f in same_op if f in below]
                if len(loop) >= turns:
                    f = loop[-1]
                else:
                    here = [f for f in same_op if any(s == f and t == v for s, t, _ in self.wires)]
                    alike = [f for f in same_op if self.functions[f] & calls and f not in below]
                    f = ""
                    for candidate in here + alike:

                        def join(
                            o: Oracle, f: str = candidate, calls: set[str] = calls, labels: list[str] = labels
                        ) -> None:
                            o.wires |= {(f, v, x) for x in labels}  # noqa: B023
                            o.admit(f, calls)

                        if self.keeps_rows(join):
                            f = candidate
                            break
                    if not f:
                        f = self.unused(op)
                        self.functions[f], self.op[f] = set(), op
                self.wires |= {(f, v, x) for x in labels}
                self.enter(f, calls, turns, outputs=False)
        return moved

    def step_forward(self, turns: int) -> bool:
        made = self.prov.creator
        open_ends: dict[str, set[tuple[str, str, bool]]] = {}
        for v, refs in self.variables.items():
            for r in refs:
                if r not in made and r in self.prov.scalars and v not in self.given:
                    continue
                for c in self.prov.consumers[r]:
                    for label, x in self.prov.calls[c].inputs:
                        wired = any(
                            s == v and lab == label and c in self.functions[t]
                            for s, t, lab in self.wires
                            if t in self.functions
                        )
                        if x == r and not wired:
                            open_ends.setdefault(c, set()).add((label, v, r in made))
        groups: dict[tuple[str, tuple[tuple[str, str], ...]], set[str]] = {}
        for c, ends in open_ends.items():
            sure = {(label, v) for label, v, computed in ends if computed}
            if not sure and any(c in calls for calls in self.functions.values()):
                continue
            key = tuple(sorted(sure or {(label, v) for label, v, _ in ends}))
            groups.setdefault((self.prov.calls[c].op, key), set()).add(c)
        for op, key in sorted(groups):
            calls = groups[op, key]
            same_op = [f for f in self.functions if self.op[f] == op]
            above = self.beyond([v for _, v in key], forward=False)
            loop = [f for f in same_op if f in above]
            choice = [f for f in same_op if self.functions[f] & calls]
            choice += [f for f in same_op if all((v, f, label) in self.wires for label, v in key)]
            if not choice and loop and len(loop) >= turns:
                choice = [loop[-1]]
            if not choice:
                f = self.unused(op)
                self.functions[f], self.op[f] = set(), op
                choice = [f]
            self.wires |= {(v, choice[0], label) for label, v in key}
            self.enter(choice[0], calls, turns, outputs=True)
        return bool(groups)

    def expand(self, how: str, turns: int | None, recursive: bool = True) -> None:
        n = INFINITE if turns is None else turns
        while True:
            moved = False
            if how in ("back", "all"):
                moved |= self.step_back(n)
            if how in ("forward", "all"):
                moved |= self.step_forward(n)
            if not moved or not recursive:
                return
