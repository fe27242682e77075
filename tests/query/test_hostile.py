"""What users name and store never changes a statement: names, values and parameters with quotes, backticks, marks of
comments, control characters and letters of all kinds, on both engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from mandala_graph import Storage, op

HOSTILE = [
    "'; DROP TABLE ref; --", '"; DELETE FROM call; --', "` DETACH DELETE n //", "'}) DETACH DELETE (n", "*/ /*", "--", "//",
    "\\", "\\'", "\\u0027", "'||(SELECT 1)||'", "$x", "?1", ":a", "a\x01=0\x02b", "a\tb\nc", "\u2028", "é😀", "\u202eabc",
    "%_*", "{x}", "RETURN", "null", " ", "A" * 100,
]  # fmt: skip


def _storage(storage: Storage, text: str) -> tuple[str, str]:
    """Make a call whose op, input and output are named so, like the value; hids of the input and output."""

    @op(name=text, output_names=[text])
    def hostile(**kwargs: str) -> str:
        return kwargs[text] + "!"

    with storage:
        made = hostile(**{text: text})
    (call,) = storage.calls(text)
    return call.inputs[text].hid, made.hid


@pytest.fixture
def storage(storage_url: Callable[[], str]) -> Iterator[Storage]:
    storage = Storage(storage_url())
    yield storage
    storage.close()


@pytest.mark.parametrize("text", HOSTILE, ids=lambda t: ascii(t)[:20])
def test_stored_text_is_only_text(storage: Storage, text: str) -> None:
    start, end = _storage(storage, text)
    counts = dict(storage.store.counts())
    row = storage.query(
        "MATCH (i:Ref)-[e:INPUT {name: $t}]->(c:Call {op: $t})-[o:OUTPUT]->(r:Ref) WHERE i.value = $t AND r.value = $u "
        "RETURN c.op AS op, e.name AS input, o.name AS output, i.value AS value, [x IN [$t] | x + '!'] AS l, {k: $t} AS m",
        t=text,
        u=text + "!",
    ).to_dict("records")
    assert row == [{"op": text, "input": text, "output": text, "value": text, "l": [text + "!"], "m": {"k": text}}]
    given = {
        "metric": text, "first": text, "second": text, "run": text, "op": text, "ref": end, "start": start, "end": end,
    }  # fmt: skip
    for q in storage.questions():
        storage.ask(q.name, {p.name: given[p.name] for p in q.parameters if p.name in given})
        storage.ask(q.name, {p.name: text for p in q.parameters if p.name in given})
    best = storage.ask("best-runs", metric=text)
    assert best[["op", "metric"]].values.tolist() == [[text, text + "!"]]
    (inputs,) = best["inputs"]
    assert len(inputs) == 1
    assert inputs[0].startswith(text + " = ")
    assert storage.ask("slowest-ops")["op"].tolist() == [text]
    graph = storage.query("MATCH p = (:Ref)-->(:Call)-->(:Ref) RETURN p", as_graph=True)
    assert {e.properties["name"] for e in graph.edges} == {text}
    frame = storage.cf(text)
    assert storage.query(frame.cypher()).shape[0] == 1
    assert dict(storage.store.counts()) == counts
