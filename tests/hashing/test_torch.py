"""Tensors and modules of torch, where it is installed."""

from __future__ import annotations

import pytest

from mandala_graph.hashing import content_id

torch = pytest.importorskip("torch")


def test_equal_tensors_have_one_id() -> None:
    grid = torch.arange(6.0).reshape(2, 3)
    assert content_id(grid.T) == content_id(grid.T.contiguous())
    assert content_id(torch.nn.Parameter(grid)) == content_id(torch.nn.Parameter(grid.clone()))
    torch.manual_seed(0)
    first = torch.nn.Linear(2, 3)
    torch.manual_seed(0)
    assert content_id(first) == content_id(torch.nn.Linear(2, 3)) != content_id(torch.nn.Linear(2, 3))


def test_other_tensors_have_others() -> None:
    base = torch.zeros(2)
    others = [
        torch.zeros(3),
        torch.zeros(2, 1),
        torch.zeros(2, dtype=torch.bfloat16),
        torch.zeros(2, dtype=torch.float64),
        torch.zeros(2, requires_grad=True),
        torch.zeros(2).to_sparse(),
        -torch.zeros(2),
        base.numpy(),
        torch.float32,
        torch.float64,
    ]
    assert len({content_id(value) for value in [base, *others]}) == len(others) + 1
