"""The one decision point: what a caller may read, and whether it may do something.

Until finer rules come, the rule is deny by default: a caller reads what the groups it is a member of and the groups
below them hold, a platform owner reads everything and, with a key for writing, changes it.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from domain.access import Caller, KeyScope, Reach, Viewer
from domain.errors import AuthError, ForbiddenError
from domain.people import PlatformRole


class Action(StrEnum):
    """Everything that changes something."""

    CREATE_GROUP = "create_group"
    UPDATE_GROUP = "update_group"
    MOVE_GROUP = "move_group"
    ARCHIVE_GROUP = "archive_group"
    RESTORE_GROUP = "restore_group"
    DELETE_GROUP = "delete_group"
    CREATE_THING = "create_thing"
    UPDATE_THING = "update_thing"
    ARCHIVE_THING = "archive_thing"
    RESTORE_THING = "restore_thing"
    MOVE_THING = "move_thing"
    LABEL_THING = "label_thing"
    DELETE_THING = "delete_thing"
    APPLY_CHANGES = "apply_changes"
    ADD_KNOWLEDGE = "add_knowledge"
    REPLACE_DOCUMENT = "replace_document"
    SET_EMBEDDINGS = "set_embeddings"
    REMOVE_KNOWLEDGE = "remove_knowledge"
    RETRY_EMBEDDINGS = "retry_embeddings"
    CONNECT = "connect"
    UPDATE_CONNECTION = "update_connection"
    DISCONNECT = "disconnect"
    REGISTER_TYPE = "register_type"
    EVOLVE_TYPE = "evolve_type"


ALLOWED_ROLES: Mapping[Action, frozenset[PlatformRole]] = MappingProxyType(
    dict.fromkeys(Action, frozenset({PlatformRole.PLATFORM_OWNER}))
)
"""Which platform roles may do what."""


def viewer_of(caller: Caller) -> Viewer:
    """The viewer. AuthError where the caller did not say who it is."""
    if caller.viewer is None:
        raise AuthError("Say who you are: send the header `Authorization: Bearer <API key>`.")
    return caller.viewer


def reach_of(caller: Caller) -> Reach:
    """What the caller may read. AuthError where it did not say who it is."""
    viewer = viewer_of(caller)
    return Reach(viewer.role is PlatformRole.PLATFORM_OWNER, viewer.member_of, viewer.person_id)


def authorize(caller: Caller, action: Action) -> Reach:
    """What the caller may read, given that it may do this. AuthError or ForbiddenError where it may not."""
    viewer = viewer_of(caller)
    if viewer.scope is not KeyScope.WRITE:
        raise ForbiddenError("This API key is for reading only: use one whose scope is write.")
    if viewer.role not in ALLOWED_ROLES[action]:
        allowed = ", ".join(sorted(ALLOWED_ROLES[action]))
        raise ForbiddenError(f"Your role {viewer.role} may not do this. It takes: {allowed}.")
    return reach_of(caller)


def authorize_overview(caller: Caller) -> None:
    """Refuse whoever may not ask about the store as a whole: AuthError or ForbiddenError."""
    viewer = viewer_of(caller)
    if viewer.role is not PlatformRole.PLATFORM_OWNER:
        raise ForbiddenError(f"Your role {viewer.role} may not ask this. It takes: {PlatformRole.PLATFORM_OWNER}.")
