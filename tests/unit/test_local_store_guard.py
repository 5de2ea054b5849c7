import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import psutil
import pytest

from app.local_store.supervision import GUARD

pytestmark = pytest.mark.slow

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
GENTLE = "import time; print('up', flush=True); time.sleep(60)"
STEP = 0.02


class Guard(Protocol):
    """Starts a guard over a Python program and waits until it has printed a line."""

    def __call__(self, program: str, *, grace: float = 20, wait_for: bytes = b"up\n") -> subprocess.Popen[bytes]: ...


@pytest.fixture
def guard(tmp_path: Path) -> Iterator[Guard]:
    guards: list[subprocess.Popen[bytes]] = []

    def start(program: str, *, grace: float = 20, wait_for: bytes = b"up\n") -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", GUARD, tmp_path / "lock", str(grace), sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        guards.append(process)
        assert process.stdout is not None
        if wait_for:
            assert process.stdout.readline() == wait_for
        return process

    yield start
    for process in guards:
        with process:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def child_of(process: subprocess.Popen[bytes]) -> psutil.Process:
    (child,) = psutil.Process(process.pid).children()
    return child


def let_go(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def soon(condition: Callable[[], bool], within: float = 5) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(STEP)
    return False


def test_the_command_ends_when_standard_input_does(guard: Guard) -> None:
    process = guard(GENTLE)
    child = child_of(process)
    let_go(process)
    process.wait(5)
    assert gone(child)


def test_a_command_that_does_not_listen_is_killed_when_the_grace_is_over(guard: Guard) -> None:
    process = guard(STUBBORN, grace=0.3)
    child = child_of(process)
    let_go(process)
    began = time.monotonic()
    process.wait(5)
    assert 0.2 < time.monotonic() - began < 3
    assert soon(lambda: gone(child))


def test_the_exit_status_is_the_command_s(guard: Guard) -> None:
    assert guard("print('up', flush=True); raise SystemExit(7)").wait(5) == 7


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_the_command_does_not_survive_a_killed_guard(guard: Guard) -> None:
    process = guard(STUBBORN)
    child = child_of(process)
    process.kill()
    assert soon(lambda: gone(child))


def test_asked_to_end_the_command_may_take_its_time(guard: Guard) -> None:
    slow = (
        "import signal, sys, time\n"
        "def end(*_): time.sleep(0.5); sys.exit(3)\n"
        "signal.signal(signal.SIGTERM, end); print('up', flush=True); time.sleep(60)"
    )
    process = guard(slow, grace=0)
    process.terminate()
    assert process.wait(5) == 3


def test_a_second_guard_waits_until_the_first_one_s_command_is_gone(guard: Guard) -> None:
    first = guard(GENTLE)
    second = guard("print('second', flush=True)", wait_for=b"waiting for an earlier Neo4j to end\n")
    time.sleep(0.3)
    assert second.poll() is None
    let_go(first)
    first.wait(5)
    assert second.wait(5) == 0
    assert second.stdout is not None
    assert second.stdout.read() == b"second\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_the_lock_is_the_command_s_too(guard: Guard) -> None:
    """A guard killed while its command lingers must not let a second command in."""
    first = guard(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {GENTLE!r}], close_fds=False)")
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    second = guard("print('second', flush=True)", wait_for=b"waiting for an earlier Neo4j to end\n")
    time.sleep(0.3)
    assert second.poll() is None
    os.killpg(first.pid, signal.SIGKILL)
    assert second.wait(5) == 0


def test_a_waiting_guard_gives_up_when_its_owner_goes(guard: Guard) -> None:
    guard(GENTLE)
    second = guard("print('second', flush=True)", wait_for=b"waiting for an earlier Neo4j to end\n")
    let_go(second)
    assert second.wait(5) == 0
    assert second.stdout is not None
    assert second.stdout.read() == b""


def test_ctrl_c_in_the_terminal_does_not_reach_the_command(guard: Guard) -> None:
    process = guard(GENTLE)
    assert os.getsid(child_of(process).pid) == process.pid != os.getsid(0)
