"""Moving a group with ten thousand groups and a hundred thousand things below it, beside moving one with nothing below.

Meanwhile readers count the groups below where it came from and below where it goes: together always the same.
"""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, cast

from benchmarks.application import Asker, asking
from benchmarks.figures import Figure, milliseconds
from graph.store import Store
from services.importing.mapping import parse_mapping
from services.importing.run import import_folder

GROUPS: Final = 10_000
THINGS: Final = 100_000
MOVES: Final = 40

_MAPPING: Final = {
    "source": "tree",
    "steps": [
        {
            "step": "groups",
            "make": "group",
            "from": "groups.jsonl",
            "key": {"column": "slug"},
            "set": {
                "slug": {"column": "slug"},
                "name": {"column": "slug"},
                "type": "business",
                "parent": {"ref": "groups", "key": {"column": "parent"}},
            },
        },
        {
            "step": "things",
            "make": "thing",
            "from": "things.jsonl",
            "key": {"column": "id"},
            "set": {
                "type": "video",
                "group": {"ref": "groups", "key": {"column": "group"}},
                "name": {"column": "id"},
            },
        },
    ],
}
_MOVE: Final = """mutation ($input: MoveGroupInput!) { moveGroup(input: $input) {
    __typename ... on MoveGroupSuccess { group { version } } } }"""
_COUNTS: Final = """{
    left: group(slug: "left") { descendants(first: 1) { totalCount } }
    right: group(slug: "right") { descendants(first: 1) { totalCount } }
}"""


def _groups() -> Iterator[Mapping[str, object]]:
    """Two places, a tree of four branches at each node in one of them, and a group with nothing below it."""
    for root in ("left", "right"):
        yield {"slug": root}
    yield {"slug": "tree-0", "parent": "left"}
    yield {"slug": "leaf", "parent": "left"}
    for number in range(1, GROUPS + 1):
        yield {"slug": f"tree-{number}", "parent": f"tree-{(number - 1) // 4}"}


def _things() -> Iterator[Mapping[str, object]]:
    for number in range(THINGS):
        yield {"id": f"v{number}", "group": f"tree-{number % (GROUPS + 1)}"}


async def make_tree(store: Store, folder: Path) -> None:
    """Import the tree; the folder takes its files."""
    for name, rows in (("groups", _groups()), ("things", _things())):
        with (folder / f"{name}.jsonl").open("w") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    await import_folder(store, parse_mapping(_MAPPING), folder, strict=True)


async def measure(store: Store, secret: str) -> list[Figure]:
    """Moves of either group there and back, in turn."""
    async with asking(store, secret) as asker:
        places = [await _id(asker, slug) for slug in ("right", "left")]
        moved = {slug: await _id(asker, slug) for slug in ("tree-0", "leaf")}
        versions = dict.fromkeys(moved, 1)
        taken: dict[str, list[float]] = {slug: [] for slug in moved}
        done = asyncio.Event()
        readers = [asyncio.create_task(_read(asker, done)) for _ in range(2)]
        for number in range(MOVES):
            for slug, identifier in moved.items():
                given = {"id": identifier, "version": versions[slug], "parentId": places[number % 2]}
                began = time.perf_counter()
                answer = cast("Mapping[str, Mapping[str, int]]", (await asker.ask(_MOVE, input=given))["moveGroup"])
                taken[slug].append(time.perf_counter() - began)
                versions[slug] = answer["group"]["version"]
        done.set()
        reads = sum(await asyncio.gather(*readers))
    ratio = sorted(taken["tree-0"])[MOVES // 2] / sorted(taken["leaf"])[MOVES // 2]
    return [
        Figure("move of a group with nothing below it", milliseconds(taken["leaf"])),
        Figure(
            f"move of a group with {GROUPS:,} groups and {THINGS:,} things below it",
            milliseconds(taken["tree-0"]),
            f"{ratio:.2f} times that; {reads} reads meanwhile, each of before or of after",
        ),
    ]


async def _id(asker: Asker, slug: str) -> str:
    found = await asker.ask("query ($slug: String!) { group(slug: $slug) { id } }", slug=slug)
    return cast("Mapping[str, str]", found["group"])["id"]


async def _read(asker: Asker, done: asyncio.Event) -> int:
    """Count on both sides until it is done; SystemExit where a part of the tree was on neither or on both."""
    reads = 0
    while not done.is_set():
        for name, place in (await asker.ask(_COUNTS)).items():
            total = cast("Mapping[str, Mapping[str, int]]", place)["descendants"]["totalCount"]
            if total not in {0, 1, GROUPS + 1, GROUPS + 2}:
                raise SystemExit(f"{total:,} groups below {name}: a reader saw half a move")
            reads += 1
    return reads
