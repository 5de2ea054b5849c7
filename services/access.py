"""The one decision point: what a caller may read, and whether it may do something.

Everything is denied but this: an org_user reads what the groups that they are a member of hold, and changes what their
member role there allows (see `services.rights`); an org_owner does in the groups below them too. A platform owner reads
everything, and changes it: what others own while they have support access to it. A customer has what is theirs alone.
Everybody, also who did not say who they are, reads what is public: public groups, and what is published in them.
Anybody may sign up and in, and whoever is signed in may do what is theirs alone, such as to end their sessions.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from domain.access import NOBODY, AccessReason, Caller, KeyScope, Reach, Viewer, ViewerSession
from domain.errors import AuthError, ForbiddenError, ReauthenticationError
from domain.ids import NodeKind, kind_of
from domain.people import MemberRole, Person, PlatformRole
from domain.sessions import FRESH

CONFINED = "This API key is confined to some groups"


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
    UPLOAD_FILE = "upload_file"
    ADD_KNOWLEDGE = "add_knowledge"
    REPLACE_DOCUMENT = "replace_document"
    SET_EMBEDDINGS = "set_embeddings"
    REMOVE_KNOWLEDGE = "remove_knowledge"
    RETRY_EMBEDDINGS = "retry_embeddings"
    GRANT_ACCESS = "grant_access"
    REVOKE_ACCESS = "revoke_access"
    BEGIN_SUPPORT_ACCESS = "begin_support_access"
    END_SUPPORT_ACCESS = "end_support_access"
    TRANSFER_OWNERSHIP = "transfer_ownership"
    JOIN_GROUP = "join_group"
    LEAVE_GROUP = "leave_group"
    CONNECT = "connect"
    UPDATE_CONNECTION = "update_connection"
    DISCONNECT = "disconnect"
    CREATE_SERVICE_ACCOUNT = "create_service_account"
    UPDATE_SERVICE_ACCOUNT = "update_service_account"
    DELETE_SERVICE_ACCOUNT = "delete_service_account"
    SET_CART_LINE = "set_cart_line"
    CLEAR_CART = "clear_cart"
    CLAIM_CART = "claim_cart"
    CHECKOUT = "checkout"
    PLACE_ORDER = "place_order"
    CANCEL_ORDER = "cancel_order"
    RECORD_PAYMENT = "record_payment"
    FULFIL_ORDER = "fulfil_order"
    COMPLETE_ORDER = "complete_order"
    REQUEST_REFUND = "request_refund"
    APPROVE_REFUND = "approve_refund"
    DECLINE_REFUND = "decline_refund"
    REGISTER_TYPE = "register_type"
    EVOLVE_TYPE = "evolve_type"
    SIGN_UP = "sign_up"
    SIGN_IN = "sign_in"
    REFRESH_SESSION = "refresh_session"
    SIGN_OUT = "sign_out"
    REAUTHENTICATE = "reauthenticate"
    REVOKE_SESSION = "revoke_session"
    REVOKE_ALL_SESSIONS = "revoke_all_sessions"
    CHANGE_PASSWORD = "change_password"  # noqa: S105 - an action's name
    REQUEST_EMAIL_VERIFICATION = "request_email_verification"
    VERIFY_EMAIL = "verify_email"
    REQUEST_PASSWORD_RESET = "request_password_reset"  # noqa: S105 - an action's name
    RESET_PASSWORD = "reset_password"  # noqa: S105 - an action's name
    REQUEST_SIGN_IN_LINK = "request_sign_in_link"
    SIGN_IN_BY_MAIL = "sign_in_by_mail"
    REQUEST_EMAIL_CHANGE = "request_email_change"
    CONFIRM_EMAIL_CHANGE = "confirm_email_change"
    BEGIN_SIGN_IN_WITH = "begin_sign_in_with"
    COMPLETE_SIGN_IN_WITH = "complete_sign_in_with"
    BEGIN_LINKING_WITH = "begin_linking_with"
    COMPLETE_LINKING_WITH = "complete_linking_with"
    UNLINK_PROVIDER = "unlink_provider"
    BEGIN_PASSKEY_REGISTRATION = "begin_passkey_registration"
    COMPLETE_PASSKEY_REGISTRATION = "complete_passkey_registration"
    RENAME_PASSKEY = "rename_passkey"
    SET_LOCALE = "set_locale"
    REMOVE_PASSKEY = "remove_passkey"
    BEGIN_PASSKEY_SIGN_IN = "begin_passkey_sign_in"
    SIGN_IN_WITH_PASSKEY = "sign_in_with_passkey"
    REAUTHENTICATE_WITH_PASSKEY = "reauthenticate_with_passkey"
    BEGIN_WALLET_SIGN_IN = "begin_wallet_sign_in"
    SIGN_IN_WITH_WALLET = "sign_in_with_wallet"
    BEGIN_LINKING_WALLET = "begin_linking_wallet"
    COMPLETE_LINKING_WALLET = "complete_linking_wallet"
    UNLINK_WALLET = "unlink_wallet"
    SET_PASSWORD = "set_password"  # noqa: S105 - an action's name
    COMPLETE_SECOND_FACTOR = "complete_second_factor"
    BEGIN_TOTP = "begin_totp"
    CONFIRM_TOTP = "confirm_totp"
    ENABLE_TWO_FACTOR = "enable_two_factor"
    DISABLE_TWO_FACTOR = "disable_two_factor"
    REGENERATE_RECOVERY_CODES = "regenerate_recovery_codes"
    DELETE_ACCOUNT = "delete_account"
    REPLAY_MAIL = "replay_mail"
    CREATE_API_KEY = "create_api_key"
    ROTATE_API_KEY = "rotate_api_key"
    REVOKE_API_KEY = "revoke_api_key"
    CREATE_WEBHOOK = "create_webhook"
    UPDATE_WEBHOOK = "update_webhook"
    ROTATE_WEBHOOK_SECRET = "rotate_webhook_secret"  # noqa: S105 - an action's name
    PAUSE_WEBHOOK = "pause_webhook"
    RESUME_WEBHOOK = "resume_webhook"
    REPLAY_WEBHOOK = "replay_webhook"
    DELETE_WEBHOOK = "delete_webhook"


OF_VISITORS: frozenset[Action] = frozenset({Action.SET_CART_LINE, Action.CLEAR_CART})
"""What of OPEN whoever says who they are does in their own name, be it with a key."""

OPEN: frozenset[Action] = OF_VISITORS | frozenset(
    {
        Action.SIGN_UP,
        Action.SIGN_IN,
        Action.REFRESH_SESSION,
        Action.REQUEST_EMAIL_VERIFICATION,
        Action.VERIFY_EMAIL,
        Action.REQUEST_PASSWORD_RESET,
        Action.RESET_PASSWORD,
        Action.REQUEST_SIGN_IN_LINK,
        Action.SIGN_IN_BY_MAIL,
        Action.CONFIRM_EMAIL_CHANGE,
        Action.BEGIN_SIGN_IN_WITH,
        Action.COMPLETE_SIGN_IN_WITH,
        Action.BEGIN_PASSKEY_SIGN_IN,
        Action.SIGN_IN_WITH_PASSKEY,
        Action.BEGIN_WALLET_SIGN_IN,
        Action.SIGN_IN_WITH_WALLET,
        Action.COMPLETE_SECOND_FACTOR,
    }
)
"""What anybody may do, and nobody has to say who they are for."""

SENSITIVE: frozenset[Action] = frozenset(
    {
        Action.REVOKE_SESSION,
        Action.REVOKE_ALL_SESSIONS,
        Action.CREATE_API_KEY,
        Action.ROTATE_API_KEY,
        Action.REVOKE_API_KEY,
        Action.REQUEST_EMAIL_CHANGE,
        Action.BEGIN_LINKING_WITH,
        Action.UNLINK_PROVIDER,
        Action.BEGIN_PASSKEY_REGISTRATION,
        Action.REMOVE_PASSKEY,
        Action.BEGIN_LINKING_WALLET,
        Action.UNLINK_WALLET,
        Action.DELETE_ACCOUNT,
        Action.SET_PASSWORD,
        Action.BEGIN_TOTP,
        Action.ENABLE_TWO_FACTOR,
        Action.DISABLE_TWO_FACTOR,
        Action.REGENERATE_RECOVERY_CODES,
    }
)
"""What somebody may do to their own account soon after they proved who they are."""

OWN: frozenset[Action] = SENSITIVE | {
    Action.SIGN_OUT,
    Action.REAUTHENTICATE,
    Action.REAUTHENTICATE_WITH_PASSKEY,
    Action.CHANGE_PASSWORD,
    Action.COMPLETE_LINKING_WITH,
    Action.COMPLETE_PASSKEY_REGISTRATION,
    Action.RENAME_PASSKEY,
    Action.SET_LOCALE,
    Action.COMPLETE_LINKING_WALLET,
    Action.CONFIRM_TOTP,
}
"""What everybody may do to their own account, in a session: an API key is no proof of who holds it now."""

OF_WEBHOOKS: tuple[Action, ...] = (
    Action.CREATE_WEBHOOK,
    Action.UPDATE_WEBHOOK,
    Action.ROTATE_WEBHOOK_SECRET,
    Action.PAUSE_WEBHOOK,
    Action.RESUME_WEBHOOK,
    Action.REPLAY_WEBHOOK,
    Action.DELETE_WEBHOOK,
)
"""What administrators do to the webhooks of their groups."""

MEMBER_ROLES: Mapping[Action, MemberRole] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                Action.CREATE_THING,
                Action.UPDATE_THING,
                Action.ARCHIVE_THING,
                Action.RESTORE_THING,
                Action.MOVE_THING,
                Action.LABEL_THING,
                Action.ADD_KNOWLEDGE,
                Action.REPLACE_DOCUMENT,
                Action.SET_EMBEDDINGS,
                Action.REMOVE_KNOWLEDGE,
                Action.CONNECT,
                Action.UPDATE_CONNECTION,
                Action.DISCONNECT,
                Action.APPLY_CHANGES,
                Action.UPLOAD_FILE,
            ),
            MemberRole.EDITOR,
        ),
        **dict.fromkeys(
            (
                Action.CREATE_GROUP,
                Action.UPDATE_GROUP,
                Action.ARCHIVE_GROUP,
                Action.RESTORE_GROUP,
                Action.DELETE_THING,
                Action.GRANT_ACCESS,
                Action.REVOKE_ACCESS,
                Action.CREATE_SERVICE_ACCOUNT,
                Action.UPDATE_SERVICE_ACCOUNT,
                Action.DELETE_SERVICE_ACCOUNT,
                *OF_WEBHOOKS,
            ),
            MemberRole.ADMIN,
        ),
        **dict.fromkeys(
            (
                Action.MOVE_GROUP,
                Action.DELETE_GROUP,
                Action.TRANSFER_OWNERSHIP,
                Action.END_SUPPORT_ACCESS,
                Action.RECORD_PAYMENT,
                Action.FULFIL_ORDER,
                Action.COMPLETE_ORDER,
                Action.APPROVE_REFUND,
                Action.DECLINE_REFUND,
            ),
            MemberRole.OWNER,
        ),
    }
)
"""What members may do in a group, and the least role there that it takes."""

MEMBERS: frozenset[PlatformRole] = frozenset({PlatformRole.ORG_OWNER, PlatformRole.ORG_USER})
"""Whose memberships let them change something."""

OF_MEMBERS: frozenset[Action] = frozenset(MEMBER_ROLES) | {Action.JOIN_GROUP}
"""What takes no more on the platform than that memberships count; of MEMBER_ROLES it takes a role in a group too."""

OF_BUYERS: frozenset[Action] = frozenset({Action.PLACE_ORDER, Action.CANCEL_ORDER, Action.REQUEST_REFUND})
"""What anybody may do who buys, of their own orders; the last two are the seller's too."""

