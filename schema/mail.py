"""Mails as operators see them, and what is done with them."""

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from schema.define import input_type, object_type
from schema.errors import AuthError, ForbiddenError, NetworkError, NotFoundError
from schema.mail_states import MailDelivery, MailStatus, MailTemplate


@object_type
class Mail:
    """A mail of the outbox. What it says is for its receiver alone."""

    id: strawberry.ID = strawberry.field(description="Names it, and is the idempotency key of each try to send it.")
    person_id: strawberry.ID = strawberry.field(description="The person to whom it goes.")
    template: MailTemplate = strawberry.field(description="What it is about.")
    status: MailStatus = strawberry.field(description="How far it has come.")
    attempts: int = strawberry.field(description="How often it was tried.")
    error: str | None = strawberry.field(description="Why the last try failed, as the mail server told.")
    created_at: datetime = strawberry.field(description="When it was written.")
    delivery: MailDelivery | None = strawberry.field(
        description="What became of it after it was handed over; null where nobody told, as mail servers do not."
    )


@input_type
class ReplayMailInput:
    """A dead mail to try again."""

    id: strawberry.ID = strawberry.field(description="One of `deadMails`.")


@object_type
class ReplayMailSuccess:
    """The mail will be tried again."""

    mail: Mail = strawberry.field(description="The mail, as if it were new.")


ReplayMailResult: TypeAlias = Annotated[
    ReplayMailSuccess | AuthError | ForbiddenError | NotFoundError | NetworkError,
    strawberry.union("ReplayMailResult", description="What replayMail answers."),
]
