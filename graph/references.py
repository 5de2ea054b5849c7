"""References in the store: that a thing's properties name a node is the edge `(:Thing)-[:MENTIONS]->(:Entity)`.

While the edge is there, the store itself refuses to delete the node that is named.
"""

from collections.abc import Iterable, Sequence
from typing import Final, TypedDict

from domain.references import named_by
from domain.thing_types import ThingType
from domain.things import Thing
from graph.store import Statement, Transaction


class Mentions(TypedDict):
    """A thing, and the ids of the nodes that it names."""

    id: str
    ids: Sequence[str]


ADD_MENTIONS: Final[Statement[int]] = Statement(
    "add_mentions",
    """
    UNWIND $rows AS row
    MATCH (thing:Entity:Thing {id: row.id})
    UNWIND row.ids AS id
    MATCH (named:Entity {id: id})
    MERGE (thing)-[edge:MENTIONS]->(named)
    RETURN count(edge) AS row""",
)
DROP_MENTIONS: Final[Statement[int]] = Statement(
    "drop_mentions",
    """
    UNWIND $rows AS row
    MATCH (thing:Entity:Thing {id: row.id})
    MATCH (thing)-[edge:MENTIONS]->(named:Entity) WHERE NOT named.id IN row.ids
    DELETE edge
    RETURN count(edge) AS row""",
    meant="Eager: the edges are found before the first of them is deleted.",
)


def mentions(thing: Thing, thing_type: ThingType) -> Mentions:
    """What a thing of that type names."""
    return {"id": thing.id, "ids": sorted(set(named_by(thing_type, thing.properties).values()))}


async def add(transaction: Transaction, noted: Iterable[Mentions]) -> None:
    """Note what things name; the nodes must be locked. What is noted already stays."""
    rows = [each for each in noted if each["ids"]]
    if rows:
        await transaction.run(ADD_MENTIONS, {"rows": rows})


async def keep_only(transaction: Transaction, noted: Sequence[Mentions]) -> None:
    """Note what things name, and nothing else."""
    if noted:
        await transaction.run(DROP_MENTIONS, {"rows": noted})
        await add(transaction, noted)