ALLOWED_ROLES: Mapping[Action, frozenset[PlatformRole]] = MappingProxyType(
    {
        action: frozenset({PlatformRole.PLATFORM_OWNER}) | (MEMBERS if action in OF_MEMBERS else frozenset())
        for action in Action
        if action not in OPEN | OWN
    }
    | dict.fromkeys({Action.LEAVE_GROUP, Action.CLAIM_CART, Action.CHECKOUT} | OF_BUYERS, frozenset(PlatformRole))
)
"""Which platform roles may do what, of all else."""

PROVEN: frozenset[Action] = frozenset({Action.BEGIN_SUPPORT_ACCESS})
"""What takes, beside the role, a session in which its person proved lately who they are."""

KEY_ACTIONS: frozenset[Action] = OF_VISITORS | frozenset(ALLOWED_ROLES) - PROVEN
"""What an API key may do at all, and to some of which it may be confined."""

OF_ALL: frozenset[Action] = frozenset(
    {Action.REGISTER_TYPE, Action.EVOLVE_TYPE, Action.REPLAY_MAIL, Action.RETRY_EMBEDDINGS}
)
"""What touches all groups, and so is for no key that is confined to some."""


def viewer_of(caller: Caller) -> Viewer:
    """The viewer. AuthError where the caller did not say who it is."""
    if caller.viewer is None:
        raise AuthError("Say who you are: send the header `Authorization: Bearer <API key or access token>`.")
    return caller.viewer


