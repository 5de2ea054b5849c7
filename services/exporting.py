"""The whole store as JSON Lines, which services.restoring reads back.

The first line is the header, `{"export": "one", "format": 1, "migration": 1}`. Every other line is a node,
`{"kind": "node", "labels": […], "row": {…}}`, or what joins two, `{"kind": "edge", "type": …, "from": …, "to": …,
"row": {…}}`, with everything that the store keeps of it, secrets' hashes included: treat the file like the store.
The same store always gives the same bytes.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import orjson

from graph import dump, migrate
from graph.dump import Edges, Links, Nodes
from graph.store import Store
from services.importing.report import Progress, no_progress
from services.whole_files import whole_file

FORMAT: Final = 1
"""The version of the file's format."""

_SORTED: Final = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE


@dataclass(slots=True)
class ExportReport:
    """How many nodes and edges were written."""

    nodes: int = 0
    edges: int = 0


async def export_store(store: Store, write: Path | BinaryIO, *, progress: Progress = no_progress) -> ExportReport:
    """Write everything that the store holds to a file or a stream, a page of it in memory at a time.

    A file appears under its name when it is complete, readable by its owner alone. It is as of one moment where nobody
    writes meanwhile; with writers at work it may hold an edge without its node, which is refused on the way back.
    """
    migration = await migration_of(store)
    if not isinstance(write, Path):
        return await _export(store, write, migration, progress)
    with whole_file(write) as file:
        return await _export(store, file, migration, progress)


async def migration_of(store: Store) -> int:
    """The number of the latest migration that the store has."""
    applied = await store.read(migrate.LIST_APPLIED, {})
    return max((row["number"] for row in applied), default=0)


async def _export(store: Store, file: BinaryIO, migration: int, progress: Progress) -> ExportReport:
    report = ExportReport()
    file.write(orjson.dumps({"export": "one", "format": FORMAT, "migration": migration}, option=_SORTED))
    for section in dump.SECTIONS:
        total = await dump.count(store, section)
        done = 0
        async for line in _nodes(store, section) if isinstance(section, Nodes) else _edges(store, section):
            file.write(line)
            done += 1
            if done % dump.PAGE == 0:
                progress(section.name, done, max(done, total))
        progress(section.name, done, done)
        if isinstance(section, Nodes):
            report.nodes += done
        else:
            report.edges += done
    return report


async def _nodes(store: Store, section: Nodes) -> AsyncIterator[bytes]:
    async for node in dump.read_nodes(store, section):
        line = {"kind": "node", "labels": sorted(node["labels"]), "row": node["row"]}
        yield orjson.dumps(line, option=_SORTED)


async def _edges(store: Store, section: Edges | Links) -> AsyncIterator[bytes]:
    async for edge in dump.read_edges(store, section):
        line = {"kind": "edge", "type": section.name, "from": edge["from"], "to": edge["to"], "row": edge["row"]}
        yield orjson.dumps(line, option=_SORTED)
