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
import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Protocol
from urllib.parse import unquote, urlsplit

import neo4j
from neo4j.exceptions import DriverError, Neo4jError

VERSION = "5.26.25"
IMAGE = "neo4j:5.26-community"
START_TIMEOUT = 180.0  # seconds; machines of CI can be slow
ENV = "MANDALA_GRAPH_TEST_NEO4J"
Auth = tuple[str, str] | None

_POM = f"""<project><modelVersion>4.0.0</modelVersion><groupId>local</groupId><artifactId>neo4j-for-tests</artifactId>
<version>1</version><packaging>pom</packaging><dependencies><dependency><groupId>org.neo4j</groupId>
<artifactId>neo4j</artifactId><version>{VERSION}</version></dependency></dependencies></project>
"""

_CONF = """\
server.bolt.listen_address={host}:{bolt}
server.http.listen_address={host}:{http}
server.https.enabled=false
server.default_listen_address={host}
dbms.security.auth_enabled={auth}
server.memory.pagecache.size=128m
db.tx_log.preallocate=false
dbms.usage_report.enabled=false
server.directories.data={home}/data
server.directories.logs={home}/logs
"""

_JVM = [
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "-Dio.netty.tryReflectionSetAccessible=true",
    "-Djdk.nio.maxCachedBufferSize=1024",
    "-Dlog4j2.disable.jmx=true",
]

# A child that must not outlive us, even if we are killed: on Linux the kernel sends it SIGTERM then.
_EXEC = (
    "import ctypes, os, sys\n"
    "if sys.platform == 'linux': ctypes.CDLL(None).prctl(1, 15)\n"
    "os.execv(sys.argv[1], sys.argv[1:])"
)


class NoServer(Exception):
    """No Neo4j can be had this way; the message says why and what would help."""


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
        self._container = Neo4jContainer(IMAGE, password="for-tests-only").with_bind_ports(7687, ("127.0.0.1", port))
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


class LocalServer:
    """A server process of our own on loopback: it can be killed and restarted on the same port and data."""

    def __init__(self, *, auth: Auth = None, heap: str = "1g", quick: bool = False, data: str | None = None) -> None:
        self._java = find_java()
        self._lib = find_jars()
        self._jvm = [f"-Xmx{heap}", "-Xms256m", *(["-XX:TieredStopAtLevel=1"] if quick else [])]
        self.home = Path(tempfile.mkdtemp(prefix="neo4j-for-tests-", dir=data))
        self.auth = auth
        self.process: subprocess.Popen[bytes] | None = None
        try:
            for attempt in range(3):
                self._bolt, self._http = free_ports(2)
                self._configure()
                try:
                    self.start()
                    break
                except NoServer as e:  # somebody took the port in between
                    if attempt == 2 or "in use" not in str(e):
                        raise
            if auth:
                self._set_password(*auth)
        except BaseException:
            self.stop()
            raise
        self.how = f"{self.uri}, a local process of Neo4j {VERSION}"

    @property
    def uri(self) -> str:
        return f"bolt://127.0.0.1:{self._bolt}"

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self._http}"

    @property
    def url(self) -> str:
        return self.uri.replace("://", f"://{self.auth[0]}:{self.auth[1]}@", 1) if self.auth else self.uri

    def _configure(self) -> None:
        conf = self.home / "conf"
        conf.mkdir(exist_ok=True)
        text = _CONF.format(
            host="127.0.0.1",
            bolt=self._bolt,
            http=self._http,
            auth="true" if self.auth else "false",
            home=self.home,
        )
        (conf / "neo4j.conf").write_text(text)

    def start(self) -> None:
        """Start the process and wait until it answers."""
        log = self.home / "console.log"
        begin = log.stat().st_size if log.exists() else 0
        command = [self._java, *self._jvm, *_JVM, "-cp", f"{self._lib}/*", "org.neo4j.server.CommunityEntryPoint"]
        command += [f"--home-dir={self.home}", f"--config-dir={self.home}/conf", "--console-mode"]
        with open(log, "ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _EXEC, *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in a test run is for the tests to handle
            )
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            text = log.read_bytes()[begin:].decode(errors="replace")
            if "Started." in text:
                return
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise NoServer(f"Neo4j did not start: {text[-2000:]}")
            time.sleep(0.05)

    def _set_password(self, user: str, password: str) -> None:
        with neo4j.GraphDatabase.driver(self.uri, auth=("neo4j", "neo4j")) as driver:
            driver.execute_query(
                "ALTER CURRENT USER SET PASSWORD FROM 'neo4j' TO $password", password=password, database_="system"
            )

    def kill(self) -> None:
        """SIGKILL, as a power cut would do it."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """End the process, by its id, and delete its data (so it need not shut down in order, which takes long)."""
        self.kill()
        shutil.rmtree(self.home, ignore_errors=True)


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


def free_ports(n: int) -> list[int]:
    """Ports of the loopback interface that nobody listens on now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    try:
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()


def find_java() -> str:
    """A Java 17 or 21, from JAVA_HOME, PATH or where Linux distributions keep them."""
    home = os.environ.get("JAVA_HOME")
    found = [f"{home}/bin/java"] if home else []
    found += [p for p in [shutil.which("java")] if p]
    found += sorted(str(p) for p in Path("/usr/lib/jvm").glob("*/bin/java"))
    for java in found:
        try:
            out = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=True).stderr
        except (OSError, subprocess.SubprocessError):
            continue
        if (m := re.search(r'version "(\d+)', out)) and m[1] in ("17", "21"):
            return java
    raise NoServer(
        "a local Neo4j needs Java 17 or 21, and none is here: install one (Debian: apt install "
        "openjdk-17-jre-headless), start a Docker engine, or set " + ENV
    )


def cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "mandala_graph" / f"neo4j-{VERSION}"


_CACHE = cache_folder()  # tests change the environment


def find_jars() -> Path:
    """The folder of Neo4j's jars, downloaded once by Maven; other processes wait meanwhile."""
    lib = _CACHE / "lib"
    if lib.is_dir():
        return lib
    mvn = shutil.which("mvn")
    if mvn is None:
        raise NoServer(
            "Neo4j's jars are downloaded by Maven, and mvn is not here: install it (Debian: apt install maven), "
            "start a Docker engine, or set " + ENV
        )
    _CACHE.mkdir(parents=True, exist_ok=True)
    with open(_CACHE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not lib.is_dir():
            with tempfile.TemporaryDirectory(dir=_CACHE) as work:
                Path(work, "pom.xml").write_text(_POM)
                done = subprocess.run(
                    [
                        mvn,
                        "-q",
                        "-B",
                        "dependency:copy-dependencies",
                        "-DoutputDirectory=lib",
                        "-DincludeScope=runtime",
                    ],
                    cwd=work,
                    capture_output=True,
                    text=True,
                )
                if done.returncode:
                    raise NoServer(f"Maven could not download Neo4j {VERSION}: {(done.stdout + done.stderr)[-2000:]}")
                Path(work, "lib").rename(lib)
    return lib


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
