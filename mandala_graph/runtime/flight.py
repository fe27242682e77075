"""Single flight: a call that runs in one thread or task is awaited by the others of this process."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import Future

__all__ = ["Flight", "Flights", "Waiter"]

Owner = int | tuple[int, int]


def _me() -> Owner:
    """This thread, or this task of it."""
    thread = threading.get_ident()
    asyncio = sys.modules.get("asyncio")  # not imported: no task runs
    if asyncio is None:
        return thread
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return thread
    return (thread, id(task))


class Waiter(Future[None]):
    """Done when the awaited call has landed, so that its outputs can be looked up; failed when the call raised."""


class Flight:
    """One running call: who runs it, and who waits. As a context manager it lands at the end of the block."""

    __slots__ = ("flights", "hid", "owner", "waiters")

    def __init__(self, owner: Owner, hid: str, flights: Flights | None) -> None:
        self.owner = owner
        self.hid = hid
        self.flights = flights  # None: it flies unseen
        self.waiters: list[Waiter] | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if self.flights is not None:
            self.flights.land(self, error)


class Flights:
    """The calls that run now, by hid.

    `take(hid)` gives a `Flight` to who must run the call, in a `with` block, and a `Waiter` to who may wait
    for it. A flight that nobody can wait for is for its own owner (a recursion with equal arguments), and for
    one whose waiting would close a circle of waiters.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flying: dict[str, Flight] = {}
        self._waiting: dict[Owner, Flight] = {}

    def take(self, hid: str) -> Flight | Waiter:
        me = _me()
        with self._lock:
            flight = self._flying.get(hid)
            if flight is None:
                flight = self._flying[hid] = Flight(me, hid, self)
                return flight
            seen: Flight | None = flight
            while seen is not None:
                if seen.owner == me:
                    return Flight(me, hid, None)
                seen = self._waiting.get(seen.owner)
            self._waiting[me] = flight
            waiter = Waiter()
            if flight.waiters is None:
                flight.waiters = []
            flight.waiters.append(waiter)
            return waiter

    def wait(self, waiter: Waiter) -> None:
        """Until somebody else's call has landed (an exception of the op is raised here too)."""
        try:
            waiter.result()
        finally:
            with self._lock:
                self._waiting.pop(_me(), None)

    async def wait_async(self, waiter: Waiter) -> None:
        import asyncio

        try:
            # shielded: who gives up waiting must not cancel the call for the others
            await asyncio.shield(asyncio.wrap_future(waiter))
        finally:
            with self._lock:
                self._waiting.pop(_me(), None)

    def land(self, flight: Flight, error: BaseException | None = None) -> None:
        """The call is over: recorded, or failed with `error`.

        An interrupt (KeyboardInterrupt, a cancelled task) is nobody else's: those who wait try themselves.
        """
        with self._lock:
            self._flying.pop(flight.hid, None)
            waiters = flight.waiters
        for waiter in waiters or ():
            if isinstance(error, Exception):
                waiter.set_exception(error)
            else:
                waiter.set_result(None)

    def clear(self) -> None:
        """Forget everything (after a fork, where the other threads do not exist)."""
        self._lock = threading.Lock()
        self._flying.clear()
        self._waiting.clear()
