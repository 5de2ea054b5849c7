"""Our server beside others that answer the same from one store: what each does in a second, and what that takes it."""

import asyncio
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

import orjson
import psutil

from benchmarks.edge.contenders import NOBODY, OURS, Contender, competing
from benchmarks.edge.load import Done, Job
from benchmarks.edge.questions import QUESTIONS
from benchmarks.figures import machine

_WARMING_SECONDS: Final = 1.0
_LIMIT_SECONDS: Final = 7_200
"""After which everything is stopped, whatever it is at."""

_HEAD: Final = """| question | connections | who | a second | p50 | p95 | processor | ONE does | ONE as nobody does |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |"""


@dataclass(frozen=True)
class Plan:
    """What to measure: which questions, over how many connections at once, in how many rounds of so many seconds."""

    questions: Sequence[str]
    connections: Sequence[int]
    rounds: int
    seconds: float


@dataclass
class _Measured:
    """The rounds of one contender."""

    done: list[Done] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    """Seconds of the processor a request."""

    @property
    def rates(self) -> list[float]:
        """Answers a second."""
        return [each["answered"] / each["seconds"] for each in self.done]


class Load:
    """The process that asks."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ask(self, contender: Contender, question: str, connections: int, seconds: float) -> Done:
        """Ask one contender one question for some seconds. SystemExit where an answer is wrong."""
        given, told = self._process.stdin, self._process.stdout
        if given is None or told is None:
            raise SystemExit("the load cannot be told what to do")
        job: Job = {
            "port": contender.server.port,
            "path": contender.path(question),
            "headers": contender.headers,
            "bodies": contender.bodies(question),
            "connections": connections,
            "seconds": seconds,
        }
        given.write(orjson.dumps(job) + b"\n")
        await given.drain()
        answer = orjson.loads(await told.readline())
        if "error" in answer:
            raise SystemExit(f"{contender.name}, {QUESTIONS.get(question, question)}: {answer['error']}")
        return cast("Done", answer)


async def measure(folder: Path, plan: Plan) -> None:
    """Print a table, line by line, as they are known."""
    about = machine()
    async with asyncio.timeout(_LIMIT_SECONDS), AsyncExitStack() as stack:
        everybody = await stack.enter_async_context(competing(folder))
        load = await stack.enter_async_context(loading())
        print(f"{about}; {plan.rounds} rounds of {plan.seconds:g} s\n\n{_HEAD}", flush=True)
        busy, own, began = _busy(), _own(), time.perf_counter()
        for question in plan.questions:
            asked = [each for each in everybody if question in each.texts]
            for connections in plan.connections:
                measured = await _rounds(load, asked, question, connections, plan)
                for name in measured:
                    print(_line(question, connections, name, measured), flush=True)
        others = (_busy() - busy - (_own() - own)) / (time.perf_counter() - began)
        print(f"\nMeanwhile other programs kept {max(others, 0):.1f} of {os.cpu_count()} cores busy.")


def _busy() -> float:
    """How many seconds the processors of this machine have worked."""
    times = psutil.cpu_times()
    return times.user + times.nice + times.system


def _own() -> float:
    """How many of them for this program and all that it started."""
    this = psutil.Process()
    return sum(each.cpu_times().user + each.cpu_times().system for each in [this, *this.children(recursive=True)])


async def _rounds(
    load: Load, asked: Sequence[Contender], question: str, connections: int, plan: Plan
) -> dict[str, _Measured]:
    """Each contender in turn, another one first in each round."""
    for each in asked:
        await load.ask(each, question, connections, _WARMING_SECONDS)
    measured = {each.name: _Measured() for each in asked}
    for turn in range(plan.rounds):
        first = turn % len(asked)
        for each in (*asked[first:], *asked[:first]):
            before = each.server.processor()
            done = await load.ask(each, question, connections, plan.seconds)
            measured[each.name].processor.append((each.server.processor() - before) / done["answered"])
            measured[each.name].done.append(done)
    return measured


def _line(question: str, connections: int, name: str, measured: dict[str, _Measured]) -> str:
    mine = measured[name]
    taken = [f"{statistics.median(each[part] for each in mine.done) * 1000:.1f} ms" for part in ("p50", "p95")]
    cells = [
        *(QUESTIONS[question], f"{connections}", name, f"{statistics.median(mine.rates):,.0f}", *taken),
        f"{statistics.median(mine.processor) * 1000:.2f} ms",
        *("" if name in {OURS, NOBODY} else _times(measured.get(one), mine) for one in (OURS, NOBODY)),
    ]
    return f"| {' | '.join(cells)} |"


def _times(ours: _Measured | None, theirs: _Measured) -> str:
    """How many times as many answers ours gave in a round, with the quartiles of all rounds."""
    if ours is None:
        return ""
    ratios = [mine / other for mine, other in zip(ours.rates, theirs.rates, strict=True)]
    if len(ratios) == 1:
        return f"{ratios[0]:.2f} times"
    lower, middle, upper = statistics.quantiles(ratios, n=4, method="inclusive")
    return f"{middle:.2f} times ({lower:.2f} to {upper:.2f})"


@asynccontextmanager
async def loading() -> AsyncIterator[Load]:
    """The process that asks, until the context ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.edge.load",
        cwd=Path(__file__).parents[2],
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Load(process)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()
