"""Mails: what operators can ask and do."""

from typing import Annotated, cast

from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import field, mutation, object_type
from schema.mail import Mail, ReplayMailInput, ReplayMailResult, ReplayMailSuccess


@object_type
class MailQueries:
    """Questions about mails."""

    @field
    async def dead_mails(self, info: Info) -> list[Mail]:
        """The first hundred mails that were given up, the earliest first. Only a platform owner may ask."""
        return cast("list[Mail]", await info.context.services.mails.dead(info.context.caller))


@object_type
class MailMutations:
    """What is done with mails."""

    @mutation
    @answering
    async def replay_mail(self, info: Info, input: Annotated[ReplayMailInput, INPUT]) -> ReplayMailResult:  # noqa: A002
        """Have a dead mail tried again."""
        mail = await info.context.services.mails.replay(info.context.caller, input.id)
        return ReplayMailSuccess(mail=cast("Mail", mail))
