"""What changes webhooks: inputs, and what each mutation answers."""

from datetime import datetime, timedelta
from typing import Annotated, TypeAlias

import strawberry

from schema.define import input_type, object_type
from schema.errors import AuthError, ConflictError, ForbiddenError, NetworkError, NotFoundError, ValidationError
from schema.event_types import EventType
from schema.given import required
from schema.webhooks import Webhook
from services.new_webhooks import NewWebhook, WebhookChanges

_URL = "Where to send events: an address that begins with https://, of a server on the internet."
_TYPES = "Which events to send: none named is all. Those of webhooks themselves, `webhook_…`, are sent to none."
_BELOW = "Whether to send what happens in the groups below too. It takes a role that counts there: an org_owner's."
_SECRET = "Signs what is sent: whsec_…. It is shown this once."  # noqa: S105 - a description


@input_type
class CreateWebhookInput:
    """A webhook to make."""

    group_id: strawberry.ID = strawberry.field(description="The group whose events are sent.")
    name: str = strawberry.field(description="What to call it, such as the partner's name: 1 to 200 characters.")
    url: str = strawberry.field(description=_URL)
    event_types: list[EventType] = strawberry.field(description=_TYPES, default_factory=list)
    below: bool = strawberry.field(description=_BELOW, default=False)

    def to_domain(self) -> NewWebhook:
        """As the services take it."""
        return NewWebhook(self.group_id, self.name, self.url, self.event_types, self.below)


@input_type
class UpdateWebhookInput:
    """What to change of a webhook. What is left out stays."""

    id: strawberry.ID = strawberry.field(description="The webhook.")
    version: int = strawberry.field(description="The version that you read.")
    name: strawberry.Maybe[str | None] = strawberry.field(description="A new name.")
    url: strawberry.Maybe[str | None] = strawberry.field(description=f"{_URL} What waits goes there too.")
    event_types: strawberry.Maybe[list[EventType] | None] = strawberry.field(description=_TYPES)
    below: strawberry.Maybe[bool | None] = strawberry.field(description=_BELOW)

    def to_domain(self) -> WebhookChanges:
        """As the services take it."""
        return WebhookChanges(
            required("name", self.name),
            required("url", self.url),
            required("eventTypes", self.event_types),
            required("below", self.below),
        )


@input_type
class RotateWebhookSecretInput:
    """A webhook that gets another secret."""

    id: strawberry.ID = strawberry.field(description="The webhook.")
    overlap_seconds: int = strawberry.field(
        description="For how long the secret before signs too: 0 to 604800, a week.", default=86_400
    )

    @property
    def overlap(self) -> timedelta:
        """As the services take it."""
        return timedelta(seconds=self.overlap_seconds)


@input_type
class PauseWebhookInput:
    """A webhook to pause."""

    id: strawberry.ID = strawberry.field(description="The webhook.")


@input_type
class ResumeWebhookInput:
    """A webhook to let work again."""

    id: strawberry.ID = strawberry.field(description="The webhook.")


@input_type
class ReplayWebhookInput:
    """What to send to a webhook once more: by time, with `from`, or by place in the log, with `after`."""

    id: strawberry.ID = strawberry.field(description="The webhook.")
    from_time: datetime | None = strawberry.field(name="from", description="What happened from then on.", default=None)
    to_time: datetime | None = strawberry.field(
        name="to", description="What happened before then; null: until now.", default=None
    )
    after: str | None = strawberry.field(
        description="What follows this `cursor`, of a delivery, of a webhook or `eventCursor`.", default=None
    )
    until: str | None = strawberry.field(description="What comes up to this cursor; null: until now.", default=None)


@input_type
class DeleteWebhookInput:
    """A webhook to end for good."""

    id: strawberry.ID = strawberry.field(description="The webhook.")
    version: int = strawberry.field(description="The version that you read.")


@object_type
class CreateWebhookSuccess:
    """There is a new webhook. What happens from now on is sent to it."""

    webhook: Webhook = strawberry.field(description="The webhook.")
    secret: str = strawberry.field(description=_SECRET)


@object_type
class UpdateWebhookSuccess:
    """The webhook was changed."""

    webhook: Webhook = strawberry.field(description="The webhook after the change.")


@object_type
class RotateWebhookSecretSuccess:
    """The webhook has another secret, and the one before signs too for a while."""

    webhook: Webhook = strawberry.field(description="The webhook.")
    secret: str = strawberry.field(description=_SECRET)


@object_type
class PauseWebhookSuccess:
    """Nothing is sent to the webhook any more. What happens stays in the log."""

    webhook: Webhook = strawberry.field(description="The webhook.")


@object_type
class ResumeWebhookSuccess:
    """The webhook gets what waits for it, and what happened meanwhile."""

    webhook: Webhook = strawberry.field(description="The webhook.")


@object_type
class ReplayWebhookSuccess:
    """The events are sent once more, under the same ids."""

    webhook: Webhook = strawberry.field(description="The webhook.")


@object_type
class DeleteWebhookSuccess:
    """Nothing is sent to the webhook any more, and its secret is forgotten. Nobody can bring it back."""

    webhook: Webhook = strawberry.field(description="The webhook, as an archived thing.")


CreateWebhookResult: TypeAlias = Annotated[
    CreateWebhookSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("CreateWebhookResult", description="What createWebhook answers."),
]
UpdateWebhookResult: TypeAlias = Annotated[
    UpdateWebhookSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("UpdateWebhookResult", description="What updateWebhook answers."),
]
RotateWebhookSecretResult: TypeAlias = Annotated[
    RotateWebhookSecretSuccess
    | AuthError
    | ForbiddenError
    | ValidationError
    | NotFoundError
    | ConflictError
    | NetworkError,
    strawberry.union("RotateWebhookSecretResult", description="What rotateWebhookSecret answers."),
]
PauseWebhookResult: TypeAlias = Annotated[
    PauseWebhookSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("PauseWebhookResult", description="What pauseWebhook answers."),
]
ResumeWebhookResult: TypeAlias = Annotated[
    ResumeWebhookSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("ResumeWebhookResult", description="What resumeWebhook answers."),
]
ReplayWebhookResult: TypeAlias = Annotated[
    ReplayWebhookSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("ReplayWebhookResult", description="What replayWebhook answers."),
]
DeleteWebhookResult: TypeAlias = Annotated[
    DeleteWebhookSuccess | AuthError | ForbiddenError | ValidationError | NotFoundError | ConflictError | NetworkError,
    strawberry.union("DeleteWebhookResult", description="What deleteWebhook answers."),
]
