"""Registered types in the store: `(:ThingType)` and `(:ConnectionType)` nodes, each with a unique name."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypedDict, TypeVar, cast

from domain.connection_types import Cardinality, ConnectionType
from domain.ids import NodeKind
from domain.thing_types import ThingType
from domain.values import JSON
from graph.store import Statement, Store, Transaction, lock_clauses
from graph.things import FILTER_COLUMNS, added_up, filters_of, label_of, offer_columns
from graph.values import from_json, to_json

R = TypeVar("R")
T = TypeVar("T")

log = logging.getLogger("one.types")


class ThingTypeRow(TypedDict):
    """A registered thing type as the store keeps it."""

    name: str
    nodeLabel: str
    description: str
    schema: str
    filterable: list[str]
    filtersReady: int
    version: int
    pending: str | None


class ConnectionTypeRow(TypedDict):
    """A registered connection type as the store keeps it."""

    name: str
    description: str
    schema: str
    sources: list[str]
    targets: list[str]
    sourceTypes: list[str]
    targetTypes: list[str]
    several: bool
    reflexive: bool
    directed: bool
    cardinality: str


def thing_type_from_row(row: ThingTypeRow) -> ThingType:
    """The thing type that a row holds."""
    return ThingType(
        name=row["name"],
        description=row["description"],
        schema=from_json(row["schema"]),
        built_in=False,
        creatable=True,
        filterable=tuple(row["filterable"]),
        filters_ready=row["filtersReady"],
        registered=True,
        version=row["version"],
        pending=None if row["pending"] is None else from_json(row["pending"]),
    )


def thing_type_to_row(thing_type: ThingType) -> ThingTypeRow:
    """The row that holds a thing type."""
    return {
        "name": thing_type.name,
        "nodeLabel": label_of(thing_type.name),
        "description": thing_type.description,
        "schema": to_json(thing_type.schema),
        "filterable": list(thing_type.filterable),
        "filtersReady": thing_type.filters_ready,
        "version": thing_type.version,
        "pending": None if thing_type.pending is None else to_json(thing_type.pending),
    }


def connection_type_from_row(row: ConnectionTypeRow) -> ConnectionType:
    """The connection type that a row holds."""
    return ConnectionType(
        name=row["name"],
        sources=frozenset(NodeKind(kind) for kind in row["sources"]),
        targets=frozenset(NodeKind(kind) for kind in row["targets"]),
        description=row["description"],
        schema=from_json(row["schema"]),
        several=row["several"],
        reflexive=row["reflexive"],
        source_types=frozenset(row["sourceTypes"]),
        target_types=frozenset(row["targetTypes"]),
        directed=row["directed"],
        cardinality=Cardinality(row["cardinality"]),
        registered=True,
    )


def connection_type_to_row(connection_type: ConnectionType) -> ConnectionTypeRow:
    """The row that holds a connection type."""
    return {
        "name": connection_type.name,
        "description": connection_type.description,
        "schema": to_json(connection_type.schema),
        "sources": sorted(connection_type.sources),
        "targets": sorted(connection_type.targets),
        "sourceTypes": sorted(connection_type.source_types),
        "targetTypes": sorted(connection_type.target_types),
        "several": connection_type.several,
        "reflexive": connection_type.reflexive,
        "directed": connection_type.directed,
        "cardinality": connection_type.cardinality,
    }


_THING_TYPE = f"type {{{', '.join(f'.{column}' for column in ThingTypeRow.__annotations__)}}}"
_CONNECTION_TYPE = f"type {{{', '.join(f'.{column}' for column in ConnectionTypeRow.__annotations__)}}}"

LIST_THING_TYPES: Statement[ThingTypeRow] = Statement(
    "list_thing_types",
    f"MATCH (type:ThingType) WHERE type.name > '' RETURN {_THING_TYPE} AS row ORDER BY type.name",
)
LIST_CONNECTION_TYPES: Statement[ConnectionTypeRow] = Statement(
    "list_connection_types",
    f"MATCH (type:ConnectionType) WHERE type.name > '' RETURN {_CONNECTION_TYPE} AS row ORDER BY type.name",
)
LOCK_THING_TYPE: Statement[ThingTypeRow] = Statement(
    "lock_thing_type",
    f"MATCH (type:ThingType {{name: $name}}) {lock_clauses('type')} RETURN {_THING_TYPE} AS row",
    meant="Eager on 5.26: of the one type that it locks.",
)
SAVE_THING_TYPE: Statement[bool] = Statement(
    "save_thing_type",
    "MATCH (type:ThingType {name: $properties.name}) SET type += $properties RETURN true AS row",
)
FETCH_CONNECTION_TYPE: Statement[ConnectionTypeRow] = Statement(
    "fetch_connection_type", f"MATCH (type:ConnectionType {{name: $name}}) RETURN {_CONNECTION_TYPE} AS row"
)
CREATE_THING_TYPE: Statement[bool] = Statement(
    "create_thing_type", "CREATE (type:ThingType) SET type = $properties RETURN true AS row"
)
CREATE_CONNECTION_TYPE: Statement[bool] = Statement(
    "create_connection_type", "CREATE (type:ConnectionType) SET type = $properties RETURN true AS row"
)


class PropertiesRow(TypedDict):
    """What a thing says of itself, and its place among the things of its type; `sold` is a product's."""

    id: str
    sortKey: str
    properties: str
    sold: int | None


