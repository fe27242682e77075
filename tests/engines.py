"""A real Neo4j for tests: found, or started and ended. Which stores the tests open is in conftest.py.

Looked for in this order: the server that MANDALA_GRAPH_TEST_NEO4J names (`bolt://user:password@host:7687`;
its database is emptied again and again, so it must be empty at the start), a container where a Docker engine
answers, a local process from Maven artifacts (Java 17 or 21; the artifacts are downloaded once, into the
user's cache folder).

For developers, `python -m tests.engines` starts a local server in the foreground and prints its URI.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Protocol
from urllib.parse import unquote, urlsplit

import neo4j
from neo4j.exceptions import DriverError, Neo4jError

from tests.neo4j_process import ENV, START_TIMEOUT, Auth, LocalServer, NoServer, find_jars, free_ports

IMAGE = "neo4j:5.26-community"


class Server(Protocol):
    """A running Neo4j. `uri` names no secret; `url` is for programs and may."""

    uri: str
    auth: Auth
    how: str

    @property
    def url(self) -> str: ...
    def stop(self) -> None: ...


class KillableServer(Server, Protocol):
    """A server of our own, which may be killed and started again at the same address with the same data."""

    def kill(self) -> None: ...
    def start(self) -> None: ...


class GivenServer:
    """The server that the environment names; not ours to end."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url if "//" in url else f"bolt://{url}")
        host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
        self.uri = f"{parts.scheme}://{host}:{parts.port or 7687}"
        self.auth: Auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        self.url = url if "//" in url else f"bolt://{url}"
        self.how = f"{self.uri}, from {ENV}"
        try:
            with neo4j.GraphDatabase.driver(self.uri, auth=self.auth, connection_timeout=10) as driver:
                driver.verify_connectivity()  # at once, where a query would be retried for half a minute
                nodes = driver.execute_query("MATCH (n) RETURN count(n)").records[0][0]
        except (DriverError, Neo4jError) as e:
            raise NoServer(f"{ENV} names {self.uri}, which cannot be used: {e}") from e
        if nodes and not os.environ.get(f"{ENV}_EMPTY"):
            raise NoServer(
                f"{ENV} names {self.uri}, whose database holds {nodes} nodes. The tests would delete them; "
                f"if that is all right, set {ENV}_EMPTY=1."
            )

    def stop(self) -> None:
        """Leave the server as it is."""


class DockerServer:
    """A container, ended with `stop` (or by testcontainers' reaper where its image can be had)."""

    def __init__(self) -> None:
        if not docker_answers():
            raise NoServer("no Docker engine answers")
        # Read by testcontainers when it is imported. Without its reaper it needs one image less; a socket on
        # this host means that ports are published here, even where the host is itself a container.
        os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
        if not os.environ.get("DOCKER_HOST", "").startswith(("tcp:", "ssh:")):
            os.environ.setdefault("TESTCONTAINERS_CONNECTION_MODE", "docker_host")
        try:
            from testcontainers.community.neo4j import Neo4jContainer
        except ImportError as e:
            raise NoServer(f"the testcontainers package is not installed ({e})") from e
        (port,) = free_ports(1)  # a fixed one, so that a restarted container is found where it was
        self._container = Neo4jContainer(IMAGE, password="for-tests-only").with_bind_ports(7687, port)
        self._container.with_env("NEO4J_server_memory_heap_max__size", "1g")
        self._container.with_env("NEO4J_server_memory_pagecache_size", "128m")
        try:
            self._container.start()
        except Exception as e:
            with contextlib.suppress(Exception):  # it may never have come to be
                self._container.stop()
            raise NoServer(f"the image {IMAGE} cannot be started: {e}") from e
        self.uri = self._container.get_connection_url()
        self.auth: Auth = ("neo4j", "for-tests-only")
        self.how = f"{self.uri}, a container of {IMAGE}"

    @property
    def url(self) -> str:
        return self.uri.replace("://", "://neo4j:for-tests-only@", 1)

    def kill(self) -> None:
        self._container.get_wrapped_container().kill()

    def start(self) -> None:
        self._container.get_wrapped_container().start()
        deadline = time.monotonic() + START_TIMEOUT
        with neo4j.GraphDatabase.driver(self.uri, auth=self.auth) as driver:
            while True:
                try:
                    return driver.verify_connectivity()
                except (DriverError, Neo4jError):
                    if time.monotonic() > deadline:
                        raise
                time.sleep(0.2)

    def stop(self) -> None:
        self._container.stop()


