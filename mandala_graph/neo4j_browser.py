"""What makes Neo4j Browser show a store well: a style sheet, the saved questions as favourites, a guide, deep links.

They are made from the graph's schema and from the questions in `cypher/explore/`; the graph browser's server hands them
out (`mandala_graph.web`), and Neo4j Browser loads them from there:

    :style http://localhost:8321/neo4j/style.grass
    :play http://localhost:8321/neo4j/guide.html

What Neo4j Browser 5 takes, and how it reads it, is in docs/neo4j-browser.md.

>>> "node.Call" in style()
True
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from html import escape
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from mandala_graph.cypher.questions import Question, questions
from mandala_graph.errors import UsageError
from mandala_graph.graph import NODES, RELATIONSHIPS

__all__ = ["favourites", "guide", "lineage", "link", "style"]


class _Look(NamedTuple):
    """How nodes of a label are drawn: a fill and an edge that white letters can be read on, pixels, a caption."""

    colour: str
    edge: str
    diameter: int
    caption: str


_LOOKS: Mapping[str, _Look] = MappingProxyType(
    {
        "Ref": _Look("#3b73b9", "#2a5488", 50, "{preview}"),
        "Call": _Look("#b5651d", "#874a13", 65, "{op}"),
        "Op": _Look("#7a4f9a", "#5b3a74", 80, "{name}"),
        "Version": _Look("#2f7f63", "#225d48", 50, "{id}"),
        "Component": _Look("#5f6c7b", "#47515d", 50, "{name}"),
        "Run": _Look("#a23b72", "#7a2b55", 65, "{id}"),
        "Store": _Look("#1f2933", "#000000", 80, "{uuid}"),
    }
)


def _rule(selector: str, **values: str) -> str:
    lines = [f"  {name.replace('_', '-')}: {value};" for name, value in values.items()]
    return "\n".join([f"{selector} {{", *lines, "}"])


def style() -> str:
    """The style sheet (GRASS). Every label has a rule: one without would take the colours of the others.

    >>> [line for line in style().splitlines() if line.startswith("node.")][:2]
    ['node.Ref {', 'node.Call {']
    """
    rules = [
        _rule("node", diameter="50px", color="#5f6c7b", border_color="#47515d", border_width="2px",
              text_color_internal="#ffffff", font_size="10px"),
        _rule("relationship", color="#8a97a6", shaft_width="1px", font_size="8px", padding="3px",
              text_color_external="#5f6c7b", text_color_internal="#ffffff", caption='"<type>"'),
    ]  # fmt: skip
    for label in NODES:
        look = _LOOKS[label]
        rules.append(
            _rule(f"node.{label}", diameter=f"{look.diameter}px", color=look.colour, border_color=look.edge,
                  border_width="2px", text_color_internal="#ffffff", font_size="10px", caption=f'"{look.caption}"')
        )  # fmt: skip
    for found in RELATIONSHIPS.values():
        named = any(p.name == "name" for p in found.properties)
        rules.append(
            _rule(f"relationship.{found.type}", color="#8a97a6", shaft_width="2px" if named else "1px", font_size="8px",
                  padding="3px", text_color_external="#5f6c7b", text_color_internal="#ffffff",
                  caption='"{name}"' if named else '"<type>"')
        )  # fmt: skip
    return "\n\n".join(rules) + "\n"


# --- the questions ------------------------------------------------------------------------------------------------------


def _runnable(q: Question) -> str:
    """The query with its defaults written in; what must be given stays a parameter."""
    text = q.text
    for p in q.parameters:
        if not p.required:
            text = json.dumps(p.default).join(re.split(rf"\${p.name}\b", text))
    return text


def _needed(q: Question) -> list[str]:
    """A line for each parameter that has to be set first, as Neo4j Browser takes it."""
    return [f":param {p.name} => '...'" for p in q.parameters if p.required]


def _favourite(q: Question) -> str:
    meanings = {p.name: p.meaning for p in q.parameters if p.required}
    needs = [f"// first set ${n}, {m}, by   :param {n} => '...'" for n, m in meanings.items()]
    return "\n".join([f"// {q.title}", f"// {q.comment}", *needs, _runnable(q) + ";"]) + "\n"


def _title_for_a_file(title: str) -> str:
    return re.sub(r"[^\w ()-]+", "", title).strip()


def favourites() -> bytes:
    """A zip file of all questions; dropped onto Neo4j Browser's window, they become favourites.

    >>> zipfile.ZipFile(io.BytesIO(favourites())).namelist()[0]
    'mandala_graph/Best runs by a metric.cypher'
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for q in questions():
            entry = zipfile.ZipInfo(f"mandala_graph/{_title_for_a_file(q.title)}.cypher")  # a fixed date: equal bytes
            z.writestr(entry, _favourite(q))
    return out.getvalue()


