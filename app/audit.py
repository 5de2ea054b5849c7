"""The audit log at a terminal: its head, whether it is whole, and all of it as JSON Lines."""

import re
from pathlib import Path
from typing import Final

import orjson
import typer

from domain.audit import ChainHead, Verification
from domain.errors import ValidationError
from graph.store import Store
from services import audit
from services.whole_files import whole_file

_HEAD: Final = re.compile(r"(?P<sequence>[0-9]{1,15}):(?P<hash>[0-9a-f]{64})", re.ASCII)


async def tell_head(store: Store) -> None:
    """Print the head, for an operator to keep elsewhere."""
    typer.echo(written(await audit.head(store)))


async def verify(store: Store, kept: str | None) -> bool:
    """Print what is wrong with the chain, and answer whether nothing is."""
    found = await audit.verify(store, None if kept is None else parsed(kept))
    for fault in found.faults:
        typer.echo(f"{fault.sequence}\t{fault.what}\t{fault.event_id or '-'}")
    typer.echo(_told(found))
    return found.intact


async def export(store: Store, file: Path) -> int:
    """Write all entries as JSON Lines, a page of them in memory at a time, and answer how many they are.

    The file appears under its name when it is complete, readable by its owner alone.
    """
    total = 0
    with whole_file(file) as out:
        async for entry in audit.exported(store):
            out.write(orjson.dumps(entry, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE))
            total += 1
    return total


def written(head: ChainHead) -> str:
    """A head as one word."""
    return f"{head.sequence}:{head.hash}"


def parsed(text: str) -> ChainHead:
    """The head that such a word tells of. ValidationError where it tells of none."""
    match = _HEAD.fullmatch(text.strip())
    if match is None:
        raise ValidationError(
            "head", "A head is a number, a colon and 64 hexadecimal digits, as `audit head` prints it."
        )
    return ChainHead(int(match["sequence"]), match["hash"])


def _told(found: Verification) -> str:
    state = "intact" if found.intact else f"broken at {found.broken:,} places"
    return f"{found.checked:,} entries: the chain is {state}. Head: {written(found.head)}"
