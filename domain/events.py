"""Events: what happened, who did it, when. They are only ever added."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.access import Access
from domain.values import JSON

SYSTEM_ACTOR = "system"


class EventType(StrEnum):
    """Everything that can happen."""

    THING_CREATED = "thing_created"
    THING_UPDATED = "thing_updated"
    THING_ARCHIVED = "thing_archived"
    THING_RESTORED = "thing_restored"
    THING_MOVED = "thing_moved"
    THING_LABELLED = "thing_labelled"
    THING_UNLABELLED = "thing_unlabelled"
    THING_DELETED = "thing_deleted"
    KNOWLEDGE_ADDED = "knowledge_added"
    KNOWLEDGE_UPDATED = "knowledge_updated"
    KNOWLEDGE_REMOVED = "knowledge_removed"
    CONNECTION_CREATED = "connection_created"
    CONNECTION_UPDATED = "connection_updated"
    CONNECTION_ENDED = "connection_ended"
    GROUP_CREATED = "group_created"
    GROUP_UPDATED = "group_updated"
    GROUP_MOVED = "group_moved"
    GROUP_ARCHIVED = "group_archived"
    GROUP_RESTORED = "group_restored"
    GROUP_DELETED = "group_deleted"
    USER_REGISTERED = "user_registered"
    USER_LOGIN = "user_login"
    USER_LOGIN_FAILED = "user_login_failed"
    USER_LOGOUT = "user_logout"
    USER_REAUTHENTICATED = "user_reauthenticated"
    SESSION_REVOKED = "session_revoked"
    PROFILE_UPDATED = "profile_updated"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - an event's name
    EMAIL_VERIFICATION_SENT = "email_verification_sent"
    EMAIL_VERIFIED = "email_verified"
    PASSWORD_RESET_REQUESTED = "password_reset_requested"  # noqa: S105 - an event's name
    PASSWORD_RESET_COMPLETED = "password_reset_completed"  # noqa: S105 - an event's name
    API_KEY_CREATED = "api_key_created"
    API_KEY_ROTATED = "api_key_rotated"
    API_KEY_REVOKED = "api_key_revoked"
    SIGN_IN_LINK_REQUESTED = "sign_in_link_requested"
    EMAIL_CHANGE_REQUESTED = "email_change_requested"
    EMAIL_CHANGED = "email_changed"
    PROVIDER_LINKED = "provider_linked"
    PROVIDER_UNLINKED = "provider_unlinked"
    TWO_FACTOR_ENABLED = "two_factor_enabled"
    TWO_FACTOR_DISABLED = "two_factor_disabled"
    SECOND_FACTOR_REQUIRED = "second_factor_required"
    RECOVERY_CODE_USED = "recovery_code_used"
    RECOVERY_CODES_REGENERATED = "recovery_codes_regenerated"
    WALLET_CONNECTED = "wallet_connected"
    WALLET_DISCONNECTED = "wallet_disconnected"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_RENAMED = "passkey_renamed"
    PASSKEY_REMOVED = "passkey_removed"
    ACCOUNT_DELETED = "account_deleted"
    ONBOARDING_STEP_COMPLETED = "onboarding_step_completed"
    ONBOARDING_COMPLETED = "onboarding_completed"
    USER_INVITED_TO_GROUP = "user_invited_to_group"
    GROUP_JOIN_REQUESTED = "group_join_requested"
    USER_JOINED_GROUP = "user_joined_group"
    USER_REMOVED_FROM_GROUP = "user_removed_from_group"
    MEMBER_ROLE_CHANGED = "member_role_changed"
    INVITATION_REVOKED = "invitation_revoked"
    ACCESS_GRANTED = "access_granted"
    ACCESS_CHANGED = "access_changed"
    ACCESS_REVOKED = "access_revoked"
    SUPPORT_ACCESS_BEGAN = "support_access_began"
    SUPPORT_ACCESS_ENDED = "support_access_ended"
    ACCESS_DENIED = "access_denied"
    PRODUCT_PUBLISHED = "product_published"
    PRODUCT_ARCHIVED = "product_archived"
    CART_UPDATED = "cart_updated"
    ORDER_CREATED = "order_created"
    ORDER_PAID = "order_paid"
    ORDER_FULFILLED = "order_fulfilled"
    ORDER_COMPLETED = "order_completed"
    ORDER_CANCELLED = "order_cancelled"
    ORDER_REFUNDED = "order_refunded"
    REFUND_REQUESTED = "refund_requested"
    PAYMENT_INITIATED = "payment_initiated"
    PAYMENT_CONFIRMED = "payment_confirmed"
    PAYMENT_FINALIZED = "payment_finalized"
    PAYMENT_FAILED = "payment_failed"
    PAYMENT_REORGED = "payment_reorged"
    PAYMENT_REFUNDED = "payment_refunded"
    WEBHOOK_DELIVERED = "webhook_delivered"
    WEBHOOK_FAILED = "webhook_failed"
    WEBHOOK_PAUSED = "webhook_paused"
    WEBHOOK_RESUMED = "webhook_resumed"
    WEBHOOK_REPLAYED = "webhook_replayed"
    WEBHOOK_SECRET_ROTATED = "webhook_secret_rotated"  # noqa: S105 - an event's name
    EMAIL_SENT = "email_sent"
    EMAIL_FAILED = "email_failed"
    EMAIL_REPLAYED = "email_replayed"
    EMAIL_DELAYED = "email_delayed"
    EMAIL_DELIVERED = "email_delivered"
    EMAIL_BOUNCED = "email_bounced"
    EMAIL_COMPLAINED = "email_complained"
    EMAIL_RESTORED = "email_restored"
    THING_TYPE_REGISTERED = "thing_type_registered"
    THING_TYPE_EVOLVED = "thing_type_evolved"
    CONNECTION_TYPE_REGISTERED = "connection_type_registered"
    DOCUMENTS_REGISTERED = "documents_registered"
    DOCUMENTS_FORGOTTEN = "documents_forgotten"
    ERROR_OCCURRED = "error_occurred"
    CONSISTENCY_REPAIRED = "consistency_repaired"


@dataclass(frozen=True, slots=True)
class Audit:
    """What an event adds to the audit log, for those who look after the group `group_id`.

    `action` is what was done or refused; `before` and `after` are what it changed of somebody's access, by ids alone.
    `decided_in` is the group whose members may do that, where it is another one.
    """

    group_id: str | None
    action: str | None
    access: Access
    before: Mapping[str, JSON] | None = None
    after: Mapping[str, JSON] | None = None
    decided_in: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; no personal data beyond ids.

    `actor` is the id of a person or an API key, or `system`; `group_id` is the group that it happened in, if any.
    One with an `audit` stands in the audit log too. `customer_id` says when it is recorded whose purchase it is about:
    they may see it wherever it happened.
    """

    id: str
    type: EventType
    actor: str
    group_id: str | None
    target_id: str | None
    at: datetime
    request_id: str | None
    trace_id: str | None
    properties: Mapping[str, JSON]
    audit: Audit | None = None
    customer_id: str | None = None
