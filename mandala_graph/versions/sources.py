"""Source texts: is a function's text, apart from how it is written, the same as one that was stored?

Bytecode is the measure of a change, because it is what runs. It differs between minor versions of Python, and
with the annotations of nested functions, so code that differs by it is compared once more by its text, provided
that the text is proven to be that of the running code (it is compiled again and compared).
"""

from __future__ import annotations

import ast
import functools
import linecache
import textwrap
import types
from typing import Any

from mandala_graph.versions.components import NO_SOURCE, source_of, stand_in
from mandala_graph.versions.normal import code_digest, nested

__all__ = ["parameters_of", "same_source", "text_digest", "verified_source"]


class _Strip(ast.NodeTransformer):
    """Leaves out what says nothing: annotations, docstrings."""

    def _function(self, node: Any) -> Any:
        self.generic_visit(node)
        node.returns = None
        node.body = _without_doc(node.body)
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = _function

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        # annotations of a class body may be read (dataclasses), so they stay
        for child in node.body:
            if not isinstance(child, ast.AnnAssign):
                self.visit(child)
        node.body = _without_doc(node.body)
        return node

    def visit_arg(self, node: ast.arg) -> Any:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        self.generic_visit(node)
        if not isinstance(node.target, ast.Name):
            return node
        if node.value is None:
            return ast.Pass()
        return ast.Assign(targets=[node.target], value=node.value)


def _without_doc(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return body[1:] or [ast.Pass()]
    return body


def _show(node: Any) -> str:
    """A syntax tree as text; empty fields are left out, so that new versions of Python add nothing."""
    if isinstance(node, ast.AST):
        fields = [f"{k}={_show(v)}" for k, v in ast.iter_fields(node) if v not in (None, []) and k not in _NOT_SHOWN]
        return f"{type(node).__name__}({','.join(fields)})"
    if isinstance(node, list):
        return f"[{','.join(map(_show, node))}]"
    return f"{type(node).__name__}:{node!r}"


_NOT_SHOWN = frozenset({"ctx", "type_comment", "kind"})


@functools.lru_cache(maxsize=1024)
def text_digest(source: str) -> str | None:
    """What a function's source text says; None if it is none. Its name and decorators count."""
    try:
        tree = ast.parse(textwrap.dedent(source))
    except (SyntaxError, ValueError):
        return None
    return _show(_Strip().visit(tree))


@functools.lru_cache(maxsize=64)
def _compiled(lines: tuple[str, ...]) -> dict[tuple[str, int], list[types.CodeType]]:
    found: dict[tuple[str, int], list[types.CodeType]] = {}
    try:
        code = compile("".join(lines), "<check>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return found
    for part in nested(code):
        found.setdefault((part.co_qualname, part.co_firstlineno), []).append(part)
    return found


def is_current(code: types.CodeType) -> bool:
    """Is the source file of running code still the text that the code came from?"""
    lines = linecache.getlines(code.co_filename)
    made = _compiled(tuple(lines)).get((code.co_qualname, code.co_firstlineno), [])
    return any(code_digest(m) == code_digest(code) for m in made)


def verified_source(thing: Any) -> str:
    """The source text of a function; said to be unsure where the file is no longer that of the running code."""
    text = source_of(thing)
    code = getattr(thing, "__code__", None)
    if not isinstance(code, types.CodeType) or text.startswith(NO_SOURCE) or is_current(code):
        return text
    now = "".join(f"# {line}\n" for line in text.splitlines())
    return f"{stand_in(thing)}# the code that ran is not what its file says now:\n{now}"


def same_source(stored: str, thing: Any) -> bool:
    """Is a stored source text that of a function, and the function's own text that of its running code?"""
    code = getattr(thing, "__code__", None)
    if not isinstance(code, types.CodeType) or stored.startswith(NO_SOURCE):
        return False
    old = text_digest(stored)
    return old is not None and old == text_digest(source_of(thing)) and is_current(code)


@functools.lru_cache(maxsize=1024)
def parameters_of(source: str) -> frozenset[str] | None:
    """The parameter names of the function that a source text defines; None if it defines none."""
    try:
        tree = ast.parse(textwrap.dedent(source))
    except (SyntaxError, ValueError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            a = node.args
            every = [*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg))]
            return frozenset(p.arg for p in every)
    return None
