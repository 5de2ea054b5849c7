"""Who may make, change and end which connections.

A connection belongs to the groups of its ends: it takes a role in each group that is an end or holds a thing that is
one. One between people takes an administrator of whom it starts from, or that person. Memberships have rules of their
own: nobody gives more than they have, and only an owner changes a role.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from domain.access import AccessReason
from domain.connections import Connection
from domain.errors import ForbiddenError
from domain.ids import NodeKind, kind_of
from domain.people import MemberRole, PlatformRole
from graph import locks, standing
from graph.locks import LockedRow
from graph.store import Transaction
from services.connections import MEMBERSHIP, OWN_MUTATIONS
from services.rights import Rights, needed_role

_PERSONAL: Final = frozenset({"following"})
"""What a person may connect themselves by to whatever they see."""


async def refusals(
    transaction: Transaction, rights: Rights, wanted: Sequence[Connection], rows: Mapping[str, LockedRow]
) -> list[ForbiddenError | None]:
    """For each connection why it may not be made or changed in what it says of its ends; None where it may.

    Of one whose ends are not both in `rows` nothing is said.
    """
    there = [each for each in wanted if each.from_id in rows and each.to_id in rows]
    places = {each.id: _places(rights, each, rows) for each in there}
    people = {each.from_id for each in there if _of_others(rights, each, places[each.id])}
    groups = await standing.groups_of(transaction, people) if people and not rights.unbounded else {}
    asked = {place.group_id for each in places.values() for place in each}.union(*groups.values())
    held = await rights.roles(transaction, asked) if asked else {}
    # What somebody was granted lets them make nobody a member.
    joined = {each.to_id for each in there if each.type == MEMBERSHIP}
    by_membership = await rights.roles(transaction, joined, grants=False) if joined else {}
    return [
        _guarded(rights, each, rows)
        or _refusal(
            rights,
            each,
            places[each.id],
            groups.get(each.from_id, ()),
            by_membership if each.type == MEMBERSHIP else held,
        )
        or _self_help(transaction, rights, each, rows)
        if each.id in places
        else None
        for each in wanted
    ]


async def require_change(transaction: Transaction, rights: Rights, before: Connection, after: Connection) -> None:
    """Refuse to change a connection that is locked to what it is to be: ForbiddenError."""
    if refused := (await refused_changes(transaction, rights, [(before, after)])).get(before.id):
        raise refused


async def refused_changes(
    transaction: Transaction, rights: Rights, wanted: Sequence[tuple[Connection, Connection]]
) -> dict[str, ForbiddenError]:
    """Why which of the connections may not be changed from what it is to what it is to be, by their ids.

    Only an owner changes a member's role; to put a membership out of force, or into it, takes what its end takes.
    """
    refused = await _refused(transaction, rights, [after for _, after in wanted])
    more = [(before, role) for before, after in wanted if before.id not in refused and (role := _more(before, after))]
    return refused | await _refused_members(transaction, rights, more)


async def require_end(transaction: Transaction, rights: Rights, connection: Connection) -> None:
    """Refuse to end a connection: ForbiddenError."""
    if refused := (await refused_ends(transaction, rights, [connection])).get(connection.id):
        raise refused


async def refused_ends(
    transaction: Transaction, rights: Rights, wanted: Sequence[Connection]
) -> dict[str, ForbiddenError]:
    """Why which of the connections may not be ended, by their ids.

    A member may leave, and is removed only by whoever is more than they are.
    """
    refused = await _refused(transaction, rights, [each for each in wanted if each.type != MEMBERSHIP])
    others = [each for each in wanted if each.type == MEMBERSHIP and each.from_id != rights.viewer.person_id]
    return refused | await _refused_members(transaction, rights, [(each, _above(each)) for each in others])


async def refused_people(
    transaction: Transaction, rights: Rights, person_ids: Collection[str]
) -> dict[str, ForbiddenError]:
    """From which of the people no connection to somebody else may start, and why."""
    others = [] if rights.unbounded else [each for each in person_ids if each != rights.viewer.person_id]
    groups = await standing.groups_of(transaction, others) if others else {}
    asked = {group_id for of_one in groups.values() for group_id in of_one}
    held = await rights.roles(transaction, asked) if asked else {}
    return {each: refused for each in others if (refused := _of_person(groups.get(each, ()), held))}


async def _refused(transaction: Transaction, rights: Rights, wanted: Sequence[Connection]) -> dict[str, ForbiddenError]:
    """The same of what they say of their ends."""
    own = {
        each.id: ForbiddenError(OWN_MUTATIONS[each.type], AccessReason.OWN_MUTATIONS)
        for each in wanted
        if each.type in OWN_MUTATIONS
    }
    asked = [each for each in wanted if each.id not in own]
    if not asked:
        return own
    rows = await locks.peek(transaction, rights.reach, {end for each in asked for end in (each.from_id, each.to_id)})
    found = await refusals(transaction, rights, asked, rows)
    return own | {each.id: refused for each, refused in zip(asked, found, strict=True) if refused}


async def _refused_members(
    transaction: Transaction, rights: Rights, wanted: Collection[tuple[Connection, MemberRole]]
) -> dict[str, ForbiddenError]:
    """The same of memberships of which each takes a role in its group, by a membership of one's own."""
    if not wanted:
        return {}
    held = await rights.roles(transaction, {each.to_id for each, _ in wanted}, grants=False)
    return {each.id: refused for each, role in wanted if (refused := rights.refusal(held, [each.to_id], role))}


