"""Versions in the store: what a thing was before each of its changes, as `(:ThingVersion)` nodes that are only added.

The newest version is the thing itself, so that a thing which never changes has no node here; nor has the version before
it where the thing was archived with its group, of which `priorStatus`, `priorAt` and `priorEventId` are on the thing.
A version's `key` is the id of the thing and its number, in ten digits so that keys sort as versions do.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, TypedDict

from domain.access import Reach
from domain.thing_versions import ThingVersion
from domain.things import ThingStatus
from domain.values import from_micros, to_micros
from graph.access import reach_parameters, thing_visible
from graph.listing import CountRow, Listing, PageRow
from graph.store import Statement, Store, Transaction
from graph.values import from_json, optional_time


class StoredVersion(TypedDict):
    """A version as the store keeps it."""

    key: str
    thingId: str
    version: int
    name: str
    status: str
    groupId: str
    properties: str
    labels: list[str] | None
    at: int
    until: int | None
    eventId: str | None


class VersionRow(StoredVersion):
    """A version, with what differs in the one before it.

    `changed` names columns; `before` are the properties of the version before where they are others.
    """

    changed: list[str]
    before: str | None


def from_row(row: VersionRow) -> ThingVersion:
    """The version that a row holds."""
    properties = from_json(row["properties"])
    names = list(row["changed"])
    if row["before"] is not None:
        before = from_json(row["before"])
        names += [
            f"properties.{name}"
            for name in sorted(before.keys() | properties.keys())
            if before.get(name, _ABSENT) != properties.get(name, _ABSENT)
        ]
    return ThingVersion(
        thing_id=row["thingId"],
        version=row["version"],
        name=row["name"],
        status=ThingStatus(row["status"]),
        group_id=row["groupId"],
        properties=properties,
        labels=tuple(row["labels"] or ()),
        at=from_micros(row["at"]),
        until=optional_time(row["until"]),
        changed=tuple(names),
        event_id=row["eventId"],
    )


_ABSENT: Final = object()


def _key(identifier: str, version: str) -> str:
    return f"{identifier} + ' ' + right('000000000' + toString({version}), 10)"


def _as_version(thing: str, until: str) -> str:
    key = _key(f"{thing}.id", f"{thing}.version")
    return (
        f"{{key: {key}, thingId: {thing}.id, version: {thing}.version, name: {thing}.name, status: {thing}.status,"
        f" groupId: {thing}.groupId, properties: {thing}.properties, labels: {thing}.labels, at: {thing}.updatedAt,"
        f" until: {until}, eventId: {thing}.eventId}}"
    )


def _as_prior(thing: str) -> str:
    """What a thing was before it was archived with its group: the same but for its status."""
    key = _key(f"{thing}.id", f"{thing}.version - 1")
    return (
        f"{{key: {key}, thingId: {thing}.id, version: {thing}.version - 1, name: {thing}.name,"
        f" status: {thing}.priorStatus, groupId: {thing}.groupId, properties: {thing}.properties,"
        f" labels: {thing}.labels, at: {thing}.priorAt, until: {thing}.updatedAt, eventId: {thing}.priorEventId}}"
    )


def keep_clause(thing: str, until: str) -> str:
    """The clauses that keep what a locked thing is before the next clause changes it at the time `until`."""
    return f"""FOREACH (_ IN CASE WHEN {thing}.priorStatus IS NULL THEN [] ELSE [1] END |
        CREATE (:ThingVersion {_as_prior(thing)}))
    CREATE (:ThingVersion {_as_version(thing, until)})
    REMOVE {thing}.priorStatus, {thing}.priorAt, {thing}.priorEventId"""


def prior_items(thing: str) -> str:
    """The items of SET that keep what a locked thing is on the thing itself, where only its status changes.

    It takes a tenth of a node's memory, which counts where a hundred thousand are changed in one transaction. The next
    change of the thing makes a node of it.
    """
    return (
        f"{thing}.priorStatus = {thing}.status, {thing}.priorAt = {thing}.updatedAt,"
        f" {thing}.priorEventId = {thing}.eventId"
    )


_VERSION: Final = f"version {{{', '.join(f'.{column}' for column in StoredVersion.__annotations__)}}}"
# How a thing is now, with the status that it was archived from, if that is on the thing itself.
_NOW: Final = _as_version("owner", "null").removesuffix("}") + ", prior: owner.priorStatus}"
_OWNER: Final = f"MATCH (owner:Entity:Thing {{id: parent}}) WHERE {thing_visible('owner')}"
# Each entry beside the version before it; the columns in the names that clients know.
_COMPARED: Final = f"""
            OPTIONAL MATCH (before:ThingVersion {{key: {_key("entry.thingId", "entry.version - 1")}}})
            WITH entry {{
                .*,
                before: CASE WHEN before.properties <> entry.properties THEN before.properties END,
                changed: CASE WHEN entry.prior IS NOT NULL THEN ['status'] ELSE [
                    pair IN [
                        ['name', before.name <> entry.name],
                        ['status', before.status <> entry.status],
                        ['group', before.groupId <> entry.groupId],
                        ['labels', coalesce(before.labels, []) <> coalesce(entry.labels, []) AND before IS NOT NULL]
                    ] WHERE pair[1] | pair[0]
                ] END
            }} AS entry"""
_OF_OWNER: Final = "version.key > owner.id + ' ' AND version.key < owner.id + '!'"


def _page(direction: str) -> Statement[PageRow[VersionRow]]:
    return Statement(
        "list_history",
        f"""
        UNWIND $parents AS parent
        {_OWNER}
        CALL (parent, owner) {{
            WITH owner,
                CASE WHEN $lower > owner.id THEN $lower ELSE owner.id + ' ' END AS lower,
                CASE WHEN $upper < owner.id + '!' THEN $upper ELSE owner.id + '!' END AS upper
            CALL (owner, lower, upper) {{
                MATCH (version:ThingVersion) WHERE version.key > lower AND version.key < upper
                WITH version ORDER BY version.key {direction} LIMIT $limit
                RETURN {_VERSION} AS entry
                UNION ALL
                WITH owner, lower, upper, {_key("owner.id", "owner.version")} AS key WHERE key > lower AND key < upper
                RETURN {_NOW} AS entry
                UNION ALL
                WITH owner, lower, upper, {_key("owner.id", "owner.version - 1")} AS key
                WHERE owner.priorStatus IS NOT NULL AND key > lower AND key < upper
                RETURN {_as_prior("owner")} AS entry
            }}
            WITH entry ORDER BY entry.key {direction} LIMIT $limit
            {_COMPARED}
            ORDER BY entry.key {direction}
            RETURN collect(entry) AS rows
        }}
        RETURN {{parent: parent, rows: rows}} AS row""",
    )


_COUNT: Statement[CountRow] = Statement(
    "count_history",
    f"""
    UNWIND $parents AS parent
    {_OWNER}
    CALL (owner) {{
        MATCH (version:ThingVersion) WHERE {_OF_OWNER}
        RETURN count(version) AS kept
    }}
    RETURN {{parent: parent, total: kept + CASE WHEN owner.priorStatus IS NULL THEN 1 ELSE 2 END}} AS row""",
)
HISTORY: Final[Listing[VersionRow, ThingVersion]] = Listing(_page("ASC"), _page("DESC"), _COUNT, from_row, "key")
FETCH_VERSION_AT: Final[Statement[VersionRow]] = Statement(
    "fetch_version_at",
    f"""
    MATCH (owner:Entity:Thing {{id: $id}}) WHERE {thing_visible("owner")}
    CALL (owner) {{
        WITH owner WHERE owner.updatedAt <= $at
        RETURN {_NOW} AS entry
        UNION ALL
        WITH owner WHERE owner.updatedAt > $at AND owner.priorAt <= $at
        RETURN {_as_prior("owner")} AS entry
        UNION ALL
        WITH owner WHERE owner.updatedAt > $at AND coalesce(owner.priorAt, $at + 1) > $at
        MATCH (version:ThingVersion) WHERE {_OF_OWNER} AND version.at <= $at
        WITH version ORDER BY version.key DESC LIMIT 1
        WHERE version.until > $at
        RETURN {_VERSION} AS entry
    }}
    {_COMPARED}
    RETURN entry AS row""",
)
STATUS_IN_USE: Final[Statement[str]] = Statement(
    "status_in_use",
    f"""
    MATCH (owner:Entity:Thing {{id: $id}})
    OPTIONAL MATCH (version:ThingVersion) WHERE {_OF_OWNER} AND version.status <> 'archived'
    WITH owner, version ORDER BY version.key DESC LIMIT 1
    WITH coalesce(owner.priorStatus, version.status) AS row WHERE row IS NOT NULL
    RETURN row""",
)


async def at(store: Store, reach: Reach, thing_id: str, time: datetime) -> ThingVersion | None:
    """How a thing was at a time; None where it is not visible, and where nothing is known of that time."""
    parameters: Mapping[str, object] = {"id": thing_id, "at": to_micros(time), **reach_parameters(reach)}
    rows = await store.read(FETCH_VERSION_AT, parameters)
    return from_row(rows[0]) if rows else None


async def status_in_use(transaction: Transaction, thing_id: str) -> ThingStatus | None:
    """The status that a thing had when it was last in use, or None where that was never kept."""
    rows = await transaction.run(STATUS_IN_USE, {"id": thing_id})
    return ThingStatus(rows[0]) if rows else None
