"""What a code object says, apart from how it was written: digests, and the names that it uses.

A digest does not change with line numbers, files, comments, formatting, docstrings, the annotations of the
function itself, or the names of its local variables. It does not follow names: what a function refers to is
found by `closure`.
"""

from __future__ import annotations

import dis
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from blake3 import blake3

__all__ = ["CodeFacts", "Import", "Renames", "code_digest", "digest", "facts", "nested"]

_SKIPPED = frozenset({"NOP", "CACHE", "RESUME", "EXTENDED_ARG", "NOT_TAKEN"})
_FILLERS = frozenset({"CACHE", "EXTENDED_ARG", "PRECALL", "NOP"})
_JUMPS = frozenset(dis.hasjrel) | frozenset(dis.hasjabs)
_CONSTS = frozenset(dis.hasconst)
_NAMES = frozenset(dis.hasname)
_LOCALS = frozenset(dis.haslocal)
_FREE = frozenset(dis.hasfree)
_COMPARE = frozenset(dis.hascompare)
_FLAGS = 0x04 | 0x08 | 0x20 | 0x80 | 0x100 | 0x200  # *args, **kwargs, generator, coroutine, ...
_READS_LOCALS = frozenset({"locals", "vars", "dir", "eval", "exec"})
_GLOBAL_LOADS = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})
_ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
_OTHER_ATTRIBUTES = frozenset({"LOAD_SUPER_ATTR", "STORE_ATTR", "DELETE_ATTR"})
_DYNAMIC = frozenset(
    {
        "__dict__",
        "__import__",
        "attrgetter",
        "eval",
        "exec",
        "getattr",
        "globals",
        "import_module",
        "methodcaller",
        "vars",
    }
)
_MODULES = ("sys", "modules")
_READS_CODE = {
    "annotations": frozenset(
        {"__annotations__", "fields", "get_annotations", "get_type_hints", "getfullargspec", "signature"}
    ),
    "docs": frozenset({"__doc__", "getdoc"}),
    "source": frozenset({"findsource", "getsource", "getsourcelines"}),
}
"""Names by which code reads what of code counts for nothing else."""


def digest(*parts: str | bytes) -> str:
    """40 hex characters over parts that cannot run into each other."""
    hasher = blake3(b"mg1:code")
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        hasher.update(len(data).to_bytes(8, "little"))
        hasher.update(data)
    return hasher.hexdigest(length=20)


def nested(code: types.CodeType) -> Iterator[types.CodeType]:
    """A code object and every one inside it."""
    yield code
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            yield from nested(const)


class Renames(NamedTuple):
    """Names of ops that code uses, and of its parameters, with the names that ids were made with."""

    used: Mapping[str, str] = {}
    parameters: Mapping[str, str] = {}

    def inside(self, code: types.CodeType) -> Renames:
        """Those that hold in a function defined inside."""
        return Renames(self.used, {n: i for n, i in self.parameters.items() if n in code.co_freevars})


_NO_RENAMES = Renames()
_digests: dict[tuple[int, bool], tuple[types.CodeType, str]] = {}


def code_digest(code: types.CodeType, docs: bool = False, renames: Renames = _NO_RENAMES) -> str:
    """The digest of a code object; `docs` lets docstrings count (they are read at run time)."""
    if renames.used or renames.parameters:
        return digest(*_normal(code, docs, renames))
    known = _digests.get((id(code), docs))
    if known is not None and known[0] is code:
        return known[1]
    made = digest(*_normal(code, docs, renames))
    _digests[id(code), docs] = (code, made)
    return made


def _normal(code: types.CodeType, docs: bool, renames: Renames) -> Iterator[str]:
    nargs = code.co_argcount + code.co_kwonlyargcount
    nargs += bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)
    local_names = code.co_varnames[nargs:]
    kept = frozenset(code.co_cellvars) | frozenset(code.co_freevars)
    renamed: dict[str, str] = {}
    if not _READS_LOCALS.intersection(code.co_names):
        renamed = {n: f"%{i}" for i, n in enumerate(n for n in local_names if n not in kept)}
    renamed.update(renames.parameters)
    names = [
        tuple([renames.parameters.get(n, n) for n in some])
        for some in (code.co_varnames[:nargs], code.co_cellvars, code.co_freevars)
    ]
    yield (
        f"{code.co_argcount} {code.co_posonlyargcount} {code.co_kwonlyargcount} {code.co_flags & _FLAGS} "
        f"{names[0]} {names[1]} {names[2]}"
    )
    instructions = [i for i in _without_annotations(code) if i.opname not in _SKIPPED]
    if not docs:
        instructions = _without_docs(instructions)
    offsets = [i.offset for i in instructions]
    position = {o: n for n, o in enumerate(offsets)}

    def place(offset: int) -> int:
        found = position.get(offset)
        return found if found is not None else sum(o < offset for o in offsets)

    for i in instructions:
        yield f"{i.opname} {_argument(i, renamed, place, docs, renames)}"
    if docs and code.co_consts and isinstance(code.co_consts[0], str):
        yield f"doc {code.co_consts[0]}"
    for start, end, target, depth in _exceptions(code.co_exceptiontable):
        first, last = place(start), place(end)
        if first < last:
            yield f"try {first} {last} {place(target)} {depth}"


