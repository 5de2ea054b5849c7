"""References in the store: that a thing's properties name a node is the edge `(:Thing)-[:MENTIONS]->(:Entity)`.

While the edge is there, the store itself refuses to delete the node that is named.
"""

from collections.abc import Iterable, Sequence
from typing import Final, TypedDict

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
)


async def add(transaction: Transaction, mentions: Iterable[Mentions]) -> None:
    """Note what things name; the nodes must be locked. What is noted already stays."""
    rows = [each for each in mentions if each["ids"]]
    if rows:
        await transaction.run(ADD_MENTIONS, {"rows": rows})


async def keep_only(transaction: Transaction, mentions: Sequence[Mentions]) -> None:
    """Note what things name, and nothing else."""
    if mentions:
        await transaction.run(DROP_MENTIONS, {"rows": mentions})
        await add(transaction, mentions)
