"""Others' programs, run to their end, and the environments that they run in."""

import asyncio
import fcntl
import hashlib
import os
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.conftest import CHECKOUT, missing

FOLDER = Path(__file__).parent
RUN_SECONDS = 100
INSTALL_SECONDS = 300
INSTALLING = 600
"""Seconds for a test that may be the first, and so installs what it takes, or waits for another that does."""


async def run(*command: str | Path, cwd: Path = FOLDER, seconds: float = RUN_SECONDS) -> str:
    """What a program prints. AssertionError, with all that it said, where it fails or takes longer than that."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env=_environment(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, errors = await asyncio.wait_for(process.communicate(), seconds)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, f"{command} ended with {process.returncode}\n{out.decode()}\n{errors.decode()}"
    return out.decode()


def _environment() -> Mapping[str, str]:
    """Ours, without what is for this Python alone."""
    return {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}


async def node_with_packages() -> str:
    """A Node.js that finds the packages of this folder."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        missing("no Node.js with npm for the conformance tests")
    async with _installing():
        note, wanted = _note(FOLDER / "node_modules", FOLDER / "package-lock.json")
        if wanted is not None:
            await run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", seconds=INSTALL_SECONDS)
            note.write_text(wanted)
    return node


async def python_with(name: str) -> Path:
    """A Python that has the packages of `locks/NAME.txt`, and none of ours."""
    environment, lock = FOLDER / ".venv" / name, CHECKOUT / "locks" / f"{name}.txt"
    python = environment / "bin" / "python"
    async with _installing():
        note, wanted = _note(environment, lock)
        if wanted is not None:
            uv, limit = Path(sys.executable).with_name("uv"), INSTALL_SECONDS
            await run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, environment, seconds=limit)
            await run(uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python, lock, seconds=limit)
            note.write_text(wanted)
    return python


@asynccontextmanager
async def _installing() -> AsyncIterator[None]:
    """Alone among the workers of a test run, which would else install into the same folder at once."""
    packages = FOLDER / ".venv"
    packages.mkdir(exist_ok=True)
    with (packages / "lock").open("w") as file:
        await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_EX)
        yield


def _note(installed: Path, lock: Path) -> tuple[Path, str | None]:
    """Where it is noted of which lock an installation is, and what to note if it is not of this one."""
    note = installed / ".installed"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    return note, None if note.is_file() and note.read_text() == wanted else wanted