FLOWING: frozenset[PlatformRole] = frozenset({PlatformRole.ORG_OWNER})
"""Whose role in a group counts in the groups below it too."""


def counts_below(person: Viewer | Person) -> bool:
    """Whether a role of theirs counts in the groups below the one that they have it in."""
    return person.role in FLOWING


def counts_grants(person: Viewer | Person) -> bool:
    """Whether they have what they were granted: a customer has nothing of it, and a confined key stays where it is."""
    return person.role in MEMBERS and not (isinstance(person, Viewer) and person.within is not None)


def reach_of(caller: Caller) -> Reach:
    """What the caller may read. AuthError where it did not say who it is."""
    viewer = viewer_of(caller)
    everything = viewer.role is PlatformRole.PLATFORM_OWNER
    roots = () if viewer.role is PlatformRole.CUSTOMER else viewer.member_of
    if viewer.within is not None:
        everything, roots = False, viewer.within
    flowing = roots if viewer.role is PlatformRole.PLATFORM_OWNER or counts_below(viewer) else ()
    granted = viewer.granted if counts_grants(viewer) else ()
    on_groups = [each for each in granted if kind_of(each.target_id) is NodeKind.GROUP]
    return Reach(
        everything,
        roots=tuple(dict.fromkeys((*roots, *(each.target_id for each in on_groups)))),
        person_id=viewer.person_id,
        flowing=tuple(dict.fromkeys((*flowing, *(each.target_id for each in on_groups if each.below)))),
        confined=viewer.within is not None,
        things=tuple(each.target_id for each in granted if kind_of(each.target_id) is NodeKind.THING),
    )