def _more(before: Connection, after: Connection) -> MemberRole | None:
    """What it takes to change a membership so, if it is more than for any other change."""
    if before.type != MEMBERSHIP:
        return None
    if before.properties["role"] != after.properties["role"]:
        return MemberRole.OWNER
    return _above(before) if before.properties["status"] != after.properties["status"] else None


def _above(membership: Connection) -> MemberRole:
    """What it takes to remove a member."""
    role = MemberRole(str(membership.properties["role"]))
    return MemberRole.OWNER if role.covers(MemberRole.ADMIN) else MemberRole.ADMIN


@dataclass(frozen=True, slots=True)
class _Place:
    """A group that a connection belongs to, and the least role that it takes there."""

    group_id: str
    needed: MemberRole


def _places(rights: Rights, connection: Connection, rows: Mapping[str, LockedRow]) -> list[_Place]:
    found = []
    for end in (connection.from_id, connection.to_id):
        if kind_of(end) is not NodeKind.PERSON:
            row = rows[end]
            thing_type = None if row["groupId"] is None else row["type"]
            found.append(_Place(row["groupId"] or end, needed_role(rights.action, thing_type)))
    return found


def _of_others(rights: Rights, connection: Connection, places: Collection[_Place]) -> bool:
    return not places and connection.from_id != rights.viewer.person_id


def _guarded(rights: Rights, connection: Connection, rows: Mapping[str, LockedRow]) -> ForbiddenError | None:
    """Why an end is nothing that they connect: a key that somebody else came to own would act in their name."""
    types = (rows[end]["type"] for end in (connection.from_id, connection.to_id))
    return next((refused for each in types if each and (refused := rights.guarded(each))), None)


def _self_help(
    transaction: Transaction, rights: Rights, connection: Connection, rows: Mapping[str, LockedRow]
) -> ForbiddenError | None:
    """Why no platform owner is made an owner by support access: they would need none any more, and it would not end."""
    if connection.type != MEMBERSHIP or connection.properties["role"] != MemberRole.OWNER:
        return None
    return owner_by_support(transaction, rights, connection.to_id, rows[connection.from_id])


def owner_by_support(
    transaction: Transaction, rights: Rights, group_id: str, person: LockedRow
) -> ForbiddenError | None:
    """Why somebody is not made an owner of a group in which the caller's right was decided; None where they may be."""
    if person["role"] != PlatformRole.PLATFORM_OWNER or not rights.by_support(transaction, group_id):
        return None
    return ForbiddenError(
        "By support access no platform owner is made an owner: have an owner of the group do it.",
        AccessReason.SUPPORT_NEEDED,
        group_id=group_id,
    )


def _refusal(
    rights: Rights,
    connection: Connection,
    places: Sequence[_Place],
    groups: Collection[str],
    held: Mapping[str, MemberRole],
) -> ForbiddenError | None:
    own = connection.from_id == rights.viewer.person_id
    if connection.type == MEMBERSHIP:
        given = MemberRole(str(connection.properties["role"]))
        return rights.refusal(held, [connection.to_id], given if given.covers(MemberRole.ADMIN) else MemberRole.ADMIN)
    if places:
        refused = (rights.refusal(held, [place.group_id], place.needed) for place in places)
        return None if own and connection.type in _PERSONAL else next(filter(None, refused), None)
    return None if own or rights.unbounded else _of_person(groups, held)


def _of_person(groups: Iterable[str], held: Mapping[str, MemberRole]) -> ForbiddenError | None:
    """Why somebody who holds these roles may not connect a member of those groups to another person."""
    if any(held[each].covers(MemberRole.ADMIN) for each in groups if each in held):
        return None
    return ForbiddenError(
        f"To connect somebody else to a person takes {MemberRole.ADMIN} or {MemberRole.OWNER} in a group of theirs."
    )
