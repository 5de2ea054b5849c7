"""A real Redis, as several servers of ours share it."""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

from app.local_store.ports import free_port

PROGRAM = "redis-server"


@dataclass
class RedisServer:
    """One on a port of its own, which can be killed and come back, with nothing of what it had."""

    port: int
    folder: Path
    process: asyncio.subprocess.Process | None = None

    @classmethod
    def at_free_port(cls, folder: Path) -> "RedisServer":
        """One that is not started yet."""
        return cls(free_port(), folder)

    @staticmethod
    def is_there() -> bool:
        """Whether this machine has the program."""
        return shutil.which(PROGRAM) is not None

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it, and wait until it answers."""
        self.process = await asyncio.create_subprocess_exec(
            PROGRAM, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder),
            stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(30):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    return

    async def stop(self) -> None:
        """Kill it."""
        if self.process is not None:
            self.process.kill()
            await self.process.wait()
            self.process = None
