"""Neo4j as a local process, from Maven artifacts: downloaded once, started on loopback, killed when asked."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import neo4j

VERSION = "5.26.25"
BROWSER_VERSION = "5.24.0"  # of Neo4j Browser; Maven has no newer one
START_TIMEOUT = 180.0  # seconds; machines of CI can be slow
ENV = "MANDALA_GRAPH_TEST_NEO4J"
Auth = tuple[str, str] | None

_POM = """<project><modelVersion>4.0.0</modelVersion><groupId>local</groupId><artifactId>neo4j-for-tests</artifactId>
<version>1</version><packaging>pom</packaging><dependencies><dependency><groupId>{group}</groupId>
<artifactId>{name}</artifactId><version>{version}</version></dependency></dependencies></project>
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
# The first argument is the largest size of a file that it may write, or -1.
_EXEC = (
    "import ctypes, os, resource, sys\n"
    "if sys.platform == 'linux': ctypes.CDLL(None).prctl(1, 15)\n"
    "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.getrlimit(resource.RLIMIT_FSIZE)[1]))\n"
    "os.execv(sys.argv[2], sys.argv[2:])"
)


class NoServer(Exception):
    """No Neo4j can be had this way; the message says why and what would help."""


class LocalServer:
    """A server process of our own on loopback: it can be killed and restarted on the same port and data."""

    def __init__(
        self, *, auth: Auth = None, heap: str = "1g", quick: bool = False, browser: bool = False, more: str = ""
    ) -> None:
        """`browser` serves Neo4j Browser at `http`/browser/; `more` are further lines of the configuration."""
        self._java = find_java()
        self._jars = [find_jars(), *([find_browser()] if browser else [])]
        self._jvm = [f"-Xmx{heap}", "-Xms256m", *(["-XX:TieredStopAtLevel=1"] if quick else [])]
        self.home = Path(tempfile.mkdtemp(prefix="neo4j-for-tests-"))
        self.auth = auth
        self.process: subprocess.Popen[bytes] | None = None
        try:
            for attempt in range(3):
                self._bolt, self._http = free_ports(2)
                self.configure(more)
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

    def configure(self, more: str = "") -> None:
        """Write the configuration, with further lines; holds from the next start on."""
        conf = self.home / "conf"
        conf.mkdir(exist_ok=True)
        text = _CONF.format(
            host="127.0.0.1",
            bolt=self._bolt,
            http=self._http,
            auth="true" if self.auth else "false",
            home=self.home,
        )
        (conf / "neo4j.conf").write_text(text + more + "\n")

    def start(self, file_limit: int = -1) -> None:
        """Start the process and wait until it answers; `file_limit` (bytes a file) plays a full disk."""
        log = self.home / "console.log"
        begin = log.stat().st_size if log.exists() else 0
        command = [
            self._java,
            *self._jvm,
            *_JVM,
            "-cp",
            ":".join(f"{f}/*" for f in self._jars),
            "org.neo4j.server.CommunityEntryPoint",
        ]
        command += [f"--home-dir={self.home}", f"--config-dir={self.home}/conf", "--console-mode"]
        with open(log, "ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _EXEC, str(file_limit), *command],
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

    def shut_down(self) -> None:
        """End the process in order, and keep its data."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(120)

    def stop(self) -> None:
        """End the process, by its id, and delete its data (so it need not shut down in order, which takes long)."""
        self.kill()
        shutil.rmtree(self.home, ignore_errors=True)


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
    return _download("lib", "org.neo4j", "neo4j", VERSION)


def find_browser() -> Path:
    """The folder of Neo4j Browser's jar, likewise."""
    return _download(f"browser-{BROWSER_VERSION}", "org.neo4j.client", "neo4j-browser", BROWSER_VERSION)


def _download(folder: str, group: str, name: str, version: str) -> Path:
    lib = _CACHE / folder
    if lib.is_dir():
        return lib
    mvn = shutil.which("mvn")
    if mvn is None:
        raise NoServer(
            "Neo4j's jars are downloaded by Maven, and mvn is not here: install it (Debian: apt install maven), "
            "start a Docker engine, or set " + ENV
        )
    _CACHE.mkdir(parents=True, exist_ok=True)
    copy = ["dependency:copy-dependencies", "-DoutputDirectory=lib", "-DincludeScope=runtime"]
    with open(_CACHE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not lib.is_dir():
            with tempfile.TemporaryDirectory(dir=_CACHE) as work:
                Path(work, "pom.xml").write_text(_POM.format(group=group, name=name, version=version))
                done = subprocess.run([mvn, "-q", "-B", *copy], cwd=work, capture_output=True, text=True)
                if done.returncode:
                    said = (done.stdout + done.stderr)[-2000:]
                    raise NoServer(f"Maven could not download {name} {version}: {said}")
                Path(work, "lib").rename(lib)
    return lib
