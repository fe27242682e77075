"""Cypher as data: tokens and syntax tree of the query language that both engines share."""