def _without_annotations(code: types.CodeType) -> list[dis.Instruction]:
    """The instructions of code, less those that make the annotations of functions defined in it."""
    instructions = list(dis.get_instructions(code))
    drop: set[int] = set()
    for n, i in enumerate(instructions):
        if i.opname == "MAKE_FUNCTION" and (i.arg or 0) & 4:
            end = n - 1  # the function's code
            if (i.arg or 0) & 8:
                end = _start(instructions, end - 1)
            last = end - 1
            first = _start(instructions, last)
        elif i.opname == "SET_FUNCTION_ATTRIBUTE" and i.arg == 4:
            last = next((m for m in range(n - 1, 0, -1) if instructions[m].opname == "MAKE_FUNCTION"), 1) - 2
            first = _start(instructions, last)
        else:
            continue
        if first >= 0 and instructions[last].opname == "BUILD_TUPLE":
            drop.update(range(first, last + 1))
    if not drop:
        return instructions
    # that there are annotations is a bit of MAKE_FUNCTION
    return [
        i._replace(arg=(i.arg or 0) & ~4) if i.opname == "MAKE_FUNCTION" else i
        for n, i in enumerate(instructions)
        if n not in drop and not (i.opname == "SET_FUNCTION_ATTRIBUTE" and i.arg == 4)
    ]


def _start(instructions: list[dis.Instruction], last: int) -> int:
    """Where the instructions begin that push the one value that `last` leaves; -1 if they are not in a row."""
    wanted = 1
    for n in range(last, -1, -1):
        i = instructions[n]
        if i.opcode in _JUMPS or i.is_jump_target:
            return -1
        argument = i.arg if i.opcode >= dis.HAVE_ARGUMENT else None
        wanted -= dis.stack_effect(i.opcode, argument, jump=False)
        if wanted == 0:
            return n
    return -1


def _without_docs(instructions: list[dis.Instruction]) -> list[dis.Instruction]:
    """Leave out `__doc__ = "..."` of class bodies."""
    drop = set()
    for n, i in enumerate(instructions):
        if n and i.opname == "STORE_NAME" and i.argval == "__doc__" and instructions[n - 1].opcode in _CONSTS:
            drop |= {n - 1, n}
    return [i for n, i in enumerate(instructions) if n not in drop]


def _argument(i: dis.Instruction, renamed: dict[str, str], place: Any, docs: bool, renames: Renames) -> str:
    if i.arg is None:
        return ""
    if i.opcode in _CONSTS:
        return _const(i.argval, docs, renames)
    if i.opcode in _LOCALS or i.opcode in _FREE:
        names = i.argval if isinstance(i.argval, tuple) else (i.argval,)
        return ",".join(renamed.get(n, str(n)) for n in names)
    if i.opcode in _NAMES:
        return renames.used.get(i.argval, str(i.argval))
    if i.opcode in _JUMPS:
        return f"->{place(i.argval)}"
    if i.opcode in _COMPARE:
        return str(i.argval)
    return str(i.arg)


def _const(value: Any, docs: bool, renames: Renames) -> str:
    """A constant of a code object, with its type (1, 1.0, True and -0.0 differ)."""
    if isinstance(value, types.CodeType):
        return f"code {code_digest(value, docs, renames.inside(value))}"
    if isinstance(value, tuple):
        return f"({' '.join(_const(v, docs, renames) for v in value)})"
    if isinstance(value, frozenset):
        return f"{{{' '.join(sorted(_const(v, docs, renames) for v in value))}}}"
    text = repr(value)
    return f"{type(value).__name__}:{len(text)}:{text}"


def _exceptions(table: bytes) -> Iterator[tuple[int, int, int, int]]:
    """The ranges that handlers watch: (start, end, handler, depth), offsets in bytes."""
    numbers: list[int] = []
    value = 0
    for byte in table:
        value = value << 6 | byte & 63
        if not byte & 64:
            numbers.append(value)
            value = 0
    for n in range(0, len(numbers) - 3, 4):
        start, length, target, depth = numbers[n : n + 4]
        yield start * 2, (start + length) * 2, target * 2, depth


