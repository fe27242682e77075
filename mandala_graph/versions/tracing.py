"""What was entered while a call ran: `sys.monitoring` from Python 3.12 on, `sys.setprofile` before.

A trace says which of the user's functions ran, so that a call depends on no others. Where it cannot see (other
processes; before 3.12 other threads; another profiler at work), it says so, and the whole closure counts.
"""

from __future__ import annotations

import sys
import threading
import types
from collections.abc import Collection, Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any

from mandala_graph.versions.components import Key
from mandala_graph.versions.nodes import resolve
from mandala_graph.versions.scope import Scope, is_installed
from mandala_graph.versions.values import Place, is_op

if TYPE_CHECKING:
    from mandala_graph.versions.state import CodeState, Finished

__all__ = ["Trace", "Tracer"]

_THREADS = (
    ("threading", "Thread.start"),
    ("concurrent.futures.thread", "ThreadPoolExecutor.submit"),
    ("multiprocessing.pool", "Pool._apply_async"),
    ("queue", "Queue.put"),
    ("asyncio.base_events", "BaseEventLoop.run_in_executor"),
)
_PROCESSES = (
    ("multiprocessing.process", "BaseProcess.start"),
    ("concurrent.futures.process", "ProcessPoolExecutor.submit"),
    ("multiprocessing.pool", "Pool.map"),
    ("multiprocessing.pool", "Pool.apply_async"),
    ("multiprocessing.pool", "Pool._map_async"),
    ("multiprocessing.pool", "Pool.imap"),
    ("multiprocessing.pool", "Pool.imap_unordered"),
    ("subprocess", "Popen.__init__"),
    ("joblib.parallel", "Parallel.__call__"),
    ("joblib.externals.loky.process_executor", "ProcessPoolExecutor.submit"),
    ("loky.process_executor", "ProcessPoolExecutor.submit"),
    ("distributed.client", "Client.submit"),
    ("distributed.client", "Client.compute"),
    ("ray._private.worker", "get"),
)
_NEW_EVENTS = sys.version_info >= (3, 12)
_EXITS: dict[str, set[str]] = {}
"""Where work is handed to where no trace looks: qualified name -> modules. By name, as a call may load the module."""
for _module, _name in _PROCESSES if _NEW_EVENTS else _THREADS + _PROCESSES:
    _EXITS.setdefault(_name, set()).add(_module)


class Tracer:
    """Watches what is entered, from `start` to `stop`.

    Attributes:
        entered: by id, the code objects that are not installed (or are in `scope` all the same), each with the globals
            it ran in.
        ops: the ops that were called.
        blind: did it run where the tracer could not see?
    """

    __slots__ = ("_outer", "_seen", "_wide", "blind", "entered", "ops")

    def __init__(self, scope: Scope | None = None) -> None:
        self.entered: dict[int, tuple[types.CodeType, dict[str, Any]]] = {}
        self.ops: dict[int, Any] = {}
        self.blind = False
        self._seen: set[int] = set()
        self._outer: Any = None
        self._wide = [scope] if scope is not None and scope.widened else []

    def start(self) -> None:
        if _NEW_EVENTS:
            _start_events(self)
            return
        self._outer = sys.getprofile()
        if self._outer is not None and not isinstance(getattr(self._outer, "__self__", None), Tracer):
            self.blind = True
            return
        self._wide += self._outer.__self__._wide if self._outer is not None else []
        sys.setprofile(self._profile)

    def stop(self) -> None:
        if _NEW_EVENTS:
            _stop_events(self)
            return
        if self.blind and sys.getprofile() is self._outer:
            return
        now = sys.getprofile()
        if getattr(now, "__self__", None) is not self:
            self.blind = True  # somebody else set a profiler while the call ran
            return
        sys.setprofile(self._outer)
        outer = getattr(self._outer, "__self__", None)
        if isinstance(outer, Tracer):
            outer.entered.update(self.entered)
            outer.ops.update(self.ops)
            outer.blind = outer.blind or self.blind

    def _profile(self, frame: types.FrameType, event: str, arg: Any) -> None:
        if event == "call":
            code = frame.f_code
            if id(code) not in self._seen:
                self.see(code, frame)

    def see(self, code: types.CodeType, frame: types.FrameType) -> bool:
        """A function was entered for the first time; False if the next time matters too."""
        if code.co_name == "__call__" and is_op(frame.f_locals.get("self")):
            op = frame.f_locals["self"]
            self.ops[id(op)] = op
            return False
        self._seen.add(id(code))
        modules = _EXITS.get(code.co_qualname)
        if modules is not None and frame.f_globals.get("__name__") in modules:
            self.blind = True
        if not is_installed(code.co_filename) or any(s.has_code(code, frame.f_globals) for s in self._wide):
            self.entered[id(code)] = (code, frame.f_globals)
        return True


