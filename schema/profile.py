"""What somebody does about their own profile: inputs, and what each mutation answers."""

from typing import Annotated, TypeAlias

import strawberry

from schema.define import input_type, object_type
from schema.errors import AuthError, ForbiddenError, NetworkError, ValidationError
from schema.people import Person


@input_type
class SetLocaleInput:
    """A language."""

    locale: str | None = strawberry.field(
        description="Your language, as a BCP 47 tag such as de-AT; null for the language of the server."
    )


@object_type
class SetLocaleSuccess:
    """Mails to you are in your language from now on, if there is a translation."""

    person: Person = strawberry.field(description="You, as you are from now on.")


SetLocaleResult: TypeAlias = Annotated[
    SetLocaleSuccess | AuthError | ForbiddenError | ValidationError | NetworkError,
    strawberry.union("SetLocaleResult", description="What setLocale answers."),
]
