"""The graph browser: a local web server with a JSON API over a store, and the page that shows it (extra `web`).

`serve` runs it. The page itself is in `static/`, built from the folder `web/` of the source tree. Nothing here loads
a pickle: values are shown from what the graph holds natively and from codecs that run no code.
"""

from __future__ import annotations

from mandala_graph.web.server import serve

__all__ = ["serve"]
