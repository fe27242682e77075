"""The graph browser as a widget in a notebook: `storage.explore()` and `cf.explore()`.

The picture, the panel and the tables are those of the page (`web/`), built into one module that a notebook gets as text.
What the page asks a server comes as messages of the widget here, to the same functions. Extra `notebook`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mandala_graph.errors import UsageError

if TYPE_CHECKING:
    from mandala_graph.notebook.widget import Explorer
    from mandala_graph.storage import Storage

__all__ = ["explore"]


def explore(storage: Storage, of: Any = None, height: int = 480) -> Explorer:
    """The widget over a storage, or over one frame of it; `height` is in pixels.

    Raises `UsageError` where the packages of the extra, or the built module, are missing.
    """
    if type(height) is not int or height < 160:
        raise UsageError(f"height is in pixels, a whole number of 160 or more, not {height!r}.")
    try:
        import anywidget  # noqa: F401
        import starlette  # noqa: F401
    except ImportError as missing:
        raise UsageError(
            f"explore() needs the package {missing.name}: pip install 'mandala-graph[notebook]' "
            "(then restart the kernel); cf.draw() and cf.df() need nothing."
        ) from missing
    from mandala_graph.notebook.widget import Explorer

    return Explorer(storage, of, height)
