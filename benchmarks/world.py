"""A generated world: groups eight levels deep, people, things of four types, three connections for each thing.

It is always the same for the same number of things, and is written as JSON Lines with the mapping that imports it.
"""

import json
import random
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

MAPPING = Path(__file__).with_name("world.yaml")

THINGS_PER_GROUP = 50
DEPTH = 8
TOPICS = 200
KINDS = ("blog_post", "product", "video", "lesson")

Row = Mapping[str, object]


def write_world(folder: Path, things: int) -> None:
    """Write the files of a world with that many things, a fiftieth as many groups, and three times as many edges."""
    chance = random.Random(1)
    groups = things // THINGS_PER_GROUP
    _write(folder / "groups.jsonl", _groups(groups, chance))
    _write(folder / "people.jsonl", _people(groups))
    with ExitStack() as stack:
        files = {kind: stack.enter_context((folder / f"{kind}.jsonl").open("w")) for kind in KINDS}
        for number in range(things):
            files[_kind(number)].write(json.dumps(_thing(number, groups, chance)) + "\n")
    for kind in KINDS:
        _write(folder / f"owns-{kind}.jsonl", _owns(kind, things, groups, chance))
    _write(folder / "references.jsonl", _references(things))
    _write(folder / "purchased.jsonl", _purchased(things, groups, chance))


def _write(path: Path, rows: Iterator[Row]) -> None:
    with path.open("w") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def _kind(number: int) -> str:
    return KINDS[number % len(KINDS)]


def _groups(count: int, chance: random.Random) -> Iterator[Row]:
    levels: list[list[int]] = [[] for _ in range(DEPTH)]
    for number in range(count):
        # The first eight are a chain from the root to the deepest level, so that each level has a parent to offer.
        level = number if number < DEPTH else chance.randrange(DEPTH)
        parent = chance.choice(levels[level - 1]) if level else None
        levels[level].append(number)
        yield {
            "id": f"g{number}",
            "parent": None if parent is None else f"g{parent}",
            "slug": f"world-{number}",
            "name": f"Group number {number}",
        }


def _people(count: int) -> Iterator[Row]:
    for number in range(count):
        yield {
            "id": f"p{number}",
            "email": f"p{number}@world.example",
            "username": f"person.{number}",
            "name": f"Person {number}",
        }


def _thing(number: int, groups: int, chance: random.Random) -> Row:
    row: dict[str, object] = {
        "id": f"t{number}",
        "group": f"g{chance.randrange(groups)}",
        "name": f"Thing number {number} of this world",
    }
    if _kind(number) == "product":
        return row | {
            "price": f"{chance.randrange(1, 9999)}.{chance.randrange(100):02}",
            "stock": chance.randrange(100),
        }
    if _kind(number) == "blog_post":
        row["label"] = f"topic:t{chance.randrange(TOPICS)}"
    words = "some words that say what it is about, as one does"
    return row | {"properties": {"summary": words, "views": chance.randrange(10_000)}}


def _owns(kind: str, things: int, people: int, chance: random.Random) -> Iterator[Row]:
    for number in range(KINDS.index(kind), things, len(KINDS)):
        yield {"id": f"o{number}", "from": f"p{chance.randrange(people)}", "to": f"t{number}"}


def _references(things: int) -> Iterator[Row]:
    """From each post to four others, and never twice to the same."""
    posts = things // len(KINDS)
    for number in range(things):
        source, step = number % posts, 1 + number // posts
        target = (source + step) % posts
        yield {"id": f"r{number}", "from": f"t{source * len(KINDS)}", "to": f"t{target * len(KINDS)}"}


def _purchased(things: int, people: int, chance: random.Random) -> Iterator[Row]:
    for number in range(things):
        product = chance.randrange(things // len(KINDS)) * len(KINDS) + 1
        yield {"id": f"b{number}", "from": f"p{chance.randrange(people)}", "to": f"t{product}"}
