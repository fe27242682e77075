"""`=~` means on SQLite what Java's regular expressions mean on Neo4j."""

from __future__ import annotations

from tests.cypher.conftest import Ask

PATTERNS = [
    r"a.c", r"(?s)a.c", r"(?i)É", r"(?iu)É", r"(?iu)\w", r"(?iu)\W", r"(?iu)[\w-]+", r"\w", r"(?i)k", r"(?iu)k", r"(?iu)s",
    r"(?iu)[à-ö]", r"(?iu)\d", r"\d", r"(?iu)a\#\&\~", "(?iu)a\\\nb", r"\Qa.c\E", r"\Qa.c", r"(?iu)\QÉ.\E.", r"[.]", r"\.", r"\\.",
    r"[]a]", r"[^.]", r"(?iu)[^\s]", r"(?iu)[^\S-.]+", r"(?iu)[\W_k]", r"(?x)a . c", r"a(?=.)c?.*", r"(?m)a.*$", r".", r"(?u)é", r"a++.c|a?c",
    r"\p{Alpha}+", r"\P{Alpha}+", r"[\p{Upper}.]+", r"[^\p{Punct}]+", r"(?<x>a).(?<y>c)", r"(?i)\p{Lower}", r"(?<=a)|a(?<!b)bc",
]  # fmt: skip
TEXTS = ["abc", "ABC", "a.c", "a\nc", "a\rc", "a\u2028c", "é", "É", "É.x", "k", "\u212a", "ſ", "S", "٣", "3", "A#&~", "A\nB",
         ".", "\\x", "]", "", " ", "x-Y_9", "😀"]  # fmt: skip


def test_patterns(ask_both: Ask) -> None:
    text = "UNWIND $patterns AS p UNWIND $texts AS t RETURN p, t, t =~ p AS found"
    outcome = ask_both(text, {"texts": TEXTS, "patterns": PATTERNS})
    assert (outcome.verdict, outcome.rows) == ("same", len(TEXTS) * len(PATTERNS)), outcome.detail
