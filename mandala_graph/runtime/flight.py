"""Single flight: a call that runs in one thread or task is awaited by the others of this process."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import Future

__all__ = ["Flight", "Flights"]


def _me() -> int | tuple[int, int]:
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


class Flight(Future[None]):
    """One running call and who runs it; its result is that it has landed, so that its outputs can be looked up."""

    def __init__(self, owner: int | tuple[int, int]) -> None:
        super().__init__()
        self.owner = owner


class Flights:
    """The calls that run now, by hid.

    `take(hid)` gives (flight, True) to who must run it and `land` it, (flight, False) to who may wait for
    it, and (None, True) to who must run it without waiting: its own owner (a recursion with equal
    arguments), or one whose waiting would close a circle of waiters.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flying: dict[str, Flight] = {}
        self._waiting: dict[int | tuple[int, int], Flight] = {}

    def take(self, hid: str) -> tuple[Flight | None, bool]:
        me = _me()
        with self._lock:
            flight = self._flying.get(hid)
            if flight is None:
                flight = self._flying[hid] = Flight(me)
                return flight, True
            seen: Flight | None = flight
            while seen is not None:
                if seen.owner == me:
                    return None, True
                seen = self._waiting.get(seen.owner)
            self._waiting[me] = flight
            return flight, False

    def wait(self, flight: Flight) -> None:
        """Until somebody else's flight has landed (an exception of the op is raised here too)."""
        try:
            flight.result()
        finally:
            with self._lock:
                self._waiting.pop(_me(), None)

    async def wait_async(self, flight: Flight) -> None:
        import asyncio

        try:
            # shielded: who gives up waiting must not cancel the call for the others
            await asyncio.shield(asyncio.wrap_future(flight))
        finally:
            with self._lock:
                self._waiting.pop(_me(), None)

    def land(self, hid: str, flight: Flight, error: BaseException | None = None) -> None:
        """The call is over: recorded, or failed with `error`.

        An interrupt (KeyboardInterrupt, a cancelled task) is nobody else's: those who wait try themselves.
        """
        with self._lock:
            self._flying.pop(hid, None)
        if isinstance(error, Exception):
            flight.set_exception(error)
        else:
            flight.set_result(None)

    def clear(self) -> None:
        """Forget everything (after a fork, where the other threads do not exist)."""
        self._lock = threading.Lock()
        self._flying.clear()
        self._waiting.clear()
