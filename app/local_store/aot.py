"""The ahead-of-time cache of Java 25 (JEP 483, 514 and 515), with which Neo4j starts in half the time.

It is made beside the first run, not by it: a training run as the first run would make its stop take 11 s, and one
before it would make the first start 20 s longer. The training Neo4j has an empty home of its own, the lowest
priority, and never outlives its owner.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from app.local_store.address import StoreAddress
from app.local_store.bolt import BoltError, run_statements
from app.local_store.home import USER, Home, Memory
from app.local_store.java import Java
from app.local_store.ports import free_port
from app.local_store.releases import Release
from app.local_store.server import Server
from domain.errors import StoreError

LOWEST_PRIORITY = 19
# At the lowest priority on a busy machine, everything may take its time.
PATIENCE_SECONDS = 600.0
# What a server of ours asks first, so that the classes behind it are in the cache too.
TRAINING = (
    "CREATE CONSTRAINT id IF NOT EXISTS FOR (t:Thing) REQUIRE t.id IS UNIQUE",
    "CREATE FULLTEXT INDEX text IF NOT EXISTS FOR (t:Thing) ON EACH [t.name]",
    "UNWIND range(1, 500) AS i MERGE (t:Thing {id: 't' + i}) SET t.name = 'thing ' + i, t.at = datetime()",
    "MATCH (a:Thing), (b:Thing {id: 't1'}) WHERE a.id > 't3' MERGE (a)-[r:PART_OF]->(b) SET r.strength = 0.5",
    "MATCH (t:Thing) WHERE t.id > 't2' RETURN t {.id, .name} ORDER BY t.id LIMIT 50",
    "MATCH (b:Thing {id: 't1'}) CALL (b) { MATCH (b)<-[r:PART_OF*1..2]-(a) RETURN count(a) AS n } RETURN b.id, n",
    "CALL db.index.fulltext.queryNodes('text', 'thing~') YIELD node, score RETURN node.id, score LIMIT 10",
    "SHOW CONSTRAINTS",
)

log = logging.getLogger("one.store")


def cache_folder() -> Path:
    """Return our folder in the user's cache: $XDG_CACHE_HOME/one, or ~/.cache/one."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "one"


class AotCache:
    """The cache for one Java and one class path (the JVM compares each jar's path, size and time of change).

    A file's name ends in its own sha256, because the JVM checks a cache's header but not its body: damage in there
    kills it at start. What does not match is removed and never shown to Java.
    """

    def __init__(self, java: Java, jars: Sequence[Path], folder: Path | None = None) -> None:
        self._java = java
        self._jars = list(jars)
        self._folder = folder or cache_folder()
        seen = [(str(jar), stat.st_size, stat.st_mtime_ns) for jar in jars for stat in [jar.stat()]]
        key = hashlib.sha256(repr((java.version, str(java.executable), seen)).encode()).hexdigest()
        self._stem = f"neo4j-{key[:16]}"

    def find(self) -> Path | None:
        """Return a cache whose bytes are those that were written; reads all of it (110 MB, 0.3 s)."""
        for path in sorted(self._folder.glob(f"{self._stem}-*.aot")):
            with contextlib.suppress(OSError):
                if path.stem.removeprefix(f"{self._stem}-") == _sha256(path):
                    return path
                path.unlink()
        return None

    async def create(self, release: Release) -> None:
        """Make the cache by a training run, unless it is there or being made; a failure is only logged."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / "training.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if not any(self._folder.glob(f"{self._stem}-*.aot")):
                    await self._create(release)
        except BlockingIOError:
            return
        except (OSError, EOFError, BoltError, StoreError) as error:
            log.warning("The start-up cache could not be made, so starts stay slower: %s", error)

    async def _create(self, release: Release) -> None:
        for leftover in self._folder.glob("training-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix="training-", dir=self._folder, ignore_cleanup_errors=True) as scratch:
            home = Home(Path(scratch))
            written = home.folder / "cache.aot"
            home.admit(release)
            address = StoreAddress(free_port(), USER, home.password())
            home.configure(release, address.port, Memory())
            command = home.command(release, self._java, self._jars, Memory(), [f"-XX:AOTCacheOutput={written}"])
            # No grace: when the owner goes, an unfinished cache is of no use.
            server = await Server.start(
                home, command, address, grace_seconds=0, patience_seconds=PATIENCE_SECONDS, nice=LOWEST_PRIORITY
            )
            try:
                await run_statements(address, TRAINING)
                server.process.ask_to_end()
                status = await asyncio.wait_for(server.process.wait(), PATIENCE_SECONDS)
                if status != 0:
                    raise StoreError(f"Java ended with status {status}")
                digest = await asyncio.to_thread(_sha256, written)
                written.replace(self._folder / f"{self._stem}-{digest}.aot")
            finally:
                await server.process.stop()
        log.info("The start-up cache is made; the next start is faster")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
