import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

GUARD = Path(__file__).with_name("guard.py")


class GuardedProcess:
    """A command under guard.py: it ends with `stop`, and with this process however that ends."""

    def __init__(self, guard: asyncio.subprocess.Process, grace_seconds: float) -> None:
        self._guard = guard
        self._grace_seconds = grace_seconds

    @classmethod
    async def start(
        cls, command: Sequence[str], *, lock: Path, output: Path, grace_seconds: float, nice: int = 0
    ) -> Self:
        """Start the command once the lock file is free; what it prints goes to `output`, replacing the last run's."""
        environment = {name: os.environ[name] for name in ("HOME", "PATH", "TMPDIR", "TZ") if name in os.environ}
        # Java reads file names in the locale's encoding, and a data folder may have any name.
        environment["LC_ALL"] = "C.UTF-8"
        with output.open("wb") as file:
            # A session of its own, so that Ctrl-C in the terminal reaches the server alone.
            guard = await asyncio.create_subprocess_exec(
                *[sys.executable, "-I", "-S", str(GUARD), str(lock), str(grace_seconds), *command],
                stdin=asyncio.subprocess.PIPE,
                stdout=file,
                stderr=file,
                env=environment,
                cwd=output.parent,
                start_new_session=True,
            )
        if nice:
            os.setpriority(os.PRIO_PGRP, guard.pid, nice)
        return cls(guard, grace_seconds)

    @property
    def ended(self) -> bool:
        """Whether the command (and its guard) is gone."""
        return self._guard.returncode is not None

    async def wait(self) -> int:
        """Wait for the end and return the exit status."""
        return await self._guard.wait()

    def ask_to_end(self) -> None:
        """Let the command end in its own time, without the grace of `stop`."""
        with contextlib.suppress(ProcessLookupError):
            self._guard.terminate()

    async def stop(self) -> None:
        """End it: SIGTERM, and SIGKILL when the grace is over."""
        if self._guard.stdin is not None:
            self._guard.stdin.close()
        try:
            await asyncio.wait_for(self._guard.wait(), self._grace_seconds + 1)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._guard.pid, signal.SIGKILL)
            await self._guard.wait()
