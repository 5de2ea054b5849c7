"""Mail: what is to be sent to somebody, kept until it was."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.mail_delivery import MailDelivery
from domain.values import JSON


class MailStatus(StrEnum):
    """How far a mail has come."""

    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"


class MailTemplate(StrEnum):
    """What a mail is about."""

    VERIFY_EMAIL = "verify_email"
    ACCOUNT_EXISTS = "account_exists"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a template's name
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a template's name
    SIGN_IN = "sign_in"
    CHANGE_EMAIL = "change_email"
    EMAIL_CHANGED = "email_changed"
    SIGN_IN_METHODS_CHANGED = "sign_in_methods_changed"
    TWO_FACTOR_ENABLED = "two_factor_enabled"
    TWO_FACTOR_DISABLED = "two_factor_disabled"
    RECOVERY_CODE_USED = "recovery_code_used"
    ORDER_PLACED = "order_placed"
    ORDER_FULFILLED = "order_fulfilled"
    ORDER_REFUNDED = "order_refunded"
    REFUND_DECLINED = "refund_declined"
    WEBHOOK_PAUSED = "webhook_paused"
    SUPPORT_ACCESS_BEGAN = "support_access_began"


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail of the outbox. Its id is the idempotency key that each try to send it carries.

    `values` are what its template needs, and may hold secrets; they are forgotten once it was sent. `locale` is the
    language of its person when it was written.
    """

    id: str
    person_id: str
    address: str
    template: MailTemplate
    values: Mapping[str, JSON] = field(repr=False)
    status: MailStatus
    attempts: int
    error: str | None
    created_at: datetime
    sent_at: datetime | None
    delivery: MailDelivery | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A mail as it is sent."""

    key: str
    address: str
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)


class SendingError(Exception):
    """A mail could not be sent; the message says why, without what is in the mail.

    `final` is whether it never can be, as where its address is refused.
    """

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final
