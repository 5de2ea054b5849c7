"""Sets up .venv from a lock on first use and after a change of the lock, then becomes a program that runs in it.

Standard library only, and only syntax that an older Python 3 can read, so that it can say which Python it needs.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Iterator, NoReturn  # noqa: UP035 - an older Python has it only here

if sys.version_info < (3, 11):  # noqa: UP036 - this is where an older Python is told
    sys.exit(
        f"ONE needs Python 3.11 or newer, and this is {sys.version_info[0]}.{sys.version_info[1]}: "
        f"install a newer one and run python3.11 {sys.argv[0]}"
    )

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "setup.json"
LOG = VENV / "setup.log"
MUTEX = VENV / "setup.mutex"
PIN = re.compile(r"^([\w.-]+)==", re.MULTILINE)


class SetUpError(Exception):
    """.venv could not be set up; the message is one line that says what to do."""


def run(lock: str, *arguments: str) -> NoReturn:
    """Make .venv hold the lock, then become its Python with these arguments, in the caller's working directory."""
    ensure(lock)
    os.environ["PYTHONPATH"] = str(ROOT)
    # With -P a folder of the caller's that is named like a package of ours is not taken for it.
    os.execv(PYTHON, [str(PYTHON), "-P", *arguments])  # noqa: S606 - our own interpreter, no shell wanted


def ensure(lock: str) -> None:
    """Make .venv hold locks/`lock`.txt, "runtime" or "dev", which includes runtime; does nothing where it does.

    Exits with one line that says what to do where that fails. Safe beside another process that does the same.
    """
    if _is_current(lock):
        return
    try:
        with _alone() as mutex:
            if not _is_current(lock):
                _set_up(lock, mutex)
    except SetUpError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{VENV} cannot be set up ({error.strerror}): make {error.filename or ROOT} writable.")
    except KeyboardInterrupt:
        print("\nInterrupted; the next start sets .venv up from the beginning.", file=sys.stderr)
        sys.exit(130)


def _is_current(lock: str) -> bool:
    stamp = _stamp()
    return stamp in (_wanted_stamp(lock), _wanted_stamp("dev")) and PYTHON.exists()


def _stamp() -> dict[str, str]:
    """What was written down when .venv was last complete, else nothing."""
    try:
        stamp: dict[str, str] = json.loads(STAMP.read_bytes())
    except (OSError, ValueError):
        return {}
    return stamp


def _wanted_stamp(lock: str) -> dict[str, str]:
    content = _lock_file(lock).read_bytes()
    return {"lock": lock, "sha256": hashlib.sha256(content).hexdigest(), **_interpreter()}


def _interpreter() -> dict[str, str]:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {"python": version, "executable": os.path.realpath(PYTHON)}


def _lock_file(lock: str) -> Path:
    return ROOT / "locks" / f"{lock}.txt"


@contextmanager
def _alone() -> Iterator[int]:
    VENV.mkdir(exist_ok=True)
    with MUTEX.open("wb") as mutex:
        try:
            fcntl.flock(mutex, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another process that is setting up .venv.", file=sys.stderr)
            fcntl.flock(mutex, fcntl.LOCK_EX)
        yield mutex.fileno()


def _set_up(lock: str, mutex: int) -> None:
    stamp = _stamp()
    fits = stamp.items() >= _interpreter().items() and PYTHON.exists()
    if stamp.get("lock") == "dev":
        lock = "dev"
    STAMP.unlink(missing_ok=True)
    with LOG.open("wb") as log:
        steps = _Steps(log, mutex)
        steps.announce(f"{'Updating' if fits else 'Setting up'} .venv from locks/{lock}.txt")
        if not fits:
            _make(steps)
        _install(lock, steps)
        if fits:
            _uninstall_what_is_gone(lock, steps)
        steps.announce(f".venv is ready after {time.monotonic() - steps.began:.0f} s")
    part = STAMP.with_suffix(".part")
    part.write_text(json.dumps(_wanted_stamp(lock)))
    part.replace(STAMP)


class _Steps:
    """Runs the commands of one set-up, their output in a log and, on a terminal, their latest line on the screen."""

    def __init__(self, log: IO[bytes], mutex: int) -> None:
        self.began = time.monotonic()
        self._log = log
        self._mutex = mutex
        self._live = sys.stderr.isatty()

    def announce(self, text: str) -> None:
        print(f"\r\033[K{text}" if self._live else text, file=sys.stderr, flush=True)

    def show(self, text: str) -> None:
        if self._live:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\033[K{text[:width]}", end="", file=sys.stderr, flush=True)

    def execute(self, *command: str) -> Iterator[str]:
        """Run a command and yield its lines of output; raises SetUpError where it fails."""
        errors = []
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # Inherited, it keeps others waiting where we are killed and the command goes on.
            pass_fds=(self._mutex,),
            process_group=0,
        ) as process:
            try:
                for raw in process.stdout or ():
                    self._log.write(raw)
                    line = raw.decode(errors="replace").strip()
                    if line.lower().startswith("error: "):
                        errors.append(line[len("error: ") :])
                    yield line
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        if process.returncode:
            self.show("")
            reason = errors[0] if errors else f"{command[0]} ended with status {process.returncode}"
            raise SetUpError(
                f"Setting up .venv failed: {reason.rstrip('.')}. The whole story is in {LOG}; "
                "check the network and pip's settings (python3 -m pip config list), then start again."
            )


def _make(steps: _Steps) -> None:
    if not find_spec("venv") or not find_spec("ensurepip"):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise SetUpError(
            f"This Python has no venv module: install it (Debian, Ubuntu: apt install python{version}-venv), "
            "then start again."
        )
    steps.show("making an empty environment")
    for entry in VENV.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry not in (MUTEX, LOG):
            entry.unlink()
    # Not sys.executable: that may be the Python in the very .venv that was just emptied.
    base: str = getattr(sys, "_base_executable", sys.executable)
    for line in steps.execute(base, "-I", "-m", "venv", str(VENV)):
        steps.show(line)


def _install(lock: str, steps: _Steps) -> None:
    file = _lock_file(lock)
    total, seen, counted = len(_pins(lock)), 0, ("Collecting ", "Requirement already satisfied", "Ignoring ")
    for line in _pip(steps, "install", "--require-hashes", "--no-deps", "-r", str(file)):
        seen += line.startswith(counted)
        steps.show(f"{seen}/{total} {line.partition(' (from ')[0]}")


def _uninstall_what_is_gone(lock: str, steps: _Steps) -> None:
    installed = PIN.findall("\n".join(_pip(steps, "list", "--format=freeze")))
    gone = {_normalized(name) for name in installed} - _pins(lock) - {"pip", "setuptools"}
    if gone:
        for line in _pip(steps, "uninstall", "--yes", *sorted(gone)):
            steps.show(line)


def _pip(steps: _Steps, *arguments: str) -> Iterator[str]:
    # Isolated from the caller's PYTHONPATH, where pip would find packages that our program will not see.
    command = [str(PYTHON), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    return steps.execute(*command)


def _pins(lock: str) -> set[str]:
    return {_normalized(name) for name in PIN.findall(_lock_file(lock).read_text())}


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
