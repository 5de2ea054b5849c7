"""What ends with an account, be it somebody's or a service account: its memberships, its grants and its API keys."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.access import EVERYTHING, AccessReason, Caller
from domain.connection_types import CONNECTION_TYPES
from domain.errors import ConflictError
from domain.events import Event, EventType
from domain.people import MemberRole, Person
from domain.things import ThingStatus
from graph import accounts, connections, erasure, grants, keys, locks
from graph.store import Transaction
from services.connection_events import ended_events
from services.connections import GRANT, MEMBERSHIP
from services.journal import AccessChange, event
from services.key_holders import Holder
from services.new_keys import key_access, of_key, told_of


@dataclass(frozen=True, slots=True)
class Ended:
    """How many of something ended, and what is told of it."""

    count: int
    told: Sequence[Event]


async def leave_groups(transaction: Transaction, caller: Caller, person: Person, at: datetime) -> Ended:
    """End all memberships of a locked person. ConflictError where one is of the last owner."""
    kind = CONNECTION_TYPES[MEMBERSHIP]
    found = await accounts.fetch_memberships(transaction, person.id)
    # As with two who leave one at once, the second has to see the first gone.
    await locks.lock(transaction, EVERYTHING, [each.to_id for each in found])
    told: list[Event] = []
    for each in found:
        await connections.save(transaction, replace(each, valid_to=max(at, each.valid_from)), kind)
        told += ended_events(caller, each)
    owned = [each.to_id for each in found if each.properties["role"] == MemberRole.OWNER]
    alone = [each for each in owned if await connections.count_owners(transaction, each) == 0]
    if alone:
        named = ", ".join(alone[:10])
        message = f"You are the last owner of {named}: make somebody else an owner, or delete what is yours, first."
        raise ConflictError(message)
    return Ended(len(found), told)


async def give_up_grants(transaction: Transaction, caller: Caller, person_id: str, at: datetime) -> Sequence[Event]:
    """End all that a locked person was granted, and their support access; what is told of it."""
    told: list[Event] = []
    oneself = caller.viewer is not None and caller.viewer.person_id == person_id
    reason = AccessReason.ONESELF if oneself else None
    for each, group_id in await grants.fetch_of(transaction, person_id):
        kind = CONNECTION_TYPES[each.type]
        await connections.save(transaction, replace(each, valid_to=max(at, each.valid_from)), kind)
        granted = each.type == GRANT
        told.append(
            event(
                caller,
                EventType.ACCESS_REVOKED if granted else EventType.SUPPORT_ACCESS_ENDED,
                target_id=each.to_id,
                group_id=group_id,
                properties={"grant" if granted else "support": each.id, "to": person_id},
                changes=AccessChange(before=each.properties, reason=reason),
            )
        )
    return told


async def revoke_keys(
    transaction: Transaction, caller: Caller, holder: Holder, at: datetime, *, name: str | None = None
) -> Ended:
    """Take all keys of a locked person out of use.

    They get that `name` where theirs would tell of somebody, and so does all that is kept of what they were.
    """
    told: list[Event] = []
    count = 0
    held = await accounts.fetch_keys(transaction, holder.person_id)
    for row in held:
        key = await keys.lock(transaction, holder.person_id, row["id"])
        if key is None:
            continue
        was_live = key.status is ThingStatus.ACTIVE
        if not was_live and name is None:
            continue
        gone = replace(
            key,
            name=name or key.name,
            status=ThingStatus.ARCHIVED,
            archived_at=at if was_live else key.archived_at,
            updated_at=at,
            version=key.version + 1,
        )
        changed = of_key(caller, EventType.THING_ARCHIVED if was_live else EventType.THING_UPDATED, gone, {})
        await keys.save(transaction, gone, changed.id)
        told.append(changed)
        if was_live:
            count += 1
            access = AccessChange(before=key_access(key))
            told.append(told_of(caller, EventType.API_KEY_REVOKED, holder, {"key": key.id}, access))
    if name is not None and held:
        await erasure.rename_versions(transaction, [row["id"] for row in held], name)
    return Ended(count, told)
