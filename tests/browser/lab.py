"""The experiment that the browser tests look at: run by `record` in processes of its own, edited between two runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HOSTILE_OP = '<img src=x onerror="document.title=1">'
HOSTILE_VALUE = "</script><script>document.title='taken'</script>"
READERS = 2100
"""Calls that read one value: more nodes than a page ever gets."""

PROGRAM = """
import sys

from mandala_graph import Storage, op


@op(output_names=["data"])
def load(size):
    return list(range(size))


@op(output_names=["train_part", "test_part"])
def split(data, share=0.5):
    cut = int(len(data) * share)
    return data[:cut], data[cut:]


@op(output_names=["model"])
def fit(train_part, rate, steps=10):
    return {"rate": rate, "weight": sum(train_part) * rate * steps * FACTOR}


@op(output_names=["score"])
def evaluate(model, test_part):
    return round(min(0.99, model["rate"] * 2 + len(test_part) / 1000), 4)


@op(output_names=["touched"])
def touch(data, i):
    return i


@op(output_names=["note"], name=HOSTILE_OP)
def note(text):
    return text + "!"


@op(output_names=["never"])
def fails(rate):
    raise ValueError("on purpose")


def main(storage, readers):
    data = load(20)
    train_part, test_part = split(data)
    for rate in RATES:
        evaluate(fit(train_part, rate), test_part)
    note(HOSTILE_VALUE)
    for i in range(readers):
        touch(data, i)
    if readers:
        try:
            fails(1)
        except ValueError:
            pass


with Storage(sys.argv[1], record_failures=True) as storage:
    main(storage, int(sys.argv[2]))
"""


def program(factor: int, rates: tuple[float, ...]) -> str:
    """The source, with the constants of one run in it."""
    constants = (
        f"FACTOR = {factor}\nRATES = {rates!r}\nHOSTILE_OP = {HOSTILE_OP!r}\nHOSTILE_VALUE = {HOSTILE_VALUE!r}\n"
    )
    return constants + PROGRAM


def run(
    folder: Path,
    store: str,
    factor: int,
    rates: tuple[float, ...],
    readers: int = 0,
    environment: dict[str, str] | None = None,
) -> None:
    """One run of the experiment, as a user's program."""
    file = folder / "experiment.py"
    file.write_text(program(factor, rates), encoding="utf-8")
    subprocess.run([sys.executable, str(file), store, str(readers)], check=True, timeout=240, env=environment)


def record(folder: Path, store: str) -> None:
    """Two runs: many readers of one value; then a changed constant, which makes new versions of `fit`."""
    run(folder, store, 1, (0.1, 0.2, 0.3), READERS)
    run(folder, store, 2, (0.1, 0.4))
