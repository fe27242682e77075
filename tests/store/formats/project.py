"""The small experiment that the kept stores of earlier formats hold. Changing a function makes their calls run again."""

from __future__ import annotations

from mandala_graph import MList, op

RATE = 0.5


def scale(x: float) -> float:
    return x * RATE


@op(output_names=["model", "acc"])
def train(x: float, lr: float = 0.1) -> tuple[list[float], float]:
    return [scale(x), lr], scale(x) - lr


@op(output_names=["best"])
def pick(accs: MList[float]) -> float:
    return max(accs)


@op
def fails(x: float) -> float:
    raise ValueError(f"no {x}")


def run() -> None:
    """Every call of the experiment; inside `with storage:`."""
    accs = [train(float(x))[1] for x in range(4)]
    pick(accs)
    train(9.0, lr=0.2)
