"""An application over a store, that is asked by lines of JSON and answers with how long each took.

`python -m benchmarks.asked URI USER checked|open`: with `open` every access predicate in its statements says yes.
"""

import asyncio
import os
import sys
import time
from typing import Final

import orjson

_PREDICATES: Final = (
    *("group_visible", "below_visible", "thing_visible", "person_visible", "entity_visible", "entity_in"),
    *("event_visible", "group_shown", "thing_shown", "entity_shown"),
)


def _say_yes() -> None:
    """Make the predicates of `graph.access` true, before any statement is made with them."""
    from graph import access  # noqa: PLC0415 - before all that makes statements

    for name in _PREDICATES:
        setattr(access, name, lambda *_args, **_more: "true")


async def _answer(uri: str, user: str) -> None:
    from benchmarks.application import asking  # noqa: PLC0415 - after the predicates
    from benchmarks.watched import Watched  # noqa: PLC0415 - after the predicates

    store = await Watched.open(uri, user, os.environ["ONE_STORE_PASSWORD"], timeout=300)
    async with asking(store) as asker:
        for line in iter(sys.stdin.buffer.readline, b""):
            given = orjson.loads(line)
            asker.secret = given["secret"]
            store.asked.clear()
            began = time.perf_counter()
            data = await asker.ask(given["query"], **given["variables"])
            told: dict[str, object] = {"seconds": time.perf_counter() - began, "data": data}
            if given["profile"]:
                told["indexes"] = await store.indexes()
            sys.stdout.buffer.write(orjson.dumps(told) + b"\n")
            sys.stdout.buffer.flush()
    await store.close()


if __name__ == "__main__":
    if sys.argv[3] == "open":
        _say_yes()
    asyncio.run(_answer(sys.argv[1], sys.argv[2]))