# -- sys.monitoring: one tool, whatever the number of tracers

_active: list[Tracer] = []
_lock = threading.Lock()
_tool: int | None = None


def _start_events(tracer: Tracer) -> None:
    global _tool
    monitoring = sys.monitoring  # type: ignore[attr-defined]
    with _lock:
        if _tool is None:
            for number in (4, 3, 5):
                if monitoring.get_tool(number) is None:
                    monitoring.use_tool_id(number, "mandala_graph")
                    _tool = number
                    break
            else:
                tracer.blind = True
                return
            for event in (monitoring.events.PY_START, monitoring.events.PY_RESUME):
                monitoring.register_callback(_tool, event, _entered)
        _active.append(tracer)
        monitoring.set_events(_tool, monitoring.events.PY_START | monitoring.events.PY_RESUME)
        monitoring.restart_events()


def _stop_events(tracer: Tracer) -> None:
    monitoring = sys.monitoring  # type: ignore[attr-defined]
    with _lock:
        if tracer in _active:
            _active.remove(tracer)
            if not _active:
                monitoring.set_events(_tool, 0)


def _entered(code: types.CodeType, offset: int) -> Any:
    frame = sys._getframe(1)
    done = True
    for tracer in tuple(_active):
        if id(code) not in tracer._seen:
            done = tracer.see(code, frame) and done
    return sys.monitoring.DISABLE if done else None  # type: ignore[attr-defined]


# -- one call

_COMMON = frozenset({int, float, str, bytes, bool, type(None), complex})


class Trace:
    """One call that runs: `with trace:` around it, `finish()` after it.

    Without `with` (an async call), every function of the closure counts.
    """

    __slots__ = ("_modules", "_wanted", "classes", "data", "state", "tracer")

    def __init__(self, state: CodeState, concurrent: bool, data: list[Place]) -> None:
        self.state = state
        self.data = data  # looked at before the call, and to be looked at after it
        self.tracer: Tracer | None = None
        self.classes: set[Key] = set()
        self._modules = (len(sys.modules), next(reversed(sys.modules)))
        self._wanted = state.closure is not None and state.closure.narrows and not concurrent

    def arguments(self, values: Iterable[Any]) -> None:
        """Look at what the call gets: objects of the user's own classes bring their methods with them."""
        seen: set[int] = set()  # containers may hold each other
        waiting = list(values)
        while waiting:
            value = waiting.pop()
            if type(value) in _COMMON:
                continue
            kind = type(value)
            if isinstance(value, type):
                kind = value
            if isinstance(value, (list, tuple, set, frozenset, dict)):
                if id(value) not in seen:
                    seen.add(id(value))
                    waiting += islice(value.values() if isinstance(value, dict) else value, 20)
            elif isinstance(value, (types.FunctionType, types.MethodType)) or self.state.scope.has_class(kind):
                self._wanted = True
                if isinstance(value, types.MethodType):
                    kind = type(value.__self__)
                if not isinstance(value, types.FunctionType):
                    key = Key(kind.__module__, kind.__qualname__, "class")
                    if resolve(key) is kind:
                        self.classes.add(key)

    def loaded(self) -> Collection[Key]:
        """The functions and classes of modules of the user's own that were loaded since: nobody knew of them."""
        if self._modules == (len(sys.modules), next(reversed(sys.modules))):
            return ()
        names, last = list(sys.modules), self._modules[1]
        new = names[names.index(last) + 1 :] if last in sys.modules else names
        scope = self.state.scope
        return {
            Key(name, thing.__qualname__, "class" if isinstance(thing, type) else "function")
            for name in new
            for thing in scope.members(name)
        }

    def __enter__(self) -> Trace:
        if self._wanted:
            self.tracer = Tracer(self.state.scope)
            self.tracer.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self.tracer is not None:
            self.tracer.stop()

    def finish(self) -> Finished:
        """The version id of the call, and the rows to write with it (until `handed` says that they are)."""
        return self.state.finish(self)

    def handed(self, version: str) -> None:
        """The rows of a version are where they are written no later than the call."""
        self.state.written.add(version)
