import hashlib
import http.server
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.local_store import jars
from app.local_store.errors import StoreUnavailableError
from app.local_store.jars import JarCache, LockedJar, read_lock
from app.local_store.releases import DEFAULT_RELEASE, LTS_RELEASE, Release
from domain.errors import StoreError

ALPHA = b"alpha" * 50_000
NATIVE = b"native" * 50_000
ALPHA_PATH = "/org/example/alpha/1.0/alpha-1.0.jar"
NATIVE_PATH = "/org/example/native/2.0/native-2.0-linux-x86_64.jar"


def locked(artifact: str, version: str, classifier: str, content: bytes) -> LockedJar:
    return LockedJar("org.example", artifact, version, classifier, "jar", hashlib.sha256(content).hexdigest())


JARS = [locked("alpha", "1.0", "", ALPHA), locked("native", "2.0", "linux-x86_64", NATIVE)]


class Registry(http.server.ThreadingHTTPServer):
    """A Maven repository on loopback whose faults a test can choose."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), RegistryHandler)
        self.files = {ALPHA_PATH: ALPHA, NATIVE_PATH: NATIVE}
        self.asked: list[str] = []
        self.cut_short = 0
        self.stalled = threading.Event()
        self.stalled.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class RegistryHandler(http.server.BaseHTTPRequestHandler):
    server: Registry

    def do_GET(self) -> None:
        registry = self.server
        registry.asked.append(self.path)
        content = registry.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        half = len(content) // 2
        self.wfile.write(content[:half])
        if registry.cut_short:
            registry.cut_short -= 1
            return
        registry.stalled.wait(20)
        self.wfile.write(content[half:])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        pass


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.stalled.set()
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "RETRY_SECONDS", 0.01)


def ignore(done: int, total: int) -> None:
    pass


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_every_jar_arrives_where_maven_keeps_it(registry: Registry, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    paths = JarCache(registry.url, tmp_path).fetch(JARS, lambda done, total: seen.append((done, total)))
    assert [path.read_bytes() for path in paths] == [ALPHA, NATIVE]
    assert files_below(tmp_path) == [ALPHA_PATH[1:], NATIVE_PATH[1:]]
    assert seen == [(0, 2), (1, 2), (2, 2)]


def test_a_mirror_may_end_in_a_slash(registry: Registry, tmp_path: Path) -> None:
    JarCache(registry.url + "/", tmp_path).fetch(JARS, ignore)
    assert sorted(registry.asked) == [ALPHA_PATH, NATIVE_PATH]


def test_what_is_there_and_right_is_not_fetched_again(registry: Registry, tmp_path: Path) -> None:
    JarCache(registry.url, tmp_path).fetch(JARS[:1], ignore)
    JarCache(registry.url, tmp_path).fetch(JARS, ignore)
    JarCache(registry.url, tmp_path).fetch(JARS, ignore)
    assert registry.asked == [ALPHA_PATH, NATIVE_PATH]


def test_a_wrong_byte_is_refused_by_name_and_the_next_run_fetches_anew(registry: Registry, tmp_path: Path) -> None:
    registry.files[NATIVE_PATH] = NATIVE[:-1] + b"!"
    with pytest.raises(StoreError, match=r"native-2\.0-linux-x86_64\.jar from 127\.0\.0\.1 is refused"):
        JarCache(registry.url, tmp_path).fetch(JARS[1:], ignore)
    assert files_below(tmp_path) == []
    registry.files[NATIVE_PATH] = NATIVE
    assert JarCache(registry.url, tmp_path).fetch(JARS[1:], ignore)[0].read_bytes() == NATIVE


@pytest.mark.parametrize("damaged", [ALPHA[:-1] + b"!", ALPHA[:1000], b""])
def test_a_damaged_or_cut_file_in_the_cache_is_never_used(
    registry: Registry, tmp_path: Path, damaged: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (path,) = JarCache(registry.url, tmp_path).fetch(JARS[:1], ignore)
    path.write_bytes(damaged)
    with caplog.at_level(logging.WARNING, "one.store"):
        JarCache(registry.url, tmp_path).fetch(JARS[:1], ignore)
    assert path.read_bytes() == ALPHA
    assert registry.asked == [ALPHA_PATH, ALPHA_PATH]
    assert "alpha-1.0.jar does not match the lock" in caplog.text


def test_a_damaged_file_is_gone_even_if_the_registry_is_too(registry: Registry, tmp_path: Path) -> None:
    (path,) = JarCache(registry.url, tmp_path).fetch(JARS[:1], ignore)
    path.write_bytes(b"damaged")
    registry.files.clear()
    with pytest.raises(StoreUnavailableError):
        JarCache(registry.url, tmp_path).fetch(JARS[:1], ignore)
    assert files_below(tmp_path) == []


def test_a_broken_connection_is_tried_again(registry: Registry, tmp_path: Path) -> None:
    registry.cut_short = jars.ATTEMPTS - 1
    (path,) = JarCache(registry.url, tmp_path).fetch(JARS[:1], ignore)
    assert path.read_bytes() == ALPHA


def test_a_connection_that_always_breaks_leaves_no_part_behind(registry: Registry, tmp_path: Path) -> None:
    registry.cut_short = 1000
    with pytest.raises(StoreUnavailableError, match=r"alpha-1\.0\.jar"):
        JarCache(registry.url, tmp_path).fetch(JARS[:1], ignore)
    assert files_below(tmp_path) == []


def test_an_interrupted_fetch_ends_soon_and_goes_on_next_time(registry: Registry, tmp_path: Path) -> None:
    JarCache(registry.url, tmp_path).fetch(JARS[:1], ignore)
    registry.stalled.clear()
    cache = JarCache(registry.url, tmp_path)

    def interrupt() -> None:
        while NATIVE_PATH not in registry.asked:
            time.sleep(0.01)
        cache.cancel()
        registry.stalled.set()

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    with pytest.raises(jars.CancelledError):
        cache.fetch(JARS, ignore)
    interrupting.join()
    assert files_below(tmp_path) == [ALPHA_PATH[1:]]
    JarCache(registry.url, tmp_path).fetch(JARS, ignore)
    assert registry.asked == [ALPHA_PATH, NATIVE_PATH, NATIVE_PATH]


def test_an_unreachable_registry_names_the_other_ways_in_one_line(registry: Registry, tmp_path: Path) -> None:
    registry.server_close()
    with pytest.raises(StoreUnavailableError) as caught:
        JarCache(registry.url, tmp_path).fetch(JARS, ignore)
    for way in ("ONE_MAVEN_MIRROR", "--store neo4j://", "docker compose up"):
        assert way in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_mirror_without_the_jar_is_told_without_its_password(registry: Registry, tmp_path: Path) -> None:
    registry.files.clear()
    with pytest.raises(StoreUnavailableError, match=r"from 127\.0\.0\.1 \(HTTP 404 for") as caught:
        JarCache(registry.url.replace("//", "//user:secret@"), tmp_path).fetch(JARS, ignore)
    assert "secret" not in str(caught.value)


def test_a_mirror_that_is_no_address_is_told_like_one_that_cannot_be_reached(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError, match="MissingSchema"):
        JarCache("nonsense", tmp_path).fetch(JARS, ignore)


def test_a_cache_that_cannot_be_written_is_named(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"cannot be kept in .*file"):
        JarCache(registry.url, tmp_path / "file").fetch(JARS, ignore)


@pytest.mark.parametrize("release", [DEFAULT_RELEASE, LTS_RELEASE])
def test_the_committed_locks_pin_every_jar_and_name_no_host(release: Release) -> None:
    entries = read_lock(release.lock)
    assert len(entries) > 200
    assert all(len(bytes.fromhex(entry.sha256)) == 32 for entry in entries)
    assert ("org.neo4j", "neo4j", release.version) in {(jar.group, jar.artifact, jar.version) for jar in entries}
    assert "://" not in release.lock.read_text()


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[[dependencies]]\ngroupId='a'\nartifactId='b'\nversion='1'\npackaging='jar'\n"]
)
def test_a_lock_without_checksums_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "lock.toml").write_text(text)
    with pytest.raises(StoreError, match=r"lock\.toml cannot be used"):
        read_lock(tmp_path / "lock.toml")
