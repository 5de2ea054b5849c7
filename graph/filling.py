"""Columns that follow from others, written anew for all that the store holds, a page at a time."""

from collections.abc import Mapping
from typing import Final, TypedDict

from domain.words import searchable
from graph.store import Statement, Store, Transaction, lock_clauses
from graph.things import thing_words
from graph.values import from_json

WORDS: Final = "1"
"""Changes whenever `domain.words` cuts otherwise, or other columns are searched: all words are then cut anew."""


class TextRow(TypedDict):
    """What the words of a node follow from."""

    id: str
    sortKey: str
    kind: str
    name: str | None
    slug: str | None
    description: str | None
    displayName: str | None
    username: str | None
    bio: str | None
    properties: str | None
    labels: list[str] | None


def page_of(label: str) -> Statement[TextRow]:
    """The next nodes of a label with their texts, locked."""
    return Statement(
        f"lock_texts_of_{label.lower()}",
        f"""
        MATCH (node:{label}) WHERE node.sortKey > $after
        WITH node ORDER BY node.sortKey LIMIT $limit
        {lock_clauses("node")}
        RETURN node {{
            .id, .sortKey, kind: '{label}', .name, .slug, .description, .displayName, .username, .bio, .properties,
            .labels
        }} AS row""",
        meant="Eager: a page of nodes is found before the first of them is locked.",
    )


PAGES: Final[Mapping[str, Statement[TextRow]]] = {label: page_of(label) for label in ("Group", "Person", "Thing")}
SET_WORDS: Statement[int] = Statement(
    "set_words",
    """
    UNWIND $rows AS row
    MATCH (node:Entity {id: row.id})
    SET node += row.properties
    RETURN count(node) AS row""",
    meant="Eager: every node is found before the first of them changes.",
)
FETCH_FILLED_WORDS: Statement[str] = Statement(
    "fetch_filled_words", "MATCH (setting:Setting {name: 'filled_words'}) RETURN setting.value AS row"
)
SAVE_FILLED_WORDS: Statement[bool] = Statement(
    "save_filled_words",
    "MERGE (setting:Setting {name: 'filled_words'}) SET setting.value = $value RETURN true AS row",
)


async def words_are_filled(store: Store) -> bool:
    """Whether all nodes have the words that this version cuts."""
    return await store.read(FETCH_FILLED_WORDS, {}) == [WORDS]


async def remember_words(transaction: Transaction) -> None:
    """Note that they have."""
    await transaction.run(SAVE_FILLED_WORDS, {"value": WORDS})


async def fill_words(transaction: Transaction, label: str, after: str, limit: int) -> str | None:
    """Write the words of the next nodes of a label; the last one's sort key, None after all."""
    rows = await transaction.run(PAGES[label], {"after": after, "limit": limit})
    if not rows:
        return None
    await transaction.run(SET_WORDS, {"rows": [{"id": row["id"], "properties": _words(row)} for row in rows]})
    return rows[-1]["sortKey"]


def _words(row: TextRow) -> Mapping[str, str]:
    if row["kind"] == "Thing":
        cut = thing_words(row["name"] or "", from_json(row["properties"] or "{}"))
        words = {"nameWords": cut["nameWords"], "textWords": cut["textWords"]}
        return words | {"labelWords": searchable(*row["labels"])} if row["labels"] else words
    if row["kind"] == "Group":
        return {"nameWords": searchable(row["name"], row["slug"]), "textWords": searchable(row["description"])}
    return {"nameWords": searchable(row["displayName"], row["username"]), "textWords": searchable(row["bio"])}
