"""PyTorch tensors come back as they were (where PyTorch is installed)."""

from __future__ import annotations

from typing import Any

import pytest

from mandala_graph import content_id
from mandala_graph.codecs import decode, encode

torch = pytest.importorskip("torch")


def back(value: Any) -> tuple[str, Any]:
    encoded = encode(value)
    data = b"".join(bytes(c) for c in encoded.envelope or [])
    return data[6 : 6 + data[5]].decode(), decode(encoded.cid, data)


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.arange(6.0).reshape(2, 3),
        lambda: torch.arange(6).reshape(2, 3).T,
        lambda: torch.zeros(0, 3),
        lambda: torch.tensor(5),
        lambda: torch.ones(3, dtype=torch.bfloat16),
        lambda: torch.tensor([True, False]),
        lambda: torch.ones(4, dtype=torch.complex64),
    ],
)
def test_tensors(make: Any) -> None:
    value = make()
    codec, found = back(value)
    assert codec == "torch.Tensor"
    assert (found.dtype, found.shape) == (value.dtype, value.shape)
    assert torch.equal(found, value)
    assert content_id(found) == content_id(value)


def test_what_is_more_than_a_dense_tensor_is_pickled() -> None:
    for value in (torch.ones(2, requires_grad=True), torch.nn.Linear(3, 2), torch.ones(2, 2).to_sparse()):
        codec, found = back(value)
        assert codec == "pickle"
        assert content_id(found) == content_id(value)