# --- the guide ----------------------------------------------------------------------------------------------------------

_ON_A_SLIDE = 3
_FIRST = (
    ("The whole store in figures", "MATCH (c:Call) RETURN c.op AS op, count(*) AS calls ORDER BY calls DESC"),
    ("Ops and the versions of their code", "MATCH (o:Op) OPTIONAL MATCH (v:Version)-[:OF]->(o) RETURN o, v LIMIT 100"),
    (
        "Some calls with what went in and came out",
        "MATCH (c:Call) WITH c ORDER BY c.started DESC LIMIT 10 MATCH (c)--(r:Ref) RETURN c, r",
    ),
)


def _code(text: str) -> str:
    return f'<pre mode="cypher" class="pre-scrollable code runnable">{escape(text)}</pre>'


def _slide(title: str, *parts: str) -> str:
    return f"<slide><h3>{escape(title)}</h3>{''.join(parts)}</slide>"


def guide(origin: str) -> str:
    """The guide page. `origin` is where the files are served (`http://localhost:8321`)."""
    asked = [
        f"<h4>{escape(q.title)}</h4><p>{escape(q.comment)}</p>"
        + "".join(f"<p><small>First: <code>{escape(line)}</code></small></p>" for line in _needed(q))
        + _code(_runnable(q))
        for q in questions()
    ]
    slides = [
        _slide(
            "A provenance store",
            "<p>Values are <code>:Ref</code> nodes, runs of functions are <code>:Call</code> nodes; a call reads its "
            "inputs and makes its outputs: <code>(:Ref)-[:INPUT]-&gt;(:Call)-[:OUTPUT]-&gt;(:Ref)</code>.</p>",
            f"<p>Colours and captions: <code>:style {escape(origin)}/neo4j/style.grass</code></p>",
            f'<p>Questions as favourites: <a href="{escape(origin)}/neo4j/favourites.zip">favourites.zip</a>; '
            "drop the file onto this window.</p>",
        ),
        _slide("First looks", *(f"<p>{escape(t)}</p>{_code(q)}" for t, q in _FIRST)),
        *(_slide("Saved questions", *asked[i : i + _ON_A_SLIDE]) for i in range(0, len(asked), _ON_A_SLIDE)),
    ]
    body = f'<carousel class="deck container-fluid">{"".join(slides)}</carousel>'
    return f'<article class="guide"><title>mandala_graph</title>{body}</article>'


# --- links --------------------------------------------------------------------------------------------------------------


def lineage(hid: str, label: str = "Ref", limit: int = 300) -> str:
    """The query that draws where a ref (or, with the label "Call", a call) comes from, as nodes: never as paths.

    Errors: UsageError where this is no hid.
    """
    if label not in ("Ref", "Call") or not re.fullmatch("[0-9a-f]{40}", hid):
        raise UsageError(f"a ref or call is named by its hid, 40 hexadecimal digits, not {label} {hid!r}.")
    return f"MATCH (s:{label} {{hid: '{hid}'}})<-[:INPUT|OUTPUT*0..]-(n) RETURN DISTINCT n LIMIT {limit}"


def link(browser: str, cypher: str, bolt: str | None = None, *, no_auth: bool = False) -> str:
    """The address that opens Neo4j Browser with a query in its editor, which it does not run.

    Args:
        browser: the address of Neo4j Browser, `http://localhost:7474/browser/`.
        cypher: the query.
        bolt: the server to connect to, `neo4j://localhost:7687`; what the browser knows when not given.
        no_auth: choose the connection without a password.

    Errors: UsageError where `browser` is no web address.

    >>> link("http://localhost:7474/browser/", "RETURN 1")
    'http://localhost:7474/browser/?cmd=edit&arg=RETURN+1'
    """
    parts = urlsplit(browser)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise UsageError(f"{browser!r} is no web address of a Neo4j Browser, such as http://localhost:7474/browser/.")
    asked: dict[str, Any] = {"preselectAuthMethod": "NO_AUTH"} if no_auth else {}
    if bolt is not None:
        asked["connectURL"] = bolt
    path = parts.path if parts.path.strip("/") else "/browser/"
    return f"{parts.scheme}://{parts.netloc}{path}?{urlencode({**asked, 'cmd': 'edit', 'arg': cypher})}"
