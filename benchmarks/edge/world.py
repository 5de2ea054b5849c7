"""The world that everybody answers from: 10,000 published things in 250 public groups, in five areas of a group."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from graph.store import Statement, Store
from services.importing.mapping import read_mapping
from services.importing.run import import_folder

TOP: Final = "edge"
AREAS: Final = 5
GROUPS: Final = 50
THINGS: Final = 40
"""In each area, and in each of those groups."""

_MAPPING: Final = Path(__file__).with_name("world.yaml")
EVERY: Final = 100
"""After how many things each a page begins that is asked for."""

_GROUP_IDS: Final[Statement[str]] = Statement(
    "group_ids", "MATCH (group:Group) WHERE group.slug STARTS WITH $prefix RETURN group.id AS row ORDER BY group.slug"
)
_THING_IDS: Final[Statement[str]] = Statement(
    "thing_ids",
    "MATCH (thing:Thing {type: 'video'}) WHERE thing.sortKey > '' RETURN thing.id AS row ORDER BY thing.sortKey",
)
_KEYS: Final[Statement[str]] = Statement(
    "thing_keys",
    "MATCH (thing:Thing {type: 'video'}) WHERE thing.sortKey > '' RETURN thing.sortKey AS row ORDER BY thing.sortKey",
)


@dataclass(frozen=True)
class World:
    """The ids of what is in it, and some keys that a page of all things may come after."""

    top: str
    areas: Sequence[str]
    groups: Sequence[str]
    things: Sequence[str]
    keys: Sequence[str]


async def make(store: Store, folder: Path) -> World:
    """Import it."""
    groups = [{"slug": TOP, "name": "Everything"}]
    things = []
    for area in range(AREAS):
        groups.append({"slug": f"area-{area}", "name": f"Area {area}", "parent": TOP})
        for number in range(GROUPS):
            slug = f"group-{area}-{number}"
            groups.append({"slug": slug, "name": f"Group {number} of area {area}", "parent": f"area-{area}"})
            things += [{"name": f"Thing {each} of {slug}", "group": slug} for each in range(THINGS)]
    for name, rows in {"groups": groups, "things": things}.items():
        (folder / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    report = await import_folder(store, read_mapping(_MAPPING), folder)
    if report.refused_total:
        raise SystemExit(f"{report.refused_total} rows were refused: {report.refused[:3]}")
    await store.define(["CALL db.prepareForReplanning(300)"])
    return World(
        (await store.read(_GROUP_IDS, {"prefix": TOP}))[0],
        await store.read(_GROUP_IDS, {"prefix": "area-"}),
        await store.read(_GROUP_IDS, {"prefix": "group-"}),
        await store.read(_THING_IDS, {}),
        (await store.read(_KEYS, {}))[EVERY - 1 : -EVERY : EVERY],
    )
