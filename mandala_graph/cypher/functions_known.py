"""The functions of Neo4j 5, as data: spelling, number and types of arguments, type of the result.

The scope check refuses what Neo4j refuses by them. Which of them a store computes, and how, is known by the lowering.

Types: `b`oolean, `i`nteger, `f`loat, `n`umber (either), `s`tring, `l`ist, `m`ap, `N`ode, `R`elationship, `P`ath,
`t`emporal or other values that have no literal, `*` anything.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["AGGREGATES", "FUNCTIONS", "SPELLING", "SUBSET", "Function"]


class Function(NamedTuple):
    """One function. `arguments` has a string of allowed types for each; the last one may repeat when `maximum` is more."""

    name: str
    minimum: int
    maximum: int
    arguments: tuple[str, ...]
    result: str


_MANY = 10_000


def _read(table: str) -> dict[str, Function]:
    """Lines `name(types, types, [optional types], types...) result`."""
    functions = {}
    for line in filter(None, map(str.strip, table.splitlines())):
        name, rest = line.split("(", 1)
        inside, result = rest.rsplit(")", 1)
        arguments: list[str] = []
        minimum = maximum = 0
        for part in filter(None, (p.strip() for p in inside.split(","))):
            optional = part.startswith("[")
            minimum += not optional
            maximum = _MANY if part.endswith("...") else maximum + 1
            arguments.append(part.strip("[].") or "*")
        functions[name.lower()] = Function(name, minimum, maximum, tuple(arguments), result.strip() or "*")
    return functions


_SUBSET = _read("""
    count(*) i
    sum(nt) n
    avg(nt) *
    min(*) *
    max(*) *
    collect(*) l
    stDev(n) f
    stDevP(n) f
    percentileCont(n, n) f
    percentileDisc(n, n) n
    size(sl) i
    head(l) *
    last(l) *
    tail(l) l
    range(i, i, [i]) l
    reverse(sl) *
    isEmpty(slmNR) b
    toLower(s) s
    toUpper(s) s
    lower(s) s
    upper(s) s
    trim(s, [s]) s
    lTrim(s, [s]) s
    rTrim(s, [s]) s
    bTrim(s, [s]) s
    split(s, sl) l
    replace(s, s, s) s
    substring(s, i, [i]) s
    left(s, i) s
    right(s, i) s
    char_length(s) i
    character_length(s) i
    toInteger(*) i
    toFloat(ns) f
    toString(bnst) s
    toBoolean(bsi) b
    toIntegerOrNull(*) i
    toFloatOrNull(*) f
    toStringOrNull(*) s
    toBooleanOrNull(*) b
    toIntegerList(l) l
    toFloatList(l) l
    toStringList(l) l
    toBooleanList(l) l
    abs(n) n
    ceil(n) f
    floor(n) f
    round(n, [n], [s]) f
    sign(n) i
    sqrt(n) f
    log(n) f
    log10(n) f
    exp(n) f
    e() f
    pi() f
    sin(n) f
    cos(n) f
    tan(n) f
    cot(n) f
    asin(n) f
    acos(n) f
    atan(n) f
    atan2(n, n) f
    degrees(n) f
    radians(n) f
    haversin(n) f
    isNaN(n) b
    coalesce(*...) *
    nullIf(*, *) *
    properties(mNR) m
    labels(N) l
    type(R) s
    keys(mNR) l
    elementId(NR) s
    startNode(R) N
    endNode(R) N
    nodes(P) l
    relationships(P) l
    length(P) i
    exists(*) b
    datetime([*], [*]) t
    timestamp() i
    valueType(*) s
    rand() f
    randomUUID() s
""")
_OTHERS = _read("""
    id(NR) i
    date([*], [*]) t
    duration(*) t
    localdatetime([*], [*]) t
    localtime([*], [*]) t
    time([*], [*]) t
    date.truncate(*, [*], [*]) t
    datetime.truncate(*, [*], [*]) t
    localdatetime.truncate(*, [*], [*]) t
    localtime.truncate(*, [*], [*]) t
    time.truncate(*, [*], [*]) t
    date.realtime([*]) t
    date.statement([*]) t
    date.transaction([*]) t
    datetime.realtime([*]) t
    datetime.statement([*]) t
    datetime.transaction([*]) t
    datetime.fromEpoch(*, *) t
    datetime.fromEpochMillis(*) t
    localdatetime.realtime([*]) t
    localdatetime.statement([*]) t
    localdatetime.transaction([*]) t
    localtime.realtime([*]) t
    localtime.statement([*]) t
    localtime.transaction([*]) t
    time.realtime([*]) t
    time.statement([*]) t
    time.transaction([*]) t
    duration.between(*, *) t
    duration.inDays(*, *) t
    duration.inMonths(*, *) t
    duration.inSeconds(*, *) t
    point(*) t
    point.distance(*, *) f
    point.withinBBox(*, *, *) b
    normalize(s, [*]) s
    graph.names() l
    graph.propertiesByName(*) m
    graph.byName(*) *
    graph.byElementId(*) *
    db.nameFromElementId(*) s
    linenumber() i
    file() s
    vector.similarity.cosine(*, *) f
    vector.similarity.euclidean(*, *) f
""")

FUNCTIONS: dict[str, Function] = {**_SUBSET, **_OTHERS}
"""By name in lower case, all that Neo4j 5 has."""

SUBSET: frozenset[str] = frozenset(_SUBSET)
"""Names in lower case of those that the subset has; the others are UnsupportedCypher."""

AGGREGATES: frozenset[str] = frozenset(
    ["count", "sum", "avg", "min", "max", "collect", "stdev", "stdevp", "percentilecont", "percentiledisc"]
)
"""Names in lower case of those that make one value of a group of rows."""

SPELLING: dict[str, str] = {
    **{k: f.name for k, f in FUNCTIONS.items()},
    "shortestpath": "shortestPath",
    "allshortestpaths": "allShortestPaths",
}
"""From lower case to how Neo4j's manual writes it."""
