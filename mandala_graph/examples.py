"""A small frame for the examples in docstrings."""

from __future__ import annotations

from mandala_graph.frame import ComputationFrame, from_op
from mandala_graph.runtime.op import op
from mandala_graph.storage import Storage

__all__ = ["example"]


def example() -> ComputationFrame:
    """Numbers 0 to 2 were incremented, and 0 and 2 then added to what came out; the frame of all that.

    >>> cf = example()
    >>> cf.print_graph()
    x@source
    y = increment(x=x)
    w@sink = add(y=y, z=x)
    >>> cf.df(include_calls=False)
       x  y    w
    0  0  1  1.0
    1  1  2  NaN
    2  2  3  5.0
    """

    @op(output_names=["y"])
    def increment(x: int) -> int:
        return x + 1

    @op(output_names=["w"])
    def add(y: int, z: int) -> int:
        return y + z

    with Storage(versions=False) as storage:
        for x in range(3):
            y = increment(x)
            if x != 1:
                add(y, x)
    cf = from_op(storage, increment)
    cf.expand_forward(recursive=True, inplace=True)
    return cf
