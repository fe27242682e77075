"""A small experiment with all that a browser meets: arrays, tables, lists, pickles, failures, shared inputs."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pandas as pd

from mandala_graph import MList, Storage, op


class Model:
    """Kept as a pickle."""

    def __init__(self, weights: Any) -> None:
        self.weights = weights


@op(output_names=["X", "y"])
def load(n: int) -> Any:
    x = np.linspace(0, 1, n * 3).reshape(n, 3)
    return x, x.sum(axis=1)


@op(output_names=["model"])
def train(X: Any, y: Any, rate: float, steps: int = 10) -> Any:
    weights = np.zeros(3)
    for _ in range(steps):
        weights += rate * X.T @ (y - X @ weights) / len(y)
    return Model(weights)


@op(output_names=["error", "table"])
def evaluate(model: Any, X: Any, y: Any) -> Any:
    off = np.abs(X @ model.weights - y)
    return float(off.mean()), pd.DataFrame({"off": off, "right": off < 0.1})


@op(output_names=["best"])
def best(errors: MList[float], words: str = "least") -> Any:
    return {"words": words, "error": min(errors)}


@op(output_names=["ratio"])
def divide(a: float, b: float) -> float:
    return a / b


@op(output_names=["half"])
def halve(a: float) -> float:
    return a / 2


RATES = (0.1, 0.5, 1.0, 1.5)


def record(storage: Storage) -> None:
    """13 calls (one of which makes a list), one of which fails."""
    with storage:
        X, y = load(20)
        errors = []
        for rate in RATES:
            error, _ = evaluate(train(X, y, rate), X, y)
            errors.append(error)
        best(errors)
        divide(errors[0], 2.0)
        with contextlib.suppress(ZeroDivisionError):
            divide(1.0, 0.0)
