"""Asks a server as fast as it answers, over connections that stay open; a process of its own, cheap beside a server.

`python -m benchmarks.edge.load` takes a job on each line of its input, in JSON, and answers it with a line.
"""

import asyncio
import re
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Final, TypedDict, cast

import orjson
import uvloop

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END: Final = b"\r\n\r\n"


class Job(TypedDict):
    """Bodies to post in turn to a path, for some seconds."""

    port: int
    path: str
    headers: Mapping[str, str]
    bodies: Sequence[str]
    connections: int
    seconds: float


class Done(TypedDict):
    """What became of a job: how many were answered in how many seconds, and how long each took, in order."""

    answered: int
    seconds: float
    p50: float
    p95: float


class WrongAnswerError(Exception):
    """An answer is not what was asked for."""


class _Work:
    """A job that is under way."""

    def __init__(self, job: Job) -> None:
        lines = {"Host": f"127.0.0.1:{job['port']}", "Content-Type": "application/json", **job["headers"]}
        head = f"POST {job['path']} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self._requests = [
            f"{head}Content-Length: {len(body.encode())}\r\n\r\n{body}".encode() for body in job["bodies"]
        ]
        self._turns = count()
        self._open = job["connections"]
        self.began = time.perf_counter()
        self.until = self.began + job["seconds"]
        self.taken: list[float] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def next(self) -> bytes:
        """The next request."""
        return self._requests[next(self._turns) % len(self._requests)]

    def check(self, answer: bytes) -> None:
        """Fail the job where an answer is not right: it would be all too quick."""
        if not answer.startswith(b"HTTP/1.1 200") or b'"name":"' not in answer:
            self.fail(WrongAnswerError(answer[:2_000].decode(errors="replace")))

    def fail(self, error: Exception) -> None:
        """End the job."""
        if not self.done.done():
            self.done.set_exception(error)

    def closed(self, error: Exception | None) -> None:
        """Note that a connection is closed: all of them are once the time is up."""
        self._open -= 1
        if time.perf_counter() < self.until:
            self.fail(error or WrongAnswerError("the server closed a connection"))
        elif not self._open and not self.done.done():
            self.done.set_result(None)


class _Connection(asyncio.Protocol):
    """One request after the other."""

    def __init__(self, work: _Work) -> None:
        self._work = work
        self._heard = b""
        self._whole = 0
        self._asked = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)  # that of uvloop says not what it is
        self._ask()

    def _ask(self) -> None:
        self._heard, self._whole = b"", 0
        self._asked = time.perf_counter()
        if self._transport is not None:
            self._transport.write(self._work.next())

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer, and ask again after the last."""
        self._heard += data
        if not self._whole and (end := self._heard.find(_END)) >= 0:
            length = _LENGTH.search(self._heard, 0, end)
            if length is None:
                self._work.fail(WrongAnswerError("an answer does not say how long it is"))
                return
            self._whole = end + len(_END) + int(length[1])
        if not self._whole or len(self._heard) < self._whole:
            return
        now = time.perf_counter()
        self._work.taken.append(now - self._asked)
        self._work.check(self._heard)
        if now < self._work.until and not self._work.done.done():
            self._ask()
        elif self._transport is not None:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the work."""
        self._work.closed(exc)


async def ask(job: Job) -> Done:
    """Do a job. WrongAnswerError at the first answer that is not right."""
    work = _Work(job)
    loop = asyncio.get_running_loop()
    for _ in range(job["connections"]):
        await loop.create_connection(lambda: _Connection(work), "127.0.0.1", job["port"])
    async with asyncio.timeout(job["seconds"] + 60):
        await work.done
    taken = sorted(work.taken)
    seconds = time.perf_counter() - work.began
    return {
        "answered": len(taken),
        "seconds": seconds,
        "p50": taken[len(taken) // 2],
        "p95": taken[int(len(taken) * 0.95)],
    }


def _main() -> None:
    for line in iter(sys.stdin.buffer.readline, b""):
        try:
            told: object = uvloop.run(ask(orjson.loads(line)))
        except (WrongAnswerError, OSError, TimeoutError) as error:
            told = {"error": str(error) or type(error).__name__}
        sys.stdout.buffer.write(orjson.dumps(told) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    _main()