def open_reach_of(caller: Caller) -> Reach:
    """What the caller may read with what everybody may, where that is asked for; a confined key stays where it is."""
    if caller.viewer is None:
        return NOBODY
    reach = reach_of(caller)
    return replace(reach, public=not reach.confined)


def authorize(caller: Caller, action: Action) -> Viewer:
    """The viewer, given that somebody like them may do this to some object: `services.rights` says to which.

    AuthError or ForbiddenError where it may not.
    """
    viewer = viewer_of(caller)
    _check_key(viewer, action)
    if viewer.within is not None and action in OF_ALL:
        raise ForbiddenError(f"{CONFINED}, and {action} is about all.", AccessReason.KEY_BOUNDS)
    if viewer.role not in ALLOWED_ROLES[action]:
        allowed = ", ".join(sorted(ALLOWED_ROLES[action]))
        raise ForbiddenError(f"Your role {viewer.role} may not do this. It takes: {allowed}.")
    return viewer


def authorize_if_known(caller: Caller, action: Action) -> None:
    """Refuse a key whose bounds leave out what anybody may do, also who did not say who they are: ForbiddenError."""
    if caller.viewer is not None:
        _check_key(caller.viewer, action)


def _check_key(viewer: Viewer, action: Action) -> None:
    if viewer.scope is not KeyScope.WRITE:
        raise ForbiddenError("This API key is for reading only: use one whose scope is write.", AccessReason.KEY_BOUNDS)
    if viewer.actions is not None and action not in viewer.actions:
        raise ForbiddenError(
            f"This API key may do only some things, and {action} is none of them.", AccessReason.KEY_BOUNDS
        )


