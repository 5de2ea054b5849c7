"""Webhooks: what can be done."""

from typing import Annotated, cast

from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.cursors import log_place
from schema.define import mutation, object_type
from schema.webhook_changes import (
    CreateWebhookInput,
    CreateWebhookResult,
    CreateWebhookSuccess,
    DeleteWebhookInput,
    DeleteWebhookResult,
    DeleteWebhookSuccess,
    PauseWebhookInput,
    PauseWebhookResult,
    PauseWebhookSuccess,
    ReplayWebhookInput,
    ReplayWebhookResult,
    ReplayWebhookSuccess,
    ResumeWebhookInput,
    ResumeWebhookResult,
    ResumeWebhookSuccess,
    RotateWebhookSecretInput,
    RotateWebhookSecretResult,
    RotateWebhookSecretSuccess,
    UpdateWebhookInput,
    UpdateWebhookResult,
    UpdateWebhookSuccess,
)
from schema.webhooks import Webhook
from services.webhook_control import ReplayRange


@object_type
class WebhookMutations:
    """Changes of webhooks."""

    @mutation
    @answering
    async def create_webhook(self, info: Info, input: Annotated[CreateWebhookInput, INPUT]) -> CreateWebhookResult:  # noqa: A002
        """Have the events of a group sent to a partner's server, signed as Standard Webhooks says."""
        made = await info.context.services.webhooks.create(info.context.caller, input.to_domain())
        return CreateWebhookSuccess(webhook=cast("Webhook", made.webhook), secret=made.secret)

    @mutation
    @answering
    async def update_webhook(self, info: Info, input: Annotated[UpdateWebhookInput, INPUT]) -> UpdateWebhookResult:  # noqa: A002
        """Change where events are sent, and which. It stands in the audit log."""
        webhooks = info.context.services.webhooks
        changed = await webhooks.update(info.context.caller, input.id, input.version, input.to_domain())
        return UpdateWebhookSuccess(webhook=cast("Webhook", changed))

    @mutation
    @answering
    async def rotate_webhook_secret(
        self,
        info: Info,
        input: Annotated[RotateWebhookSecretInput, INPUT],  # noqa: A002
    ) -> RotateWebhookSecretResult:
        """Give a webhook another secret. For a while what is sent has two signatures, so that either is good."""
        rotated = await info.context.services.webhooks.rotate(info.context.caller, input.id, input.overlap)
        return RotateWebhookSecretSuccess(webhook=cast("Webhook", rotated.webhook), secret=rotated.secret)

    @mutation
    @answering
    async def pause_webhook(self, info: Info, input: Annotated[PauseWebhookInput, INPUT]) -> PauseWebhookResult:  # noqa: A002
        """Send a webhook nothing for a while."""
        paused = await info.context.services.webhook_control.pause(info.context.caller, input.id)
        return PauseWebhookSuccess(webhook=cast("Webhook", paused))

    @mutation
    @answering
    async def resume_webhook(self, info: Info, input: Annotated[ResumeWebhookInput, INPUT]) -> ResumeWebhookResult:  # noqa: A002
        """Let a paused webhook work again. What happened meanwhile is sent too."""
        resumed = await info.context.services.webhook_control.resume(info.context.caller, input.id)
        return ResumeWebhookSuccess(webhook=cast("Webhook", resumed))

    @mutation
    @answering
    async def replay_webhook(self, info: Info, input: Annotated[ReplayWebhookInput, INPUT]) -> ReplayWebhookResult:  # noqa: A002
        """Have events of a range sent once more, be they from before the webhook was made."""
        cursors = info.context.cursors
        wanted = ReplayRange(
            input.from_time,
            input.to_time,
            None if input.after is None else log_place(cursors, "after", input.after),
            None if input.until is None else log_place(cursors, "until", input.until),
        )
        replayed = await info.context.services.webhook_control.replay(info.context.caller, input.id, wanted)
        return ReplayWebhookSuccess(webhook=cast("Webhook", replayed))

    @mutation
    @answering
    async def delete_webhook(self, info: Info, input: Annotated[DeleteWebhookInput, INPUT]) -> DeleteWebhookResult:  # noqa: A002
        """End a webhook for good. What it was sent stays readable for 30 days."""
        gone = await info.context.services.webhooks.delete(info.context.caller, input.id, input.version)
        return DeleteWebhookSuccess(webhook=cast("Webhook", gone))
