"""What noticing changes of code costs: calls with versions and without them, side by side.

Run: python benchmarks/versions.py [ROUNDS, default 15]. Prints microseconds of CPU time a call (the best of the
rounds, which take turns), so that a busy machine changes little.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from itertools import count

from mandala_graph import Storage, op

CALLS = 1000


def helper(x: int) -> int:
    return x + 1


@op
def plain(x: int, y: int = 2) -> int:
    return x + y


@op
def helped(x: int) -> int:
    return helper(x)


def best(rounds: int, *works: Callable[[], object]) -> list[float]:
    """The least CPU time of each piece of work, in microseconds a call; they take turns."""
    least = [float("inf")] * len(works)
    for _ in range(rounds):
        for n, work in enumerate(works):
            started = time.process_time()
            work()
            least[n] = min(least[n], (time.process_time() - started) / CALLS * 1e6)
    return least


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    storages = [Storage(":memory:", versions=v, commit_interval=3600) for v in (False, True)]
    numbers: Iterator[int] = count(10**6)

    def hits(storage: Storage) -> Callable[[], object]:
        return lambda: [plain(i) for i in range(CALLS)] if storage.in_context else None

    def misses(f: Callable[[int], int]) -> Callable[[], object]:
        return lambda: [f(next(numbers)) for _ in range(CALLS)]

    def inside(storage: Storage, work: Callable[[], object]) -> Callable[[], object]:
        def run() -> None:
            with storage:
                work()

        return run

    def blocks(storage: Storage) -> None:
        for _ in range(CALLS):
            with storage:
                plain(1)

    for storage in storages:
        with storage:
            for i in range(CALLS):
                plain(i)
    print(f"{'':<42}{'without':>9}{'with':>9}   us a call")
    for name, works in (
        ("hit", [inside(s, hits(s)) for s in storages]),
        ("miss, nothing to trace", [inside(s, misses(plain)) for s in storages]),
        ("miss, traced", [inside(s, misses(helped)) for s in storages]),
        ("a block of one hit", [lambda s=s: blocks(s) for s in storages]),  # type: ignore[misc]
    ):
        without, with_ = best(rounds, *works)
        print(f"{name:<42}{without:9.2f}{with_:9.2f}   {with_ / without:.2f}x, {with_ - without:+.1f} us")


if __name__ == "__main__":
    main()
