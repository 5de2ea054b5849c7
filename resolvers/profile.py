"""Profiles: what somebody can do about their own."""

from typing import Annotated, cast

from resolvers.answers import answering
from schema.arguments import INPUT
from schema.context import Info
from schema.define import mutation, object_type
from schema.people import Person
from schema.profile import SetLocaleInput, SetLocaleResult, SetLocaleSuccess


@object_type
class ProfileMutations:
    """Changes of one's own profile."""

    @mutation
    @answering
    async def set_locale(self, info: Info, input: Annotated[SetLocaleInput, INPUT]) -> SetLocaleResult:  # noqa: A002
        """Choose the language of mails to you."""
        person = await info.context.services.profile.set_locale(info.context.caller, input.locale)
        return SetLocaleSuccess(person=cast("Person", person))
