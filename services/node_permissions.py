"""What a viewer may do to an object where more than their role in its group says so, told before they try.

It is found out by the functions that decide about a change, which run here in a transaction that only reads.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias, cast

from domain.access import Caller
from domain.connections import Connection
from domain.errors import AppError
from domain.events import Event
from domain.groups import Group
from domain.knowledge import Knowledge
from domain.people import Person
from domain.things import Thing
from graph import joining, keys
from graph.store import Store, Transaction
from services import connection_rights, grant_rights, service_account_rights
from services.access import OWN, Action, authorize, authorize_session
from services.connections import GRANT, MEMBERSHIP, SUPPORT
from services.joining import why_not
from services.rights import API_KEY, Rights

Found: TypeAlias = Group | Person | Thing | Connection | Event | Knowledge
"""Whatever has an id."""

_TO_CONNECTIONS: Final = (
    Action.UPDATE_CONNECTION,
    Action.DISCONNECT,
    Action.GRANT_ACCESS,
    Action.REVOKE_ACCESS,
    Action.END_SUPPORT_ACCESS,
    Action.LEAVE_GROUP,
)
_TO_ACCOUNTS: Final = (Action.UPDATE_SERVICE_ACCOUNT, Action.DELETE_SERVICE_ACCOUNT)
_TO_KEYS: Final = (Action.ROTATE_API_KEY, Action.REVOKE_API_KEY)
_TO_PEOPLE: Final = (Action.CONNECT, *_TO_ACCOUNTS, *(each for each in Action if each in OWN and each not in _TO_KEYS))
_TO_GROUPS: Final = (Action.JOIN_GROUP, Action.LEAVE_GROUP, Action.BEGIN_SUPPORT_ACCESS)


@dataclass(frozen=True, slots=True)
class Question:
    """Whether the viewer may do something to an object that they see."""

    action: Action
    node_id: str
    node: Found = field(compare=False)


def questions_about(node: Found) -> tuple[Action, ...]:
    """What can be done to an object beside what a role in a group allows."""
    match node:
        case Group():
            return _TO_GROUPS
        case Person():
            return _TO_PEOPLE
        case Connection():
            return _TO_CONNECTIONS
        case Thing() if node.type == API_KEY:
            return _TO_KEYS
        case _:
            return ()


class NodePermissions:
    """Answers such questions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def decide(self, caller: Caller, asked: Sequence[Question]) -> Mapping[Question, bool]:
        """The answers, in as many statements for a page of objects as for one."""
        if caller.viewer is None:
            return {}
        by_kind: dict[tuple[type[Found], Action], list[Question]] = {}
        for each in asked:
            by_kind.setdefault((type(each.node), each.action), []).append(each)

        async def work(transaction: Transaction) -> Mapping[Question, bool]:
            found: dict[Question, bool] = {}
            for (kind, action), of_kind in by_kind.items():
                try:
                    allowed = await _DECISIONS[kind](transaction, caller, action, [each.node for each in of_kind])
                except AppError:  # somebody like them may do it to nothing
                    allowed = set()
                found |= {each: each.node_id in allowed for each in of_kind}
            return found

        return await self._store.consult(work)


async def _groups(transaction: Transaction, caller: Caller, action: Action, nodes: Sequence[Found]) -> set[str]:
    viewer, groups = authorize(caller, action), cast("Sequence[Group]", nodes)
    if action is Action.BEGIN_SUPPORT_ACCESS:
        return set() if viewer.session is None else {each.id for each in groups}
    held = await joining.memberships(transaction, viewer.person_id, [each.id for each in groups])
    if action is Action.LEAVE_GROUP:
        return set(held)
    return {
        each.id
        for each in groups
        if why_not(each, held.get(each.id), viewer.person_id, is_service=viewer.is_service) is None
    }


async def _people(transaction: Transaction, caller: Caller, action: Action, nodes: Sequence[Found]) -> set[str]:
    people = cast("Sequence[Person]", nodes)
    if action is Action.CONNECT:
        ids = {each.id for each in people}
        return ids - (await connection_rights.refused_people(transaction, Rights.of(caller, action), ids)).keys()
    of = {each.id: each.managed_by for each in people if each.managed_by is not None}
    if action in _TO_ACCOUNTS:
        return await _accounts(transaction, caller, action, of)
    viewer, _ = authorize_session(caller, action)
    own = {each.id for each in people if each.id == viewer.person_id}
    return own | (await _keys_of(transaction, caller, of) if action is Action.CREATE_API_KEY else set())


async def _connections(transaction: Transaction, caller: Caller, action: Action, nodes: Sequence[Found]) -> set[str]:
    connections = cast("Sequence[Connection]", nodes)
    rights = Rights.of(caller, action)
    asked = {each.id for each in connections}
    match action:
        case Action.UPDATE_CONNECTION:
            same = [(each, each) for each in connections]
            return asked - (await connection_rights.refused_changes(transaction, rights, same)).keys()
        case Action.DISCONNECT:
            return asked - (await connection_rights.refused_ends(transaction, rights, connections)).keys()
        case Action.LEAVE_GROUP:
            own = (each for each in connections if each.from_id == rights.viewer.person_id)
            return {each.id for each in own if each.type == MEMBERSHIP}
        case Action.END_SUPPORT_ACCESS:
            return await _supports(transaction, rights, connections)
        case _:
            grants = [each for each in connections if each.type == GRANT]
            return {each.id for each in grants} - await grant_rights.refused(transaction, rights, grants)


async def _supports(transaction: Transaction, rights: Rights, connections: Sequence[Connection]) -> set[str]:
    supports = [each for each in connections if each.type == SUPPORT]
    held = await rights.roles(transaction, {each.to_id for each in supports}, grants=False) if supports else {}
    own = rights.viewer.person_id
    return {each.id for each in supports if each.from_id == own or rights.refusal(held, [each.to_id]) is None}


async def _keys(transaction: Transaction, caller: Caller, action: Action, nodes: Sequence[Found]) -> set[str]:
    viewer, _ = authorize_session(caller, action)
    holders = await keys.holders(transaction, (each.id for each in nodes))
    of = {each["holderId"]: each["managedBy"] for each in holders if each["managedBy"] is not None}
    holding = {viewer.person_id} | (await _keys_of(transaction, caller, of, action) if of else set())
    return {each["id"] for each in holders if each["holderId"] in holding}


async def _accounts(
    transaction: Transaction, caller: Caller, action: Action, of: Mapping[str, str], *, keys: bool = False
) -> set[str]:
    """Those of the service accounts, each with the group that manages it, that the caller may change so."""
    rights = Rights.of(caller, action)
    seen = replace(rights, reach=replace(rights.reach, public=False))
    return await service_account_rights.allowed(transaction, seen, of, keys=keys) if of else set()


async def _keys_of(
    transaction: Transaction, caller: Caller, of: Mapping[str, str], action: Action = Action.CREATE_API_KEY
) -> set[str]:
    """Those of the service accounts of which the caller may make a key, or revoke one."""
    try:
        more = action is not Action.REVOKE_API_KEY
        return await _accounts(transaction, caller, Action.UPDATE_SERVICE_ACCOUNT, of, keys=more)
    except AppError:
        return set()


_Decision: TypeAlias = Callable[[Transaction, Caller, Action, Sequence[Found]], Awaitable[set[str]]]
_DECISIONS: Final[Mapping[type[Found], _Decision]] = {
    Group: _groups,
    Person: _people,
    Connection: _connections,
    Thing: _keys,
}
"""For objects of a kind the ids of those to which the caller may do that; an error where to none."""
