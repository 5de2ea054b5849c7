"""Events: reading what happened."""

from collections.abc import Sequence

from domain.access import Caller, Viewer
from domain.events import Event, EventType
from domain.filters import Condition
from graph import events
from graph.filters.events import Scope
from graph.filters.events import events as filtered_events
from graph.store import Store
from services.access import authorize_account, reach_of
from services.filters import EVENT_RULES, checked_by
from services.lists import NodeList


def all_events(condition: Condition) -> NodeList[events.EventRow, Event]:
    """Everything that happened where the caller may see it and for which a filter holds."""
    return _listed("events", condition, Scope.EVERYWHERE)


def events_of_group(condition: Condition, *, below: bool) -> NodeList[events.EventRow, Event]:
    """What happened in a group, and in those `below` it."""
    if below:
        return _listed("events of subtree", condition, Scope.SUBTREE)
    return _listed("events of group", condition, Scope.GROUP)


def events_of_target(condition: Condition) -> NodeList[events.EventRow, Event]:
    """What happened to a person, a group or a thing."""
    return _listed("events of target", condition, Scope.TARGET)


def events_of_actor(condition: Condition) -> NodeList[events.EventRow, Event]:
    """What a person did."""
    return _listed("events of actor", condition, Scope.ACTOR)


def _listed(name: str, condition: Condition, scope: Scope) -> NodeList[events.EventRow, Event]:
    checked = checked_by(EVENT_RULES, condition)
    return NodeList.of(name, filtered_events(checked, scope), checked)


ACCOUNT_ACTIVITY: tuple[EventType, ...] = (
    EventType.USER_REGISTERED,
    EventType.USER_LOGIN,
    EventType.USER_LOGIN_FAILED,
    EventType.USER_LOGOUT,
    EventType.USER_REAUTHENTICATED,
    EventType.SESSION_REVOKED,
    EventType.PASSWORD_CHANGED,
    EventType.PASSWORD_RESET_REQUESTED,
    EventType.PASSWORD_RESET_COMPLETED,
    EventType.EMAIL_VERIFICATION_SENT,
    EventType.EMAIL_VERIFIED,
    EventType.EMAIL_SENT,
    EventType.EMAIL_FAILED,
    EventType.EMAIL_DELAYED,
    EventType.EMAIL_DELIVERED,
    EventType.EMAIL_BOUNCED,
    EventType.EMAIL_COMPLAINED,
    EventType.EMAIL_RESTORED,
    EventType.PROFILE_UPDATED,
    EventType.SIGN_IN_LINK_REQUESTED,
    EventType.EMAIL_CHANGE_REQUESTED,
    EventType.EMAIL_CHANGED,
    EventType.PROVIDER_LINKED,
    EventType.PROVIDER_UNLINKED,
    EventType.API_KEY_CREATED,
    EventType.API_KEY_ROTATED,
    EventType.API_KEY_REVOKED,
    EventType.TWO_FACTOR_ENABLED,
    EventType.TWO_FACTOR_DISABLED,
    EventType.SECOND_FACTOR_REQUIRED,
    EventType.RECOVERY_CODE_USED,
    EventType.RECOVERY_CODES_REGENERATED,
    EventType.WALLET_CONNECTED,
    EventType.WALLET_DISCONNECTED,
    EventType.PASSKEY_ADDED,
    EventType.PASSKEY_RENAMED,
    EventType.PASSKEY_REMOVED,
)
"""What a person is shown of their own account, whoever did it."""


def account_activity(viewer: Viewer) -> NodeList[events.EventRow, Event]:
    """What happened to the viewer's own account, whose id is its parent. ForbiddenError to a confined key."""
    authorize_account(viewer)
    return NodeList("account activity", events.ACCOUNT_ACTIVITY, (("types", ACCOUNT_ACTIVITY),))


class Events:
    """What can be asked about events."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def fetch(self, caller: Caller, ids: Sequence[str]) -> dict[str, Event]:
        """Those of the events that the caller may see."""
        return await events.fetch(self._store, reach_of(caller), ids)
