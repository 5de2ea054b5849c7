"""Products in the store: their slugs, what they show and deliver, and who shares in what they bring in."""

from collections.abc import Iterable, Sequence
from typing import Final, TypedDict

from domain.access import Reach
from domain.things import Thing
from graph.access import entity_visible, reach_parameters, thing_shown, thing_visible
from graph.store import Statement, Store, Transaction
from graph.things import FILTER_COLUMNS, PAID, THING, ThingRow, from_row
from graph.values import whole


class SlugRow(TypedDict):
    """The key of a product that has a slug, which begins with its group."""

    groupId: str
    key: str


class MediaRow(TypedDict):
    """The media type of a file."""

    id: str
    mediaType: str | None


class FilesRow(TypedDict):
    """The files of a product: all that it shows, and of those that it delivers the ones that somebody may have."""

    id: str
    delivered: list[str] | None
    files: list[ThingRow]


class FoundRow(TypedDict):
    """A product that was found by a key."""

    key: str
    thing: ThingRow


class ShareRow(TypedDict):
    """A live connection of a holder to what they own."""

    id: str
    targetId: str
    holderId: str
    properties: str


SLUGS_LIKE: Final[Statement[SlugRow]] = Statement(
    "slugs_like",
    """
    UNWIND $rows AS row
    MATCH (product:Product) WHERE product.productKey STARTS WITH row.groupId + ' ' + row.slug
    RETURN DISTINCT {groupId: row.groupId, key: product.productKey} AS row""",
)
FETCH_MEDIA_TYPES: Final[Statement[MediaRow]] = Statement(
    "fetch_media_types",
    f"""
    UNWIND $ids AS id
    MATCH (file:Entity:File {{id: id}})
    RETURN {{id: id, mediaType: file.{FILTER_COLUMNS[1]}}} AS row""",
)
FETCH_BY_SLUG: Final[Statement[FoundRow]] = Statement(
    "fetch_by_slug",
    f"""
    UNWIND $keys AS key
    MATCH (thing:Product {{productKey: key}}) WHERE {thing_shown("thing")}
    RETURN {{key: key, thing: {THING}}} AS row""",
)
FETCH_PRODUCT_FILES: Final[Statement[FilesRow]] = Statement(
    "fetch_product_files",
    f"""
    UNWIND $ids AS id
    MATCH (product:Entity:Product {{id: id}})
    CALL (product) {{
        MATCH (product)-[:MENTIONS]->(thing:File)
        WHERE thing.id IN product.imageIds OR (thing.id IN product.fileIds AND ({thing_visible("thing")} OR EXISTS {{
            MATCH (product)<-[:MENTIONS]-(order:Order)
            WHERE order.customerId = $actorId AND {PAID}
        }}))
        RETURN collect({THING}) AS files
    }}
    RETURN {{id: id, delivered: product.fileIds, files: files}} AS row""",
)
FETCH_SHARES: Final[Statement[ShareRow]] = Statement(
    "fetch_shares",
    f"""
    UNWIND $ids AS id
    MATCH (thing:Entity:Product {{id: id}})
    MATCH (thing)<-[edge:OWNS]-(holder:Entity)
    WHERE edge.validTo IS NULL AND {thing_visible("thing")} AND {entity_visible("holder")}
    RETURN {{id: edge.id, targetId: id, holderId: holder.id, properties: edge.properties}} AS row ORDER BY row.id""",
)
LIST_SHARES: Final[Statement[ShareRow]] = Statement(
    "list_shares",
    """
    UNWIND $ids AS id
    MATCH (thing:Entity:Thing {id: id})<-[edge:OWNS]-(holder:Entity) WHERE edge.validTo IS NULL
    RETURN {id: edge.id, targetId: id, holderId: holder.id, properties: edge.properties} AS row""",
)


def key_of(group_id: str, slug: str) -> str:
    """What keeps the slugs of a group's products unique."""
    return f"{group_id} {slug}"


async def slugs_like(transaction: Transaction, asked: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """By their groups, the slugs that begin with one that is asked for, each together with its group."""
    rows = [{"groupId": group_id, "slug": slug} for group_id, slug in sorted(set(asked))]
    found: dict[str, set[str]] = {}
    for row in await transaction.run(SLUGS_LIKE, {"rows": rows}):
        found.setdefault(row["groupId"], set()).add(row["key"].partition(" ")[2])
    return found


async def media_types(transaction: Transaction, ids: Iterable[str]) -> dict[str, str]:
    """The media types of files."""
    rows = await transaction.run(FETCH_MEDIA_TYPES, {"ids": sorted(ids)})
    return {row["id"]: row["mediaType"] or "" for row in rows}


async def by_slug(store: Store, reach: Reach, keys: Sequence[str]) -> dict[str, Thing]:
    """By their keys, those of the products that there are and that the viewer is shown."""
    rows = await store.read(FETCH_BY_SLUG, {"keys": keys, **reach_parameters(reach)})
    return {row["key"]: from_row(row["thing"]) for row in rows}


async def files(store: Store, reach: Reach, ids: Sequence[str]) -> dict[str, tuple[list[str], dict[str, Thing]]]:
    """For each of the products the ids of what it delivers, in order, and by their ids its files, as said above."""
    rows = await store.read(FETCH_PRODUCT_FILES, {"ids": ids, **reach_parameters(reach)})
    return {
        row["id"]: (row["delivered"] or [], {file["id"]: from_row(file) for file in whole(row["files"], from_row)})
        for row in rows
    }


async def shares(store: Store, reach: Reach, ids: Sequence[str]) -> dict[str, list[ShareRow]]:
    """For each of the products who owns it, as far as the viewer may see that."""
    found: dict[str, list[ShareRow]] = {}
    for row in await store.read(FETCH_SHARES, {"ids": ids, **reach_parameters(reach)}):
        found.setdefault(row["targetId"], []).append(row)
    return found


async def shares_of(transaction: Transaction, ids: Iterable[str]) -> list[ShareRow]:
    """All who own these things, which are locked."""
    return await transaction.run(LIST_SHARES, {"ids": sorted(ids)})
