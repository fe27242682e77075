"""Speed of memoized calls, beside diskcache, joblib.Memory and checkpointer in the same run.

    python benchmarks/memoization.py [--calls 10000 100000] [--neo4j bolt://127.0.0.1:7687] [--million]

Every number is per call, in microseconds unless said otherwise; the last columns are ratios to the best peer.
Each phase runs in a process of its own, so that "first hits" are those of a fresh process. A ratio below 1
means faster than the peer. The machine should be idle; absolute times differ from machine to machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

PEERS = ("mandala_graph", "diskcache", "joblib", "checkpointer")


def _inc(x: int) -> int:
    return x + 1


def _array(seed: int) -> Any:
    import numpy as np

    return np.random.default_rng(seed).random(131_072)  # 1 MiB


def _memoized(tool: str, folder: str, fn: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[[], None]]:
    """The function memoized by a tool, and what ends (and commits) the session."""
    if tool == "diskcache":
        import diskcache

        cache = diskcache.Cache(folder)
        return cache.memoize()(fn), cache.close
    if tool == "joblib":
        import joblib

        return joblib.Memory(folder, verbose=0).cache(fn), lambda: None
    if tool == "checkpointer":
        from checkpointer import Checkpointer

        return Checkpointer(directory=folder, verbosity=0)(fn), lambda: None
    from mandala_graph import Storage, op

    location = os.environ.get("BENCH_NEO4J") or os.path.join(folder, "store.db")
    interval = float(os.environ.get("BENCH_INTERVAL", "0.1"))
    storage = Storage(location, commit_interval=interval)
    wrapped = op(fn)
    storage.__enter__()
    read = storage.unwrap if os.environ.get("BENCH_UNWRAP") else lambda r: r

    def end() -> None:
        storage.__exit__(None, None, None)
        storage.close()

    return (lambda x: read(wrapped(x))), end


def phase(tool: str, folder: str, what: str, n: int, start: int) -> dict[str, float]:
    """Run one phase in this process: seconds per call of the first pass, and of a second one."""
    import gc
    import resource

    fn = {"int": _inc, "array": _array}[what]
    call, end = _memoized(tool, folder, fn)
    for i in range(int(os.environ.get("BENCH_WARM", "1"))):  # imports, connections, plans, the first commit
        call(10**9 + start + i)
    gc.collect()
    t0 = time.perf_counter()
    for i in range(start, start + n):
        call(i)
    t1 = time.perf_counter()
    if "BENCH_FIRST_ONLY" not in os.environ:
        for i in range(start, start + n):
            call(i)
    t2 = time.perf_counter()
    end()
    t3 = time.perf_counter()
    return {
        "first": (t1 - t0 + t3 - t2) / n * 1e6,  # the last commit belongs to the first pass
        "second": (t2 - t1) / n * 1e6,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def run_phase(tool: str, folder: str, what: str, n: int, start: int = 0, **env: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, os.path.abspath(__file__), "--phase", tool, folder, what, str(n), str(start)],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def table(title: str, rows: dict[str, dict[str, float]], against: str | None = None) -> None:
    tools = list(next(iter(rows.values())))
    print(f"\n{title}\n")
    print(f"| per call, us | {' | '.join(tools)} | ours / {against or 'best peer'} |")
    print("|---|" + "---:|" * (len(tools) + 1))
    for name, values in rows.items():
        peers = [v for t, v in values.items() if t != "mandala_graph" and against in (None, t)]
        ratio = f"{values['mandala_graph'] / min(peers):.2f}" if peers else ""
        print(f"| {name} | {' | '.join(f'{values[t]:.1f}' for t in tools)} | {ratio} |")


def integers(calls: int) -> None:
    with tempfile.TemporaryDirectory() as root:
        small: dict[str, dict[str, float]] = {"miss": {}, "hit, same process": {}, "first hits, fresh process": {}}
        for tool in PEERS:
            folder = os.path.join(root, tool)
            os.makedirs(folder)
            n = calls if tool in ("mandala_graph", "diskcache") else min(calls, 2_000)
            made = run_phase(tool, folder, "int", n)
            small["miss"][tool] = made["first"]
            small["hit, same process"][tool] = made["second"]
            small["first hits, fresh process"][tool] = run_phase(tool, folder, "int", n, BENCH_UNWRAP="1")["first"]
        table(f"Small integers, {calls:,} calls (joblib, checkpointer: {min(calls, 2_000):,})", small, "diskcache")


def one_mebibyte() -> None:
    with tempfile.TemporaryDirectory() as root:
        arrays: dict[str, dict[str, float]] = {"miss": {}, "hit, same process": {}, "first hits, fresh process": {}}
        for tool in PEERS:
            folder = os.path.join(root, tool + "_array")
            os.makedirs(folder)
            made = run_phase(tool, folder, "array", 100, BENCH_UNWRAP="1")
            arrays["miss"][tool] = made["first"]
            arrays["hit, same process"][tool] = made["second"]
            arrays["first hits, fresh process"][tool] = run_phase(tool, folder, "array", 100, BENCH_UNWRAP="1")["first"]
        table("An array of 1 MiB as output, 100 calls (making it included in the miss)", arrays)


def growth() -> None:
    print("\nGrowth: the last 10,000 of so many calls (mandala_graph)\n")
    print("| calls in the store | miss, us | hit, us | first hit in a fresh process, us | peak memory, MB |")
    print("|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        have = 0
        for total in (10_000, 100_000):
            if total - 10_000 > have:
                run_phase("mandala_graph", folder, "int", total - 10_000 - have, have, BENCH_FIRST_ONLY="1")
            made = run_phase("mandala_graph", folder, "int", 10_000, total - 10_000)
            cold = run_phase("mandala_graph", folder, "int", 10_000, total - 10_000, BENCH_UNWRAP="1")
            have = total
            print(
                f"| {total:,} | {made['first']:.1f} | {made['second']:.1f} | {cold['first']:.1f} | {made['peak_mb']:.0f} |"
            )


def million() -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = run_phase("mandala_graph", folder, "int", 1_000_000, 0, BENCH_FIRST_ONLY="1")
    print(f"\nA million calls written: {made['first']:.1f} us per call, peak memory {made['peak_mb']:.0f} MB")


def lists() -> None:
    from mandala_graph import MList, Storage, op

    @op
    def numbers(n: int) -> MList[int]:
        return list(range(n))

    @op
    def total(xs: MList[int]) -> int:
        return sum(xs)

    with tempfile.TemporaryDirectory() as folder:
        t0 = time.perf_counter()
        with Storage(os.path.join(folder, "a.db")) as storage:
            xs = numbers(10_000)
        t1 = time.perf_counter()
        with storage:
            total(list(range(10_000)))
        t2 = time.perf_counter()
        with storage:
            total(xs)
        t3 = time.perf_counter()
    print(f"\nMList of 10,000: out {t1 - t0:.2f} s, in (plain) {t2 - t1:.2f} s, in (a ref) {t3 - t2:.3f} s")


def imports() -> None:
    """As an installed package is imported: its byte code is kept."""
    times = []
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        env["PYTHONPYCACHEPREFIX"] = folder
        for _ in range(10):
            t0 = time.perf_counter()
            subprocess.run([sys.executable, "-c", "import mandala_graph"], check=True, env=env)
            t1 = time.perf_counter()
            subprocess.run([sys.executable, "-c", "pass"], check=True, env=env)
            times.append((t1 - t0) - (time.perf_counter() - t1))
    times = sorted(times[1:])
    print(f"\nimport mandala_graph: {times[4] * 1e3:.0f} ms (up to {times[-1] * 1e3:.0f}) over an empty interpreter")


_WARM_UP, _WARM_UP_DURABLE = 100_000, 5_000
"""A server's Java code is compiled as it runs, by the same cores: before that, one measures the compiler."""