_PAGE_OF_TYPE = """
    MATCH (thing:Thing) WHERE thing.type = $type AND thing.sortKey > $after
    WITH thing ORDER BY thing.type, thing.sortKey LIMIT $limit
"""
PAGE_OF_TYPE: Statement[PropertiesRow] = Statement(
    "page_of_type", f"{_PAGE_OF_TYPE} RETURN thing {{.id, .sortKey, .properties, .sold}} AS row"
)
LOCK_PAGE_OF_TYPE: Statement[PropertiesRow] = Statement(
    "lock_page_of_type",
    f"""{_PAGE_OF_TYPE}
    {lock_clauses("thing")}
    RETURN thing {{.id, .sortKey, .properties, .sold}} AS row""",
    meant="Eager: a page of things is found before the first of them is locked.",
)
SET_FILTERS: Statement[int] = Statement(
    "set_filters",
    """
    UNWIND $rows AS row
    MATCH (thing:Entity:Thing {id: row.id})
    SET thing += row.filters
    RETURN count(thing) AS row""",
    meant="Eager: every thing is found before the first of them changes.",
)


# The columns of the standard types that were filled last, which another version may have done.
FETCH_FILLED: Statement[str] = Statement(
    "fetch_filled_columns", "MATCH (setting:Setting {name: 'filled_columns'}) RETURN setting.value AS row"
)
SAVE_FILLED: Statement[bool] = Statement(
    "save_filled_columns",
    "MERGE (setting:Setting {name: 'filled_columns'}) SET setting.value = $value RETURN true AS row",
)


async def filled_columns(store: Store) -> Mapping[str, JSON]:
    """For each standard type the filterable properties whose columns all of its things have."""
    rows = await store.read(FETCH_FILLED, {})
    return from_json(rows[0]) if rows else {}


async def save_filled_columns(transaction: Transaction, columns: Mapping[str, JSON]) -> None:
    """Remember what `filled_columns` answers."""
    await transaction.run(SAVE_FILLED, {"value": to_json(columns)})


async def thing_types(store: Store) -> list[ThingType]:
    """All registered thing types that can be read, by name."""
    return list(_readable(await store.read(LIST_THING_TYPES, {}), thing_type_from_row))


async def connection_types(store: Store) -> list[ConnectionType]:
    """All registered connection types that can be read, by name."""
    return list(_readable(await store.read(LIST_CONNECTION_TYPES, {}), connection_type_from_row))


def _readable(rows: Iterable[R], from_row: Callable[[R], T]) -> Iterator[T]:
    """The types of all rows but of those that somebody spoilt, which must not keep everybody from all types."""
    for row in rows:
        try:
            yield from_row(row)
        except (TypeError, ValueError):
            name = cast("Mapping[str, str]", row)["name"]
            log.exception("The registered type %s cannot be read and counts as unknown: see `one check`", name)


async def lock_thing_type(transaction: Transaction, name: str) -> ThingType | None:
    """A registered thing type as it is now and stays until the transaction ends."""
    rows = await transaction.run(LOCK_THING_TYPE, {"name": name})
    return thing_type_from_row(rows[0]) if rows else None


async def fetch_connection_type(transaction: Transaction, name: str) -> ConnectionType | None:
    """A registered connection type."""
    rows = await transaction.run(FETCH_CONNECTION_TYPE, {"name": name})
    return connection_type_from_row(rows[0]) if rows else None


async def save_thing_type(transaction: Transaction, thing_type: ThingType) -> None:
    """Write a registered thing type that is locked."""
    await transaction.run(SAVE_THING_TYPE, {"properties": thing_type_to_row(thing_type)})


async def page_of_type(store: Store, name: str, after: str, limit: int) -> list[PropertiesRow]:
    """The next things of a type, in order of their sort keys, whoever may see them."""
    return await store.read(PAGE_OF_TYPE, {"type": name, "after": after, "limit": limit})


async def lock_page_of_type(transaction: Transaction, name: str, after: str, limit: int) -> list[PropertiesRow]:
    """The same, which stay as they are until the transaction ends."""
    return await transaction.run(LOCK_PAGE_OF_TYPE, {"type": name, "after": after, "limit": limit})


async def fill_page_of_type(transaction: Transaction, thing_type: ThingType, after: str, limit: int) -> str | None:
    """Write the columns of the next things of a type; the last one's sort key, None after all."""
    rows = await lock_page_of_type(transaction, thing_type.name, after, limit)
    if not rows:
        return None
    await transaction.run(SET_FILTERS, {"rows": [_filled(thing_type, row) for row in rows]})
    return rows[-1]["sortKey"]


def _filled(thing_type: ThingType, row: PropertiesRow) -> Mapping[str, object]:
    """A thing, and the columns that follow from its properties."""
    properties = from_json(row["properties"])
    values = filters_of(thing_type, properties, row["sold"] or 0)
    filters: dict[str, object] = dict(zip(FILTER_COLUMNS, values, strict=False))
    if thing_type.name == "order":
        filters |= added_up(properties)
    if thing_type.name == "product" and "price" in properties:  # else the check of the store says so
        filters |= offer_columns(properties, row["sold"] or 0)
    return {"id": row["id"], "filters": filters}


async def create_thing_type(transaction: Transaction, thing_type: ThingType) -> None:
    """Add a thing type. ConflictError where the name, or one that makes the same label, is taken."""
    await transaction.run(CREATE_THING_TYPE, {"properties": thing_type_to_row(thing_type)})


async def create_connection_type(transaction: Transaction, connection_type: ConnectionType) -> None:
    """Add a connection type. ConflictError where the name is taken."""
    await transaction.run(CREATE_CONNECTION_TYPE, {"properties": connection_type_to_row(connection_type)})
