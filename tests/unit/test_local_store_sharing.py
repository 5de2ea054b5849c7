import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.local_store.address import StoreAddress
from app.local_store.errors import StoreInUseError
from app.local_store.sharing import CONNECTION, Claim, running_store

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = StoreAddress(7687, "neo4j", "a secret")
OWN = """
import sys, pathlib
from app.local_store.address import StoreAddress
from app.local_store.sharing import Claim
claim = Claim.take(pathlib.Path(sys.argv[1]), "another one")
if sys.argv[2] == "ready":
    claim.publish(StoreAddress(7687, "neo4j", "a secret"))
print("owned", flush=True)
sys.stdin.read()
"""

LOOK = """
import sys, pathlib
from app.local_store.sharing import running_store

print("looking", flush=True)
while True:
    running_store(pathlib.Path(sys.argv[1]))
"""


@contextmanager
def owned_elsewhere(data: Path, state: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", OWN, str(data), state]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "owned\n"
        try:
            yield process
        finally:
            process.kill()


def test_another_process_finds_the_running_store(tmp_path: Path) -> None:
    with owned_elsewhere(tmp_path, "ready"):
        assert running_store(tmp_path) == ADDRESS


def test_a_folder_whose_store_is_still_starting_has_no_running_store(tmp_path: Path) -> None:
    with owned_elsewhere(tmp_path, "starting"):
        assert running_store(tmp_path) is None


@pytest.mark.parametrize("state", ["starting", "ready"])
def test_a_second_owner_is_told_whose_it_is(tmp_path: Path, state: str) -> None:
    with owned_elsewhere(tmp_path, state) as process:
        with pytest.raises(StoreInUseError, match=rf"belongs to process {process.pid} \(another one, since 20"):
            Claim.take(tmp_path, "mine")
        assert (running_store(tmp_path) == ADDRESS) == (state == "ready")


def test_what_a_killed_owner_left_is_not_believed_and_its_folder_can_be_owned(tmp_path: Path) -> None:
    with owned_elsewhere(tmp_path, "ready") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert (tmp_path / CONNECTION).exists()
    assert running_store(tmp_path) is None
    Claim.take(tmp_path, "mine").release()
    assert not (tmp_path / CONNECTION).exists()


def test_a_new_owner_does_not_lend_life_to_what_a_killed_one_left(tmp_path: Path) -> None:
    with owned_elsewhere(tmp_path, "ready") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        stale = (tmp_path / CONNECTION).read_text()
    claim = Claim.take(tmp_path, "mine")
    try:
        (tmp_path / CONNECTION).write_text(stale)
        assert running_store(tmp_path) is None
    finally:
        claim.release()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"pid": 1, "address": {"port": 1}}'])
def test_a_broken_connection_file_is_no_store_and_no_obstacle(tmp_path: Path, text: str) -> None:
    claim = Claim.take(tmp_path, "mine")
    try:
        (tmp_path / CONNECTION).write_text(text)
        assert running_store(tmp_path) is None
        with pytest.raises(StoreInUseError, match="belongs to another process"):
            Claim.take(tmp_path, "second")
    finally:
        claim.release()


def test_an_unused_or_absent_folder_has_no_running_store(tmp_path: Path) -> None:
    assert running_store(tmp_path) is None
    assert running_store(tmp_path / "absent") is None
    assert not (tmp_path / "absent").exists()


def test_looking_for_a_store_does_not_keep_an_owner_out(tmp_path: Path) -> None:
    looking = subprocess.Popen(
        [
            sys.executable,
            "-c",
            LOOK,
            str(tmp_path),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    try:
        assert looking.stdout is not None
        assert looking.stdout.readline() == b"looking\n"
        for _ in range(20):
            Claim.take(tmp_path, "mine").release()
    finally:
        looking.kill()
        looking.communicate()


def test_folder_and_connection_file_are_private(tmp_path: Path) -> None:
    data = tmp_path / "data"
    claim = Claim.take(data, "serve http://127.0.0.1:8000")
    try:
        claim.publish(ADDRESS)
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        assert stat.S_IMODE((data / CONNECTION).stat().st_mode) == 0o600
        kept = json.loads((data / CONNECTION).read_text())
        assert (kept["pid"], kept["description"]) == (os.getpid(), "serve http://127.0.0.1:8000")
        assert kept["address"]["password"] == "a secret"
    finally:
        claim.release()


def test_an_address_does_not_show_its_password() -> None:
    assert ADDRESS.uri == "bolt://127.0.0.1:7687"
    assert "secret" not in repr(ADDRESS)
    assert "secret" not in str(ADDRESS)