@dataclass(frozen=True, slots=True)
class Import:
    """An import statement inside a function; `names` are what `from` takes (empty: the module itself)."""

    module: str
    level: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """The names that a code object, and all code inside it, uses.

    `chains` are globals with the attributes read from them at once (`("np", "linalg", "norm")`); `attributes`
    are the names of all attributes read; `dynamic` says that names may be made up at run time. `discarded` are
    globals of which only methods are called whose results nobody looks at (`LOG.append(x)` as a statement).
    """

    chains: tuple[tuple[str, ...], ...]
    imports: tuple[Import, ...]
    attributes: frozenset[str]
    dynamic: bool
    discarded: frozenset[str]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(c[0] for c in self.chains)

    @property
    def reads_code(self) -> frozenset[str]:
        """What of code is read as data: "annotations", "docs", "source"."""
        return frozenset(what for what, names in _READS_CODE.items() if names & (self.attributes | self.names))

    @property
    def any_module(self) -> bool:
        """Does it get modules by names that are made up (`import_module(name)`, `sys.modules[name]`)?"""
        last = {c[-1] for c in self.chains} | self.attributes
        return not last.isdisjoint(("import_module", "__import__")) or any(c[:2] == _MODULES for c in self.chains)


_ARGUMENTS = frozenset(
    {
        "BINARY_OP",
        "BINARY_SUBSCR",
        "BUILD_STRING",
        "FORMAT_SIMPLE",
        "FORMAT_VALUE",
        "KW_NAMES",
        "LOAD_ATTR",
        "LOAD_CONST",
        "LOAD_DEREF",
        "LOAD_FAST",
        "LOAD_FAST_BORROW",
        "LOAD_FAST_BORROW_LOAD_FAST_BORROW",
        "LOAD_FAST_CHECK",
        "LOAD_FAST_LOAD_FAST",
        "LOAD_METHOD",
        "LOAD_SMALL_INT",
        "PUSH_NULL",
    }
)
"""What may stand between a global and the call of its method: the arguments."""


def _effects(code: types.CodeType, uses: set[str], used: set[str]) -> None:
    """Sort global names into those loaded (`uses`), and of them those whose value goes anywhere (`used`)."""
    instructions = [i for i in _without_annotations(code) if i.opname not in _FILLERS]
    for n, i in enumerate(instructions):
        if i.opname not in _GLOBAL_LOADS:
            continue
        uses.add(i.argval)
        rest = n + 1
        while rest < len(instructions) and instructions[rest].opname in _ARGUMENTS:
            rest += 1
        called = rest + 1 < len(instructions) and instructions[rest].opname in ("CALL", "CALL_KW")
        method = instructions[n + 1].opname in _ATTRIBUTES if n + 1 < len(instructions) else False
        if not (called and method and instructions[rest + 1].opname == "POP_TOP"):
            used.add(i.argval)


_facts: dict[int, tuple[types.CodeType, CodeFacts]] = {}


def facts(code: types.CodeType) -> CodeFacts:
    """The names a code object uses; remembered.

    >>> import math
    >>> facts((lambda x: math.sqrt(x) + N).__code__).chains
    (('N',), ('math', 'sqrt'))
    """
    known = _facts.get(id(code))
    if known is not None and known[0] is code:
        return known[1]
    chains: set[tuple[str, ...]] = set()
    imports: set[Import] = set()
    attributes: set[str] = set()
    dynamic = False
    uses: set[str] = set()
    used: set[str] = set()
    for part in nested(code):
        _effects(part, uses, used)
        chain: tuple[str, ...] | None = None
        consts: list[Any] = []
        imported: tuple[str, int] | None = None
        taken: list[str] = []
        for i in _without_annotations(part):
            if i.opname in _FILLERS:
                continue
            if i.opname in _ATTRIBUTES and chain is not None:
                chain = (*chain, i.argval)
            elif chain is not None:
                chains.add(chain)
                chain = None
            if i.opname in _GLOBAL_LOADS:
                chain = (i.argval,)
                dynamic = dynamic or i.argval in _DYNAMIC
            elif i.opname in _ATTRIBUTES or i.opname in _OTHER_ATTRIBUTES:
                attributes.add(i.argval)
                dynamic = dynamic or i.argval in _DYNAMIC
            elif i.opname == "MATCH_CLASS":
                dynamic = True  # reads the attributes that its pattern names
            if imported is not None and i.opname not in ("IMPORT_FROM", "STORE_FAST", "STORE_NAME", "STORE_DEREF"):
                imports.add(Import(*imported, tuple(taken)))
                imported = None
            if i.opname == "IMPORT_NAME":
                level = consts[-2] if len(consts) > 1 else 0
                imported, taken = (i.argval, level if isinstance(level, int) else 0), []
            elif i.opname == "IMPORT_FROM":
                taken.append(i.argval)
            if i.opcode in _CONSTS or i.opname == "LOAD_SMALL_INT":
                consts.append(i.argval)
        if chain is not None:
            chains.add(chain)
        if imported is not None:
            imports.add(Import(*imported, tuple(taken)))
    made = CodeFacts(
        tuple(sorted(chains)),
        tuple(sorted(imports, key=lambda i: (i.module, i.level, i.names))),
        frozenset(attributes),
        dynamic or any(c[:2] == _MODULES for c in chains),
        frozenset(uses) - used,
    )
    _facts[id(code)] = (code, made)
    return made
