"""Ops in other threads and processes: `storage.map`, and ops inside `joblib.Parallel` on any backend."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from mandala_graph.errors import UsageError
from mandala_graph.runtime import context
from mandala_graph.runtime.memoizer import Memoizer
from mandala_graph.runtime.op import OpFunction, pickled
from mandala_graph.runtime.request import Request, Running
from mandala_graph.store.pages import pages

if TYPE_CHECKING:
    from mandala_graph.storage import Storage

__all__ = ["RemoteOp", "StorageSpec", "map_calls", "open_with", "spec_to_send"]

_PAGE = 5_000
"""How many calls are looked up, run and written at a time."""


class StorageSpec(NamedTuple):
    """Enough to open the same storage in another process."""

    location: str
    options: tuple[tuple[str, Any], ...]


def spec_to_send() -> StorageSpec | None:
    """The active storage as something to send to a worker, after everything computed so far is committed."""
    here = context.current()
    if here is None or here.memoizer is None or here.inside_op:
        return None
    storage = here.memoizer.storage
    storage.commit()
    return storage.spec()


_opener: list[Callable[[StorageSpec], Storage]] = []
_opened: dict[StorageSpec, Storage] = {}
_opened_lock = threading.Lock()
_opened_by = os.getpid()


def open_with(opener: Callable[[StorageSpec], Storage]) -> None:
    """Say how a storage is opened from its spec (the facade does; this layer must not know it)."""
    _opener[:] = [opener]


def _open(spec: StorageSpec) -> Storage:
    """This process's storage for a spec, opened once."""
    global _opened_by
    with _opened_lock:
        if _opened_by != os.getpid():
            _opened.clear()
            _opened_by = os.getpid()
        storage = _opened.get(spec)
        if storage is None:
            storage = _opened[spec] = _opener[0](spec)
        return storage


class RemoteOp:
    """An op as it arrives in a worker process: it memoizes into the storage that was active where it left.

    Each call is committed before its refs go back.
    """

    def __init__(self, op: OpFunction[Any, Any], spec: StorageSpec) -> None:
        self.op = op
        self.spec = spec
        self.__name__ = op.name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        here = context.current()
        if here is not None and here.memoizer is not None and here.memoizer.storage.spec() == self.spec:
            return self.op(*args, **kwargs)  # a worker that is a thread of the same process
        with _open(self.spec):
            return self.op(*args, **kwargs)

    def __reduce__(self) -> tuple[Any, ...]:
        return pickled(self.op, self.spec)


def _timed(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], generator: bool) -> Any:
    """Run in a worker: the plain result with when it started and how long it took."""
    token = context.push(context.Context(None, mode="noop"))
    started = time.time()
    clock = time.perf_counter()
    try:
        value = fn(*args, **kwargs)
        if generator:
            value = list(value)
    finally:
        context.pop(token)
    return value, started, time.perf_counter() - clock


def map_calls(
    memoizer: Memoizer,
    op: OpFunction[Any, Any],
    calls: Iterable[tuple[tuple[Any, ...], dict[str, Any]]],
    here: context.Context,
    n_jobs: int,
    backend: str | None,
    progress: bool,
    total: int | None,
) -> list[Any]:
    """Call an op many times: known calls are looked up in bulk, the others run in workers, once each."""
    from tqdm.auto import tqdm

    if not isinstance(n_jobs, int) or n_jobs == 0:
        raise UsageError(f"n_jobs is a number of workers, or -1 for one on each processor, not {n_jobs!r}.")
    if op.is_async:
        raise UsageError(f"storage.map runs plain ops; await asyncio.gather(*[{op.name}(x) for x in xs]) instead.")
    results: list[Any] = []
    bar = tqdm(total=total, desc=op.name, unit="call", disable=not progress, leave=progress)
    with bar:
        for page in pages(calls, _PAGE):
            results += _map_page(memoizer, op, page, here, n_jobs, backend, bar)
    return results


def _map_page(
    memoizer: Memoizer,
    op: OpFunction[Any, Any],
    page: list[tuple[tuple[Any, ...], dict[str, Any]]],
    here: context.Context,
    n_jobs: int,
    backend: str | None,
    bar: Any,
) -> list[Any]:
    requests = []
    state = memoizer.state(op)
    for args, kwargs in page:
        bound = op.signature.bind(args, kwargs)
        requests.append(Request(op, state, bound, memoizer.identifier.inputs(op, bound), here))
    memoizer.known.warm(requests)
    if n_jobs != 1:
        _run_missing(memoizer, op, requests, n_jobs, backend)
    results = []
    for args, kwargs in page:
        results.append(memoizer.call(op, args, kwargs, here))
        bar.update(1)
    return results


def _run_missing(
    memoizer: Memoizer, op: OpFunction[Any, Any], requests: list[Request], n_jobs: int, backend: str | None
) -> None:
    """Run the calls that are not known, each once, in joblib's workers; record them as they come back."""
    missing: dict[str, Request] = {}
    leases = memoizer.leases
    taken: list[str] = []
    try:
        for request in requests:
            if request.key in missing or memoizer.known.find(request) is not None:
                continue
            if leases is not None:
                if not leases.take(request.key):
                    continue  # another process runs it; who asks for it next waits
                taken.append(request.key)
            missing[request.key] = request
        if taken:
            memoizer.look_again(requests[0].state)
            missing = {key: request for key, request in missing.items() if memoizer.known.ask(request) is None}
        if missing:
            now = [(key, memoizer.identified(request)) for key, request in missing.items()]
            # one whose arguments were changed in place meanwhile is another call, which is asked for in its turn
            running = [(r, memoizer.runner.begin(r, concurrent=True)) for key, r in now if r.key == key]
            _run_in_workers(memoizer, op, running, n_jobs, backend)
        if taken:
            memoizer.writer.flush()
    finally:
        for key in taken:
            leases.give_back(key)  # type: ignore[union-attr]


def _run_in_workers(
    memoizer: Memoizer, op: OpFunction[Any, Any], calls: list[tuple[Request, Running]], n_jobs: int, backend: str | None
) -> None:
    import joblib

    tasks = []
    for request, _ in calls:
        args, kwargs = memoizer.runner.plain(op, request.bound, request.inputs)
        tasks.append(joblib.delayed(_timed)(op.fn, args, kwargs, op.is_generator))
    with contextlib.ExitStack() as stack:
        try:
            if backend is not None:
                stack.enter_context(joblib.parallel_config(backend=backend))
            workers = joblib.Parallel(n_jobs=n_jobs, return_as="generator")
        except ValueError as problem:
            raise UsageError(f"joblib has no backend {backend!r}: {problem}.") from None
        results = workers(tasks)
        for (request, running), (value, started, duration) in zip(calls, results, strict=True):
            running.started = started
            memoizer.runner.record(request, running, value, duration)
