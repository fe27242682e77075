"""A small storage on each engine to ask questions of."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from mandala_graph import Storage, op


@op(output_names=["model"])
def train(lr: float, data: list[int]) -> dict[str, float]:
    return {"w": lr * len(data)}


@op(output_names=["acc"])
def score(model: dict[str, float]) -> float:
    return model["w"] / 10


@pytest.fixture
def storage(storage_url: Callable[[], str]) -> Iterator[Storage]:
    storage = Storage(storage_url())
    with storage:
        for lr in (0.25, 0.5, 0.75):
            score(train(lr, [1, 2, 3]))
    yield storage
    storage.close()
