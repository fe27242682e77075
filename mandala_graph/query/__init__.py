"""Queries as a user asks them: Cypher and saved questions in, tables, rows, drawings and explanations out.

What a query means is in `mandala_graph.cypher`, how an engine runs it in `mandala_graph.store`.
"""

from __future__ import annotations

from mandala_graph.cypher.questions import Question, questions
from mandala_graph.query.ask import ask, query
from mandala_graph.query.drawing import QueryGraph
from mandala_graph.query.explain import QueryExplanation, explain_query
from mandala_graph.query.rows import RowStream

__all__ = [
    "Question",
    "QueryExplanation",
    "QueryGraph",
    "RowStream",
    "ask",
    "explain_query",
    "query",
    "questions",
]
