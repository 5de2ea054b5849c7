"""The Neo4j home inside a data folder: configuration, command line, password and the release it was last run by."""

import hashlib
import logging
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from app.local_store.java import Java
from app.local_store.releases import Release
from domain.errors import StoreError

USER = "neo4j"
HASH_ITERATIONS = 1024
DISK_FULL = "No space left on device"
DATABASE_FAILED = "Failed to start DatabaseId"
# In debug.log a stack trace is a JSON string on one line, in the console it is lines.
CAUSE = re.compile(r'Caused by: (?:\w+\.)*([\w$]+: .+?)(?=\\n|\n|")')
LONGEST_REASON = 300
OPENED_PACKAGES = ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent")


log = logging.getLogger("one.store")


@dataclass(frozen=True)
class Memory:
    """What Java may take, in MiB: the heap to start with, the heap at most, and the page cache beside it."""

    initial_heap: int = 128
    max_heap: int = 512
    page_cache: int = 128


class Home:
    """The folder that one Neo4j runs in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def lock(self) -> Path:
        """Held by guard and Java as long as either lives."""
        return self.folder / "process.lock"

    @property
    def console(self) -> Path:
        """What Java and Neo4j printed since the last start."""
        return self.folder / "console.log"

    @property
    def debug_log(self) -> Path:
        """Neo4j's own account of itself."""
        return self.folder / "logs" / "debug.log"

    def admit(self, release: Release) -> None:
        """Record the release; raise StoreError where a newer one has written here, for the formats only go forward."""
        record = self.folder / "release"
        (self.folder / "conf").mkdir(mode=0o700, parents=True, exist_ok=True)
        last = record.read_text().strip() if record.exists() else release.version
        if Release(last, 0).order > release.order:
            raise StoreError(
                f"The store in {self.folder} was written by Neo4j {last}, which {release.version} cannot read. "
                f"Run {last}, or choose another data folder."
            )
        if last != release.version:
            log.warning(
                "Neo4j %s upgrades the store in %s: %s cannot read it again", release.version, self.folder, last
            )
        record.write_text(release.version + "\n")

    def password(self) -> str:
        """Return the store's password, making it (and telling Neo4j, by its hash alone) before the first start."""
        kept = self.folder / "password"
        started_before = (self.folder / "data" / "databases" / "system").exists()
        if not kept.exists():
            if started_before:
                raise StoreError(f"The password of the store in {self.folder} is gone: put {kept} back.")
            _write_private(kept, secrets.token_urlsafe(32))
        password = kept.read_text().strip()
        if not started_before:
            _write_private(self.folder / "data" / "dbms" / "auth.ini", f"{USER}:{_credential(password)}:\n")
        return password

    def configure(self, release: Release, port: int, memory: Memory) -> None:
        """Write neo4j.conf: loopback only, nothing but Bolt, no calls to anyone, small files, a quick stop."""
        settings = {
            "server.default_listen_address": "127.0.0.1",
            "server.bolt.listen_address": f"127.0.0.1:{port}",
            "server.http.enabled": "false",
            "server.https.enabled": "false",
            "dbms.usage_report.enabled": "false",
            "server.memory.pagecache.size": f"{memory.page_cache}m",
            # Whoever walks the tree must not pass the edges of what the groups hold, of which there are dozens.
            "db.relationship_grouping_threshold": "10",
            "db.tx_log.preallocate": "false",
            "db.tx_log.rotation.size": "16m",
            "internal.server.bolt.thread_pool_shutdown_wait_time": "100ms",
            "internal.server.bolt.connection_shutdown_wait_time": "100ms",
            **release.settings,
        }
        conf = self.folder / "conf" / "neo4j.conf"
        conf.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))

    def debug_log_size(self) -> int:
        """Return where the account of the next start will begin in debug.log, in bytes."""
        return self.debug_log.stat().st_size if self.debug_log.exists() else 0

    def standstill(self, since: int) -> str | None:
        """Return what keeps a Neo4j that still runs from ever answering, told in debug.log from byte `since` on.

        A full disk and a database that cannot be opened do not end Neo4j: it waits, or answers without the database.
        """
        if DISK_FULL in _read(self.console):
            return f"no space is left for {self.folder}"
        account = _read(self.debug_log, since)
        if DATABASE_FAILED not in account:
            return None
        return f"a database cannot be opened ({_last_cause(account) or 'no cause given'})"

    def failure(self) -> str:
        """Return why Java ended: the innermost cause it printed, else the last it said."""
        said = _read(self.console)
        lines = [line for line in said.splitlines() if line.strip() and " INFO " not in line]
        return _last_cause(said) or (lines[-1] if lines else "Java ended without a word")

    def command(self, release: Release, java: Java, jars: list[Path], memory: Memory, options: list[str]) -> list[str]:
        """Return the command that runs Neo4j here; the long class path goes into an argument file."""
        arguments = [
            *options,
            f"-Xms{memory.initial_heap}m",
            f"-Xmx{memory.max_heap}m",
            "-XX:+ExitOnOutOfMemoryError",
            f"-XX:ErrorFile={self.folder / 'crash.log'}",
            "-XX:-UsePerfData",
            "--enable-native-access=ALL-UNNAMED",
            *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENED_PACKAGES),
            "-Dio.netty.tryReflectionSetAccessible=true",
            "-cp",
            os.pathsep.join(map(str, jars)),
            release.main_class,
            f"--home-dir={self.folder}",
            f"--config-dir={self.folder / 'conf'}",
            "--console-mode",
        ]
        file = self.folder / "conf" / "java.args"
        file.write_text("".join(f"{_quoted(argument)}\n" for argument in arguments))
        return [str(java.executable), f"@{file}"]


def _read(file: Path, since: int = 0) -> str:
    try:
        return file.read_bytes()[since:].decode(errors="replace")
    except FileNotFoundError:
        return ""


def _last_cause(text: str) -> str | None:
    causes: list[str] = CAUSE.findall(text)
    return causes[-1][:LONGEST_REASON].strip().rstrip(".") if causes else None


def _credential(password: str) -> str:
    """Hash a password as Neo4j's SecureHasher does, in the form that its auth.ini takes: algorithm,hash,salt,rounds."""
    salt = secrets.token_bytes(32)
    digest = hashlib.sha256(salt + password.encode()).digest()
    for _ in range(HASH_ITERATIONS - 1):
        digest = hashlib.sha256(digest).digest()
    return f"SHA-256,{digest.hex()},{salt.hex()},{HASH_ITERATIONS}"


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123 - the mode
        file.write(text)
    part.replace(path)


def _quoted(argument: str) -> str:
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