def docker_answers() -> bool:
    """Does a Docker engine listen where DOCKER_HOST says? Asked by hand: it is quick and leaves nothing open."""
    where = urlsplit(os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock")
    try:
        if where.scheme == "unix":
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(5)
                s.connect(where.path)
        else:
            socket.create_connection((where.hostname or "localhost", where.port or 2375), timeout=5).close()
    except OSError:
        return False
    return True


def find_server() -> Server:
    """The best server that can be had here; NoServer tells every way that failed."""
    if url := os.environ.get(ENV):
        return GivenServer(url)  # who names a server wants that one, not another
    reasons = []
    for way in (DockerServer, LocalServer):
        try:
            return way()
        except NoServer as e:
            reasons.append(f"- {e}")
    raise NoServer("no Neo4j can be had:\n" + "\n".join(reasons))


def killable_server() -> KillableServer:
    """A server of a test's own, started quickly: a local process, else a container."""
    try:
        return LocalServer(quick=True)
    except NoServer as local:
        try:
            return DockerServer()
        except NoServer as docker:
            raise NoServer(f"{local}; {docker}") from docker


def server_with_password() -> Server:
    """A server that asks for a password, whatever the one of the session does."""
    try:
        return LocalServer(auth=("neo4j", "for-tests-only"), quick=True)
    except NoServer as local:
        try:
            return DockerServer()
        except NoServer as docker:
            raise NoServer(f"{local}; {docker}") from docker


def empty(server: Server) -> None:
    """Delete every node, in batches; constraints and indexes stay."""
    with neo4j.GraphDatabase.driver(server.uri, auth=server.auth) as driver, driver.session() as session:
        session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS").consume()


def drop_schema(server: Server) -> None:
    """Drop every constraint and index but Neo4j's own."""
    with neo4j.GraphDatabase.driver(server.uri, auth=server.auth) as driver:
        for kind, names in (
            ("CONSTRAINT", "SHOW CONSTRAINTS YIELD name"),
            ("INDEX", "SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP'"),
        ):
            for record in driver.execute_query(names).records:
                driver.execute_query(f"DROP {kind} `{record['name']}`")


def main() -> None:
    """Start a real Neo4j on loopback and free ports, in the foreground, until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m tests.engines", description=main.__doc__)
    parser.add_argument("--heap", default="1g", help="largest Java heap (default 1g)")
    parser.add_argument("--password", help="turn authentication on, for the user neo4j (at least 8 characters)")
    parser.add_argument("--write-uri", type=Path, metavar="FILE", help="also write the URI into FILE once it answers")
    parser.add_argument("--download-only", action="store_true", help="only fetch the jars")
    options = parser.parse_args()
    try:
        if options.download_only:
            print(find_jars())
            return
        server = LocalServer(auth=("neo4j", options.password) if options.password else None, heap=options.heap)
    except NoServer as e:
        sys.exit(str(e))
    done = threading.Event()

    def leave(signum: int, frame: FrameType | None) -> None:
        done.set()

    for s in (signal.SIGINT, signal.SIGTERM):
        signal.signal(s, leave)
    try:
        print(f"{server.uri}\nhttp: {server.http}\npid {server.process and server.process.pid}", flush=True)
        if options.write_uri:
            options.write_uri.write_text(server.uri + "\n")
        while not done.wait(0.5):
            if server.process and server.process.poll() is not None:
                sys.exit("Neo4j ended by itself")
    finally:
        server.stop()


if __name__ == "__main__":
    main()
