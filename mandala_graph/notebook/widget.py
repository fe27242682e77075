"""The widget: what its front end gets at first, and the messages between them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from mandala_graph.errors import MandalaGraphError, UsageError
from mandala_graph.frame import ComputationFrame
from mandala_graph.model import Call, Ref
from mandala_graph.notebook.answers import Answers
from mandala_graph.storage import Storage
from mandala_graph.web.app import STATIC
from mandala_graph.web.form import plain

__all__ = ["Explorer"]

log = logging.getLogger("mandala_graph")

MODULE = STATIC / "notebook" / "explorer.js"


class Explorer(anywidget.AnyWidget):
    """A picture of a store or frame in a notebook, to be opened up by mouse and keys."""

    graph = traitlets.Dict().tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    start = traitlets.Unicode().tag(sync=True)
    height = traitlets.Int(480).tag(sync=True)

    def __init__(self, storage: Storage, of: Any = None, height: int = 480) -> None:
        frame = of if isinstance(of, ComputationFrame) else None
        self._esm = _built(MODULE)
        self._shown = storage if frame is None else frame
        self._answers = Answers(storage, frame)
        super().__init__(
            graph=plain(self._answers.summary()),
            title="Summary" if frame is None else "Frame",
            start="" if of is frame else _hid(of),
            height=height,
        )
        self.on_msg(self._asked)

    def __repr__(self) -> str:
        return f"Explorer({repr(self._shown).partition(chr(10))[0].rstrip(':')})"

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The widget; where none can be shown (a viewer of saved notebooks), what it is about."""
        found = super()._repr_mimebundle_(**options)
        return None if found is None else ({**found[0], "text/html": self._shown._repr_html_()}, found[1])

    def _asked(self, _: Any, content: Any, buffers: Any) -> None:
        """Answer one question of the front end; a problem is an answer too."""
        if not isinstance(content, Mapping) or not isinstance(content.get("ask"), str):
            return
        said: dict[str, Any] = {"id": content.get("id")}
        try:
            said["answer"] = plain(self._answers.ask(content["ask"]))
        except MandalaGraphError as problem:
            said["error"] = {"kind": type(problem).__name__, "message": str(problem)}
        except Exception as problem:  # the picture says it, and the log has the rest
            log.exception("the widget's question %s failed", content["ask"])
            said["error"] = {"kind": "Unexpected", "message": f"something went wrong here: {problem!r}"}
        self.send(said)


def _built(module: Path) -> str:
    try:
        return module.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(
            "the widget's module is not built: run scripts/build-web in the source tree (it needs Node.js and npm), "
            "or install a wheel, which has it."
        ) from None


def _hid(of: Any) -> str:
    if isinstance(of, (Ref, Call)):
        return of.hid
    if isinstance(of, str) and len(of) == 40:
        return of
    raise UsageError(f"explore a frame, a ref, a call or the id of one, not {type(of).__name__}: {str(of)[:60]!r}.")
