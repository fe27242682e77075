"""The command that shows a store in a web browser."""

from __future__ import annotations

import os

import click

from mandala_graph.cli.common import store_option

__all__ = ["browse"]


@click.command()
@click.argument("place", required=False, metavar="[STORE]")
@store_option
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port; any that is free when not given.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--open/--no-open", "open_browser", default=True, help="Open the page in your web browser.")
@click.option("--theme", type=click.Choice(["auto", "light", "dark"]), default="auto", help="Colours of the page.")
@click.option("--allow-remote", is_flag=True, help="Let --host be an address that other computers can reach.")
@click.option("--name", "names", multiple=True, help="A further host name (or name:port) to be addressed by.")
@click.option(
    "--neo4j-browser",
    envvar="MANDALA_GRAPH_NEO4J_BROWSER",
    help="Address of Neo4j Browser, for links to it; port 7474 of the store's server when not given.",
)
def browse(
    place: str | None,
    location: str,
    port: int,
    host: str,
    open_browser: bool,
    theme: str,
    allow_remote: bool,
    names: tuple[str, ...],
    neo4j_browser: str | None,
) -> None:
    """Explore a store in your web browser; Ctrl-C ends it.

    STORE is a SQLite file or a Neo4j URL, as for --store. The store is opened for reading only.
    """
    from mandala_graph.web import serve

    serve(
        place or location,
        host,
        port,
        open_browser,
        allow_remote=allow_remote,
        names=names,
        token=os.environ.get("MANDALA_GRAPH_TOKEN") or None,
        neo4j_browser=neo4j_browser,
        path="/" if theme == "auto" else f"/?theme={theme}",
        say=click.echo,
    )
