"""Errors that a mutation answers as data: one type a kind, all with a message, to switch on by `__typename`."""

from collections.abc import Mapping
from typing import cast

import strawberry

from domain import errors
from schema.define import interface, object_type
from schema.enums import DependentKind


@interface
class AppError:
    """Something that the caller can act on."""

    message: str = strawberry.field(description="What is wrong and what would be right, for a developer to read.")


@object_type
class AuthError(AppError):
    """The caller did not say who it is."""


@object_type
class ReauthenticationError(AppError):
    """You have to prove once more who you are, with `reauthenticate`, and then try again. Nothing was written."""


@object_type
class ForbiddenError(AppError):
    """The caller may not do this."""


@object_type
class ValidationError(AppError):
    """A value of the input is not acceptable. Nothing was written."""

    field: str = strawberry.field(description="The path of the value in the input, such as `properties.price.amount`.")


@object_type
class NotFoundError(AppError):
    """Something that the input refers to is not there, or not for the caller to see. Nothing was written."""

    resource: str = strawberry.field(description="What kind of thing was looked for.")
    id: strawberry.ID = strawberry.field(description="The id that was looked for.")


@object_type
class ConflictError(AppError):
    """The input clashes with what is stored: read that again, then decide. Nothing was written."""

    field: str | None = strawberry.field(description="The field that clashes, where one does.")


@object_type
class Dependents:
    """What of one kind depends on something."""

    kind: DependentKind = strawberry.field(description="How it depends on it.")
    total: int = strawberry.field(description="How many there are of this kind.")
    ids: list[strawberry.ID] = strawberry.field(description="The ids of at most 20 of them that you may see.")


@object_type
class DependedOnError(AppError):
    """Something cannot be erased while anything depends on it. Nothing was written."""

    dependents: list[Dependents] = strawberry.field(description="What depends on it, by kind.")


@object_type
class ItemError(AppError):
    """One of several changes that are done together failed, so that none was done. Nothing was written."""

    index: int = strawberry.field(description="Its place among the changes, counted from 0.")
    error: AppError = strawberry.field(description="What is wrong with it; a `field` in there is of its own input.")


@object_type
class Misfit:
    """A thing that does not fit a schema."""

    thing_id: strawberry.ID = strawberry.field(description="The thing.")
    path: str = strawberry.field(description="The path of the value in it, such as `properties.price`.")
    message: str = strawberry.field(description="What is wrong with that value.")


@object_type
class MisfitError(AppError):
    """Things that there are do not fit the schema. The type stays as it was."""

    total: int = strawberry.field(description="How many there are.")
    misfits: list[Misfit] = strawberry.field(description="Up to 20 of them.")


@object_type
class RateLimitError(AppError):
    """Too much at a time. Nothing was written."""

    retry_after: float = strawberry.field(description="In how many seconds to try again.")


@object_type
class NetworkError(AppError):
    """The store, or a service that it takes, cannot be reached just now: try the same again in a few seconds."""


_WITH_A_MESSAGE: Mapping[type[errors.AppError], type[AppError]] = {
    errors.AuthError: AuthError,
    errors.ReauthenticationError: ReauthenticationError,
    errors.ForbiddenError: ForbiddenError,
    errors.NetworkError: NetworkError,
}
"""Those that say nothing more than their message."""


def shown_error(error: errors.AppError) -> AppError:
    """An error of the domain as clients see it."""
    plain = _WITH_A_MESSAGE.get(type(error))
    if plain is not None:
        return plain(message=error.message)
    match error:
        case errors.ValidationError():
            shown: AppError = ValidationError(message=error.message, field=error.field)
        case errors.MisfitError():
            misfits = cast("list[Misfit]", list(error.misfits))
            shown = MisfitError(message=error.message, total=error.total, misfits=misfits)
        case errors.NotFoundError():
            shown = NotFoundError(message=error.message, resource=error.resource, id=strawberry.ID(error.id))
        case errors.ConflictError():
            shown = ConflictError(message=error.message, field=error.field)
        case errors.DependedOnError():
            dependents = cast("list[Dependents]", list(error.dependents))
            shown = DependedOnError(message=error.message, dependents=dependents)
        case errors.ItemError():
            shown = ItemError(message=error.message, index=error.index, error=shown_error(error.error))
        case errors.RateLimitError():
            shown = RateLimitError(message=error.message, retry_after=error.retry_after)
        case _:
            raise error
    return shown
