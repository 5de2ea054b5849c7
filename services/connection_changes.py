"""Making, changing and ending connections. Each change is checked first and then is a unit of work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from domain.access import Caller, Reach
from domain.changes import KEEP, changed
from domain.connection_types import ConnectionType
from domain.connections import Connection
from domain.errors import AppError, ConflictError, NotFoundError, ValidationError
from domain.events import Event
from domain.ids import NodeKind, kind_of
from domain.people import MemberRole, MemberStatus
from domain.things import ThingStatus
from domain.values import now
from graph import connections, events, locks
from graph.bulk import LIVE_KEYS, taken_keys
from graph.locks import LockedRow
from graph.store import Transaction
from services import connection_rights, validation
from services.access import Action
from services.connection_events import changed_events, ended_events, made_events
from services.connections import MEMBERSHIP, ConnectionChanges, NewConnection, new_connection
from services.journal import changed_names
from services.memberships import no_owner, refuse_end, refuse_owner
from services.ontology import Ontology
from services.revenue_shares import exceeding, require_share
from services.rights import Rights
from services.work import Work, done


@dataclass(frozen=True, slots=True)
class Joining:
    """A connection to make, which was found to be right, and the rights of whoever wants it."""

    rights: Rights
    connection: Connection
    connection_type: ConnectionType
    happened: Sequence[Event]


class ChangesOfConnections:
    """What can be done about connections."""

    def __init__(self, ontology: Ontology) -> None:
        self._ontology = ontology

    async def joining(self, caller: Caller, new: NewConnection) -> Joining:
        """Check a connection to make."""
        rights = Rights.of(caller, Action.CONNECT)
        connection_type = await self._ontology.connection_type("type", new.type)
        connection = new_connection(new, connection_type, rights.viewer.person_id)
        return Joining(rights, connection, connection_type, made_events(caller, connection))

    @staticmethod
    async def join_all(transaction: Transaction, wanted: Sequence[Joining]) -> list[Connection | AppError]:
        """Make the connections that can be made, in a few statements; for each the connection or its error.

        They are all of one caller. Where there is just one, the constraints of the store tell whether a pair has one
        already.
        """
        ends = {end for each in wanted for end in (each.connection.from_id, each.connection.to_id)}
        # Who sees an end only as everybody does would not see the connection.
        rights = replace(wanted[0].rights, reach=replace(wanted[0].rights.reach, public=False))
        locked = await locks.lock(transaction, rights.reach, ends)
        forbidden = await connection_rights.refusals(transaction, rights, [each.connection for each in wanted], locked)
        outcomes = [
            refused or _refusal(locked, each) or each.connection
            for each, refused in zip(wanted, forbidden, strict=True)
        ]
        if len(wanted) > 1:
            outcomes = await _without_taken(transaction, wanted, outcomes)
        excess = await exceeding(transaction, [each for each in outcomes if isinstance(each, Connection)])
        outcomes = [excess.get(each.id, each) if isinstance(each, Connection) else each for each in outcomes]
        made = [each for each, outcome in zip(wanted, outcomes, strict=True) if outcome is each.connection]
        if made:
            await connections.create(transaction, *((each.connection, each.connection_type) for each in made))
            await events.append(transaction, [told for each in made for told in each.happened])
        return outcomes

    async def connecting(self, caller: Caller, new: NewConnection) -> Work[Connection]:
        """Make a connection. ConflictError where the pair has a live one and may have only one."""
        wanted = await self.joining(caller, new)

        async def work(transaction: Transaction) -> Connection:
            return done((await self.join_all(transaction, [wanted]))[0])

        return work

    def updating(self, caller: Caller, connection_id: str, changes: ConnectionChanges) -> Work[Connection]:
        """Change some of a live connection; `properties` and `metadata` replace all that there were."""
        rights = Rights.of(caller, Action.UPDATE_CONNECTION)
        validation.identifier("id", connection_id, NodeKind.CONNECTION)
        if changes.strength is not KEEP and changes.strength is not None:
            validation.fraction("strength", changes.strength)
        for name in ("properties", "metadata"):
            if (value := getattr(changes, name)) is not KEEP:
                validation.json_object(name, value)

        async def work(transaction: Transaction) -> Connection:
            connection = await _lock_live(transaction, rights.reach, connection_id)
            connection_type = await self._ontology.connection_type("id", connection.type)
            properties = changes.properties
            if properties is not KEEP:
                properties = validation.properties("properties", connection_type.schema, properties)
                if connection.type == MEMBERSHIP:
                    properties = {"status": MemberStatus.ACTIVE, **properties}
            updated = replace(
                connection,
                strength=changed(changes.strength, connection.strength),
                metadata=changed(changes.metadata, connection.metadata),
                properties=changed(properties, connection.properties),
            )
            await connection_rights.require_change(transaction, rights, connection, updated)
            if updated.type == MEMBERSHIP:
                await refuse_owner(transaction, updated)
            await require_share(transaction, rights.reach, updated)
            await connections.save(transaction, updated, connection_type)
            if is_owner(connection) and not is_owner(updated):
                await _keep_an_owner(transaction, rights.reach, connection.to_id)
            await events.append(transaction, changed_events(caller, connection, updated, changed_names(changes)))
            return updated

        return work

    def disconnecting(self, caller: Caller, connection_id: str) -> Work[Connection]:
        """End a connection; it is kept, with the time at which it ended."""
        rights = Rights.of(caller, Action.DISCONNECT)
        validation.identifier("id", connection_id, NodeKind.CONNECTION)

        async def work(transaction: Transaction) -> Connection:
            connection = await _lock_live(transaction, rights.reach, connection_id)
            await connection_rights.require_end(transaction, rights, connection)
            if connection.type == MEMBERSHIP:
                await refuse_end(transaction, connection, "id")
            ended = replace(connection, valid_to=max(now(), connection.valid_from))
            connection_type = await self._ontology.connection_type("id", connection.type)
            await connections.save(transaction, ended, connection_type)
            if connection.type == MEMBERSHIP and connection.properties["role"] == MemberRole.OWNER:
                await _keep_an_owner(transaction, rights.reach, connection.to_id)
            await events.append(transaction, ended_events(caller, ended))
            return ended

        return work


async def _lock_live(transaction: Transaction, reach: Reach, connection_id: str) -> Connection:
    connection = await connections.lock(transaction, reach, connection_id)
    if connection is None:
        raise NotFoundError("connection", connection_id)
    if connection.valid_to is not None:
        raise ConflictError("This connection has ended already.", field="validTo")
    return connection


def is_owner(connection: Connection) -> bool:
    """Whether it is the membership of an owner that is in force."""
    properties = connection.properties
    return connection.type == MEMBERSHIP and (properties["role"], properties["status"]) == (
        MemberRole.OWNER,
        MemberStatus.ACTIVE,
    )


async def _keep_an_owner(transaction: Transaction, reach: Reach, group_id: str) -> None:
    # The group is locked so that of two owners who leave at once the second sees the first gone.
    await locks.lock(transaction, reach, [group_id])
    if await connections.count_owners(transaction, group_id) == 0:
        raise ConflictError("A group keeps at least one owner.", field="id")


def _refusal(locked: Mapping[str, LockedRow], wanted: Joining) -> AppError | None:
    kind, connection = wanted.connection_type, wanted.connection
    for field, end, allowed in (
        ("fromId", connection.from_id, kind.source_types),
        ("toId", connection.to_id, kind.target_types),
    ):
        row = locked.get(end)
        if row is None:
            return NotFoundError(str(kind_of(end)), end)
        if allowed and kind_of(end) is NodeKind.THING and row["type"] not in allowed:
            types = " or ".join(sorted(allowed))
            return ValidationError(field, f"{field} takes a thing of type {types}; this is a {row['type']}.")
        if row["status"] == ThingStatus.ARCHIVED:
            return ConflictError(f"That {kind_of(end)} is archived, and is connected to nothing new.", field=field)
        if connection.type == MEMBERSHIP and row["kind"] and connection.properties["role"] == MemberRole.OWNER:
            return no_owner()
    return None


async def _without_taken(
    transaction: Transaction, wanted: Sequence[Joining], outcomes: Sequence[Connection | AppError]
) -> list[Connection | AppError]:
    """The same, with an error for those for which a pair, a source or a target has a live connection already."""
    claims: dict[tuple[str, str], list[str]] = {}
    claimed: list[list[tuple[str, str, str]]] = []
    for each in wanted:
        edge = connections.to_edge(each.connection, each.connection_type)
        mine = [
            (each.connection_type.relationship, key, value)
            for key in LIVE_KEYS
            if isinstance(value := edge.get(key), str)
        ]
        claimed.append(mine)
        for relationship, key, value in mine:
            claims.setdefault((relationship, key), []).append(value)
    taken = {
        (relationship, key, row["value"])
        for (relationship, key), values in claims.items()
        for row in await transaction.run(taken_keys(relationship, key), {"values": sorted(set(values))})
    }
    found: list[Connection | AppError] = []
    for mine, outcome in zip(claimed, outcomes, strict=True):
        clash = next((claim for claim in mine if claim in taken), None)
        if isinstance(outcome, AppError) or clash is None:
            found.append(outcome)
            if not isinstance(outcome, AppError):
                taken.update(mine)
        else:
            field = "fromId" if clash[1] == "sourceKey" else "toId"
            found.append(ConflictError(f"The same {field} is there already.", field=field))
    return found
