"""What the checks of names, columns and kinds say; that they refuse what Neo4j refuses is in test_corpus.py."""

from __future__ import annotations

import pytest

from mandala_graph.cypher.functions_known import AGGREGATES, FUNCTIONS, SUBSET
from mandala_graph.cypher.kinds import ANY, fits, join
from mandala_graph.cypher.scope import prepare
from mandala_graph.errors import CypherSyntaxError


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("MATCH (call:Call) RETURN cal.hid", "line 1, column 26: variable `cal` is not defined; did you mean `call`?"),
        ("MATCH (c) RETURN toUper(c.op)", "line 1, column 18: there is no function toUper; did you mean toUpper?"),
        ("MATCH (c) RETURN abs(c.x, 1)", "line 1, column 18: abs takes 1 argument, not 2"),
        ("MATCH (c) RETURN labels('x')", "line 1, column 25: expected a node, but this is a string"),
        ("MATCH (c) WHERE c.x AND 1 RETURN c", "line 1, column 25: expected a boolean, but this is an integer"),
        ("MATCH (c)-[r*]->() RETURN r.name",
         "line 1, column 27: a list has no property `name`; take one item, or [x IN ... | x.key]"),
        ("MATCH (c) UNWIND [1] AS c RETURN c", "line 1, column 11: variable `c` is already declared; choose another name"),
        ("MATCH (a)-[a]->() RETURN a", "line 1, column 10: `a` is a node, and cannot be a relationship here"),
        ("MATCH (c) RETURN c.op + count(*)",
         "line 1, column 18: beside an aggregate only what rows are grouped by may stand; "
         "name it in a column of its own, or in a WITH before"),
        ("MATCH (c) WHERE count(c) > 1 RETURN c",
         "line 1, column 17: the aggregate count(...) cannot stand in WHERE; name it in a WITH, and compare the name"),
        ("MATCH (c) RETURN DISTINCT c.op ORDER BY c.started",
         "line 1, column 41: `c` cannot be used behind DISTINCT or an aggregate; use the columns, or add it to them"),
        ("MATCH (c) WITH c.op RETURN 1", "line 1, column 16: an expression in WITH needs a name; write ... AS name"),
        ("RETURN 1 AS x, 2 AS x", "line 1, column 16: two columns are named `x`"),
        ("RETURN 1 AS x UNION RETURN 2 AS y",
         "line 1, column 21: the parts of a UNION must have the same columns: `x`, not `y`"),
        ("MATCH (c) RETURN c LIMIT c.x", "line 1, column 26: LIMIT cannot depend on variables; use a number or a parameter"),
        ("MATCH (c) RETURN c SKIP -1", "line 1, column 25: SKIP takes a whole number, 0 or more"),
        ("MATCH (c) WHERE (c)-->(d) RETURN c",
         "line 1, column 23: a pattern in a condition cannot make a variable, `d`; "
         "leave the name out, or write EXISTS { ... }"),
        ("MATCH (c) CALL { RETURN 1 AS c } RETURN c",
         "line 1, column 18: `c` is already a variable outside of the subquery; rename the column with AS"),
        ("MATCH (c) WHERE exists(c.x) RETURN c", "line 1, column 17: exists(...) takes a pattern; write ... IS NOT NULL"),
    ],
)  # fmt: skip
def test_messages(text: str, message: str) -> None:
    with pytest.raises(CypherSyntaxError) as e:
        prepare(text)
    assert str(e.value).split("\n")[0] == message


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("MATCH (c:Call)-[:OUTPUT]->(r:Ref) WHERE r.value > 1 RETURN c.hid", []),
        ("MATCH (c:call) RETURN c", ["the graph has no label `call`; did you mean Call?"]),
        ("MATCH ()-[:OUTPTU]->() RETURN 1", ["the graph has no relationship type `OUTPTU`; did you mean OUTPUT?"]),
        ("MATCH (c:Call {opp: 'x'}) RETURN c.duraton", ["no node of the graph has a property `opp`; did you mean op?",
                                                        "no node of the graph has a property `duraton`; did you mean duration?"]),
        ("MATCH ()-[i:INPUT]->() RETURN i.nam", ["no relationship of the graph has a property `nam`; did you mean name?"]),
        ("MATCH (c) WHERE c:Qwxyz RETURN {opp: 1}.opp", ["the graph has no label `Qwxyz`; it has Call, Component, Op, Ref, Run, Store, Version"]),
    ],
)  # fmt: skip
def test_notes_about_names_that_the_graph_does_not_have(text: str, notes: list[str]) -> None:
    assert [n.message for n in prepare(text).notes] == notes


def test_a_note_has_its_place() -> None:
    (note,) = prepare("MATCH (n)\nWHERE n:Cal\nRETURN n").notes
    assert (note.line, note.column) == (2, 9)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("MATCH (b), (a) RETURN *", ("a", "b")),
        ("MATCH (b), (a) RETURN *, 1 AS c, a AS b", ("a", "c", "b")),
        ("MATCH (n) RETURN n {.op}, n.op", ("n", "n.op")),
        ("RETURN 1 AS x UNION RETURN 2 AS x", ("x",)),
        ("MATCH (n) CALL (n) { RETURN n.op AS op } RETURN *", ("n", "op")),
    ],
)
def test_columns(text: str, columns: tuple[str, ...]) -> None:
    assert prepare(text).columns == columns


def test_the_table_of_functions_is_whole() -> None:
    assert set(FUNCTIONS) >= SUBSET >= AGGREGATES
    for function in FUNCTIONS.values():
        assert set("".join(function.arguments) + function.result) <= set("bifnslmNRPt*")
        assert len(function.arguments) >= min(function.minimum, 1)


def test_kinds() -> None:
    assert fits("lN", "l")
    assert not fits("lN", "N")
    assert not fits("s", "if")
    assert join("li", "ls") == ANY
    assert join("i", "s", "i") == "is"