def authorize_session(caller: Caller, action: Action) -> tuple[Viewer, ViewerSession]:
    """Who the caller is, given that they may do this of OWN to their account, with a new proof of that if need be.

    AuthError where the caller did not say who it is, ForbiddenError where it used an API key.
    """
    viewer = viewer_of(caller)
    if action not in OWN:
        raise ForbiddenError(f"{action} is nothing that everybody may do.")
    return viewer, _session_of(viewer, None)


def authorize_oneself(caller: Caller, action: Action, at: datetime) -> tuple[Viewer, ViewerSession]:
    """The same, given that they may do it at that time: ReauthenticationError where their proof is too old."""
    viewer, _ = authorize_session(caller, action)
    return viewer, _session_of(viewer, at if action in SENSITIVE else None)


def authorize_proven(caller: Caller, action: Action, at: datetime) -> Viewer:
    """The viewer, given that they may do this of PROVEN at that time: with their role, and in a session.

    AuthError or ForbiddenError where they may not, ReauthenticationError where their proof is too old.
    """
    viewer = authorize(caller, action)
    _session_of(viewer, at)
    return viewer


def _session_of(viewer: Viewer, fresh_at: datetime | None) -> ViewerSession:
    """The session that a viewer used, and in which they proved lately who they are where a time is given."""
    if viewer.session is None:
        raise ForbiddenError("An API key may not do this: sign in, and use the session.", AccessReason.SESSION_NEEDED)
    if fresh_at is not None and fresh_at - viewer.session.authenticated_at > FRESH:
        minutes = int(FRESH.total_seconds() // 60)
        raise ReauthenticationError(f"This takes a proof of who you are within the last {minutes} minutes: give one.")
    return viewer.session


def authorize_overview(caller: Caller) -> None:
    """Refuse whoever may not ask about the store as a whole: AuthError or ForbiddenError."""
    viewer = viewer_of(caller)
    if viewer.role is not PlatformRole.PLATFORM_OWNER:
        raise ForbiddenError(f"Your role {viewer.role} may not ask this. It takes: {PlatformRole.PLATFORM_OWNER}.")
    if viewer.within is not None:
        raise ForbiddenError(f"{CONFINED}, and this is asked about all.")


def authorize_account(viewer: Viewer) -> None:
    """Refuse whoever may not look into the viewer's account, such as at their sessions: ForbiddenError."""
    if viewer.within is not None:
        raise ForbiddenError(f"{CONFINED}, and this is about the account of its person.")


def authorize_root(viewer: Viewer) -> None:
    """Refuse whoever may not have a group that is below no other: ForbiddenError."""
    if viewer.within is not None:
        raise ForbiddenError(
            f"{CONFINED}, and a group below no other would be outside of them.", AccessReason.KEY_BOUNDS
        )
    if viewer.role is not PlatformRole.PLATFORM_OWNER:
        raise ForbiddenError(f"A group below no other takes the role {PlatformRole.PLATFORM_OWNER}: name a parentId.")
