"""Every example in a docstring gives what it says, and every public name has a docstring."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
from typing import Any

import pytest

import mandala_graph
from mandala_graph.versions import scope

MODULES = sorted(m.name for m in pkgutil.walk_packages(mandala_graph.__path__, "mandala_graph."))
OPTIONAL = {"mandala_graph.codecs.tensors": "torch"}


def load(name: str) -> Any:
    if name in OPTIONAL:
        pytest.importorskip(OPTIONAL[name])
    return importlib.import_module(name)


@pytest.mark.parametrize("name", ["mandala_graph", *MODULES])
def test_examples(name: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(scope, "_TRACKED", set(scope._TRACKED))  # what an example tracks, no other test sees
    module = load(name)
    assert module.__doc__, f"{name} does not say what lives there"
    assert doctest.testmod(module).failed == 0


def test_all_is_sorted_and_true() -> None:
    names = mandala_graph.__all__
    assert names == sorted(names)
    for name in names:
        assert inspect.getdoc(getattr(mandala_graph, name)), f"{name} has no docstring"