def _delete_calls(url: str) -> None:
    from neo4j import GraphDatabase

    with GraphDatabase.driver(url) as driver, driver.session() as session:
        session.run("MATCH (n) WHERE NOT n:Store CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS").consume()


def neo4j(url: str) -> None:
    print(
        f"\nNeo4j (an empty database; the server was warmed up by {_WARM_UP:,} calls and {_WARM_UP_DURABLE:,} durable "
        f"ones, deleted before the first row)\n"
    )
    print(
        "| calls in the store | miss of the last 10,000, by a fresh process, us (amortised) | miss of the 90,000 before, by "
        "one process, us | durable call, us | 10,000 calls by a fresh process, s |"
    )
    print("|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        have = 0
        for calls, start, interval in ((_WARM_UP, 10**7, "0.1"), (_WARM_UP_DURABLE, 2 * 10**7, "0")):
            run_phase(
                "mandala_graph",
                folder,
                "int",
                calls,
                start,
                BENCH_NEO4J=url,
                BENCH_FIRST_ONLY="1",
                BENCH_INTERVAL=interval,
            )
        _delete_calls(url)
        for total in (10_000, 100_000):
            long = ""
            if total - 10_000 > have:
                before = run_phase(
                    "mandala_graph", folder, "int", total - 10_000 - have, have, BENCH_NEO4J=url, BENCH_FIRST_ONLY="1"
                )
                long = f"{before['first']:.0f}"
            made = run_phase("mandala_graph", folder, "int", 10_000, total - 10_000, BENCH_NEO4J=url)
            # not warmed up: what a fresh process fetches first is part of it
            fresh = run_phase(
                "mandala_graph",
                folder,
                "int",
                10_000,
                total - 10_000,
                BENCH_NEO4J=url,
                BENCH_UNWRAP="1",
                BENCH_WARM="0",
            )
            durable = run_phase(  # so many that a burst of questions at the start is paid off
                "mandala_graph",
                folder,
                "int",
                2_000,
                total + 10**6,
                BENCH_NEO4J=url,
                BENCH_INTERVAL="0",
                BENCH_WARM="100",
            )
            have = total
            print(f"| {total:,} | {made['first']:.0f} | {long} | {durable['first']:.0f} | {fresh['first'] / 100:.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--neo4j", help="URL of an empty Neo4j database")
    parser.add_argument("--only-neo4j", action="store_true", help="leave out what is measured on SQLite")
    parser.add_argument("--million", action="store_true", help="also write a million calls (a minute)")
    parser.add_argument("--phase", nargs=5, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.phase:
        tool, folder, what, n, start = args.phase
        print(json.dumps(phase(tool, folder, what, int(n), int(start))))
        return
    if not args.only_neo4j:
        for calls in args.calls:
            integers(calls)
        one_mebibyte()
        growth()
        lists()
        imports()
        if args.million:
            million()
    if args.neo4j:
        neo4j(args.neo4j)


if __name__ == "__main__":
    main()
