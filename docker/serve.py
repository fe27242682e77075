"""What the container of the graph browser runs: makes the store where there is none yet, then shows it."""

from __future__ import annotations

import os

from mandala_graph import Storage
from mandala_graph.web import serve

PORT = 8321  # inside the container
STORE, TOKEN = os.environ["MANDALA_GRAPH_STORE"], os.environ["MANDALA_GRAPH_TOKEN"]
ADDRESS = os.environ.get("MANDALA_GRAPH_ADDRESS", f"localhost:{PORT}")  # what the user's web browser asks for

Storage(STORE, values=os.environ.get("MANDALA_GRAPH_VALUES", "/values")).close()
print(f"open http://{ADDRESS}/?token={TOKEN}")
serve(
    STORE,
    "0.0.0.0",
    PORT,
    open_browser=False,
    allow_remote=True,
    names=[ADDRESS],
    token=TOKEN,
    neo4j_browser=os.environ.get("MANDALA_GRAPH_NEO4J_BROWSER"),
    say=lambda text: None,  # the addresses that it knows are those of the container
)
