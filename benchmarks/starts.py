"""How long a server takes from its command to its first answer, with nothing to download."""

import time
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.servers import first_answer, serving


async def measure(folder: Path) -> list[Figure]:
    """The first start on an empty data folder, and the second."""
    seconds = []
    for _ in ("first", "second"):
        began = time.perf_counter()
        async with serving("--data", str(folder / "started")) as running:
            await first_answer(running)
            seconds.append(time.perf_counter() - began)
    return [
        Figure("first start: store made, migrated and filled with the demo world", f"{seconds[0]:.1f} s"),
        Figure("second start", f"{seconds[1]:.1f} s", "at most 10 s"),
    ]
