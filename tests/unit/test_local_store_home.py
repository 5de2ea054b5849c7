import hashlib
import stat
from pathlib import Path

import pytest

from app.local_store.home import Home, Memory
from app.local_store.java import Java
from app.local_store.releases import DEFAULT_RELEASE, LTS_RELEASE
from domain.errors import StoreError

JSON_ENTRY = (
    '{"level":"ERROR","message":"Failed to start DatabaseId{7[neo4j]}","stacktrace":"java.lang.Exception: x'
    '\\n\\tat a.b(C.java:1)\\nCaused by: a.b.StateException: Failed to read.\\n\\tat a.b(C.java:2)\\n"}\n'
)
PLAIN_ENTRY = (
    "2026-11-24 ERROR [o.n.d.d.DatabaseLifecycles] Failed to start DatabaseId{7[neo4j]} java.lang.Exception: x\n"
    "\tat a.b(C.java:1)\nCaused by: a.b.StateException: Failed to read.\n\tat a.b(C.java:2)\n"
)
JAVA = Java(Path("/opt/java/bin/java"), "25.0.2")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "neo4j")
    home.admit(DEFAULT_RELEASE)
    return home


def started(home: Home) -> None:
    (home.folder / "data" / "databases" / "system").mkdir(parents=True)


def test_the_password_is_made_once_and_kept_private(home: Home) -> None:
    password = home.password()
    started(home)
    assert home.password() == password
    assert len(password) >= 32
    assert stat.S_IMODE((home.folder / "password").stat().st_mode) == 0o600


def test_two_homes_have_two_passwords(home: Home, tmp_path: Path) -> None:
    assert home.password() != Home(tmp_path / "other").password()


def test_neo4j_is_told_the_password_by_its_hash_alone(home: Home) -> None:
    password = home.password()
    file = home.folder / "data" / "dbms" / "auth.ini"
    user, credential, _ = file.read_text().split(":")
    algorithm, digest, salt, rounds = credential.split(",")
    expected = bytes.fromhex(salt) + password.encode()
    for _ in range(int(rounds)):
        expected = hashlib.sha256(expected).digest()
    assert (user, algorithm, digest) == ("neo4j", "SHA-256", expected.hex())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_started_store_without_its_password_says_so(home: Home) -> None:
    started(home)
    with pytest.raises(StoreError, match=r"put .*password back"):
        home.password()


def test_a_newer_release_takes_over_and_an_older_one_is_refused_from_then_on(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.admit(LTS_RELEASE)
    home.admit(LTS_RELEASE)
    home.admit(DEFAULT_RELEASE)
    home.admit(DEFAULT_RELEASE)
    with pytest.raises(StoreError, match=r"was written by Neo4j 2026\.08\.1, which 5\.26\.30 cannot read"):
        home.admit(LTS_RELEASE)


def test_the_configuration_listens_on_loopback_alone(home: Home) -> None:
    home.configure(DEFAULT_RELEASE, 12345, Memory(page_cache=77))
    lines = (home.folder / "conf" / "neo4j.conf").read_text().splitlines()
    assert "server.bolt.listen_address=127.0.0.1:12345" in lines
    assert "server.http.enabled=false" in lines
    assert "server.memory.pagecache.size=77m" in lines
    assert not [line for line in lines if "0.0.0.0" in line]


def test_the_command_line_is_short_and_its_file_survives_any_folder_name(tmp_path: Path) -> None:
    home = Home(tmp_path / 'a "b" \\ c')
    home.admit(DEFAULT_RELEASE)
    command = home.command(
        DEFAULT_RELEASE, JAVA, [Path("/m2/a.jar"), Path("/m2/b.jar")], Memory(max_heap=99), ["-XX:AOTCache=/c.aot"]
    )
    assert command == ["/opt/java/bin/java", f"@{home.folder}/conf/java.args"]
    arguments = (home.folder / "conf" / "java.args").read_text().splitlines()
    assert {'"-Xmx99m"', '"-XX:AOTCache=/c.aot"', '"/m2/a.jar:/m2/b.jar"'} <= set(arguments)
    assert f'"--home-dir={tmp_path}/a \\"b\\" \\\\ c"' in arguments


def test_the_innermost_cause_is_the_reason(home: Home) -> None:
    home.console.write_text(
        "2026-11-24 INFO  Starting...\n"
        "org.neo4j.server.ServerStartupException: Starting Neo4j failed\n\tat a.b(C.java:1)\n"
        "Caused by: org.neo4j.PortBindException: An error occurred\n\tat a.b(C.java:2)\n"
        "Caused by: io.netty.unix.Errors$NativeIoException: bind(..) failed: Address already in use\n"
        "2026-11-24 INFO  Stopped.\n"
    )
    assert home.failure() == "Errors$NativeIoException: bind(..) failed: Address already in use"


def test_without_a_cause_the_last_word_is_the_reason(home: Home) -> None:
    home.console.write_text("Error occurred during initialization of VM\nToo small maximum heap\n\n")
    assert home.failure() == "Too small maximum heap"
    home.console.write_text("")
    assert home.failure() == "Java ended without a word"


@pytest.mark.parametrize(
    "entry",
    [
        JSON_ENTRY,
        PLAIN_ENTRY,
    ],
)
def test_a_database_failure_is_seen_in_either_log_format_but_only_since_this_start(home: Home, entry: str) -> None:
    assert home.debug_log_size() == 0
    assert home.standstill(0) is None
    home.debug_log.parent.mkdir()
    home.debug_log.write_text(entry)
    since = home.debug_log_size()
    assert home.standstill(0) == "a database cannot be opened (StateException: Failed to read)"
    assert home.standstill(since) is None


def test_a_full_disk_is_seen(home: Home) -> None:
    home.console.write_text("INFO  Starting...\njava.io.IOException: No space left on device\n\tat a.b(C.java:1)\n")
    assert home.standstill(0) == f"no space is left for {home.folder}"
