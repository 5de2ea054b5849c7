import hashlib
import logging
import tempfile
import threading
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import jgo.maven
import requests

from app.local_store.errors import StoreUnavailableError
from domain.errors import StoreError

OTHER_WAYS = (
    "Set ONE_MAVEN_MIRROR to a mirror you can reach, use a server of your own (--store neo4j://…), "
    "or run docker compose up."
)
WORKERS = 8
ATTEMPTS = 3
# To connect and between two bytes; also how long a Ctrl-C may wait for a connection that stalls.
TIMEOUT_SECONDS = (5, 10)
RETRY_SECONDS = 0.5

log = logging.getLogger("one.store")

JarProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class LockedJar:
    """One artifact of the lock: Maven coordinates and the sha256 its file must have."""

    group: str
    artifact: str
    version: str
    classifier: str
    packaging: str
    sha256: str


class CancelledError(Exception):
    """Another download failed or the caller gave up."""


def read_lock(lock: Path) -> list[LockedJar]:
    """Read a jgo lock in its own order, which is that of the class path.

    Raises StoreError where an entry has no sha256: nothing unchecked is ever run.
    """
    try:
        entries = tomllib.loads(lock.read_text())["dependencies"]
        return [
            LockedJar(
                entry["groupId"],
                entry["artifactId"],
                entry["version"],
                entry.get("classifier", ""),
                entry["packaging"],
                entry["sha256"],
            )
            for entry in entries
        ]
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise StoreError(f"The lock {lock} cannot be used ({type(error).__name__}: {error}); restore it.") from error


class JarCache:
    """The locked jars in the user's Maven cache (M2_REPO or ~/.m2/repository), where Maven keeps them too.

    `mirror` is the base URL of a repository to ask instead of jgo's default one.
    """

    def __init__(self, mirror: str | None = None, repository: Path | None = None) -> None:
        self._context = jgo.maven.MavenContext(
            repo_cache=repository,
            remote_repos={"mirror": mirror.rstrip("/")} if mirror else None,
        )
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Make a running `fetch` in another thread end within one block of each download."""
        self._cancelled.set()

    def fetch(self, jars: list[LockedJar], progress: JarProgress) -> list[Path]:
        """Return the path of every jar, each read and found to match its sha256 just now.

        What is there and right is kept, so an interrupted fetch goes on where it was. `progress(done, total)` counts
        jars and is called from this thread. Raises StoreUnavailableError where the registry cannot be reached and
        StoreError where a download does not match the lock or the cache cannot be written.
        """
        progress(0, len(jars))
        with ThreadPoolExecutor(WORKERS) as pool:
            try:
                provided = as_completed([pool.submit(self._provide, jar) for jar in jars])
                for done, finished in enumerate(provided, start=1):
                    finished.result()
                    progress(done, len(jars))
            except OSError as error:
                raise StoreError(
                    f"The jars cannot be kept in {self._context.repo_cache}: {error.strerror or error}."
                ) from error
            finally:
                self._cancelled.set()
                pool.shutdown(cancel_futures=True)
        return [self._path(jar) for jar in jars]

    def _artifact(self, jar: LockedJar) -> jgo.maven.Artifact:
        component = self._context.project(jar.group, jar.artifact).at_version(jar.version)
        return component.artifact(jar.classifier, jar.packaging)

    def _path(self, jar: LockedJar) -> Path:
        return self._context.repo_cache / self._artifact(jar).component.path_prefix / self._artifact(jar).filename

    def _url(self, jar: LockedJar) -> str:
        (base,) = self._context.remote_repos.values()
        artifact = self._artifact(jar)
        return f"{base}/{artifact.component.path_prefix.as_posix()}/{artifact.filename}"

    def _provide(self, jar: LockedJar) -> None:
        path = self._path(jar)
        try:
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() == jar.sha256:
                    return
        except FileNotFoundError:
            pass
        else:
            log.warning("%s does not match the lock: removed, to be fetched again", path)
            path.unlink(missing_ok=True)
        for attempt in range(ATTEMPTS):
            try:
                self._download(jar, path)
            except requests.RequestException as error:
                if attempt == ATTEMPTS - 1:
                    raise self._unavailable(f"{type(error).__name__} for {path.name}") from error
                self._cancelled.wait(RETRY_SECONDS * 2**attempt)
            else:
                return

    def _download(self, jar: LockedJar, path: Path) -> None:
        """Fetch to a temporary name beside the goal and rename only what matches the lock."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            requests.get(self._url(jar), stream=True, timeout=TIMEOUT_SECONDS) as response,
            tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False) as part,
        ):
            try:
                if response.status_code != HTTPStatus.OK:
                    raise self._unavailable(f"HTTP {response.status_code} for {path.name}")
                digest = hashlib.sha256()
                for block in response.iter_content(1 << 16):
                    if self._cancelled.is_set():
                        raise CancelledError
                    part.write(block)
                    digest.update(block)
                if digest.hexdigest() != jar.sha256:
                    raise StoreError(
                        f"{path.name} from {self._host} is refused: its sha256 is not the one in the lock. "
                        "Run it again, or choose another mirror with ONE_MAVEN_MIRROR."
                    )
                part.flush()
                Path(part.name).replace(path)
            finally:
                Path(part.name).unlink(missing_ok=True)

    @property
    def _host(self) -> str:
        (base,) = self._context.remote_repos.values()
        return urlsplit(base).hostname or "the registry"

    def _unavailable(self, reason: str) -> StoreUnavailableError:
        return StoreUnavailableError(f"Neo4j's jars cannot be fetched from {self._host} ({reason}). {OTHER_WAYS}")
