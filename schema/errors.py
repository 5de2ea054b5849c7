"""Errors that a mutation answers as data: one type a kind, all with a message, to switch on by `__typename`."""

from collections.abc import Mapping

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
class NetworkError(AppError):
    """The store cannot be reached just now: try the same again in a few seconds."""


def shown_error(error: errors.AppError) -> AppError:
    """An error of the domain as clients see it."""
    match error:
        case errors.ValidationError():
            return ValidationError(message=error.message, field=error.field)
        case errors.NotFoundError():
            return NotFoundError(message=error.message, resource=error.resource, id=strawberry.ID(error.id))
        case errors.ConflictError():
            return ConflictError(message=error.message, field=error.field)
        case errors.DependedOnError():
            return DependedOnError(message=error.message, dependents=[_shown(each) for each in error.dependents])
        case errors.ItemError():
            return ItemError(message=error.message, index=error.index, error=shown_error(error.error))
        case errors.AuthError() | errors.ForbiddenError() | errors.NetworkError():
            return _BY_MESSAGE[type(error)](message=error.message)
        case _:
            raise error


_BY_MESSAGE: Mapping[type[errors.AppError], type[AppError]] = {
    errors.AuthError: AuthError,
    errors.ForbiddenError: ForbiddenError,
    errors.NetworkError: NetworkError,
}


def _shown(dependents: errors.Dependents) -> Dependents:
    return Dependents(
        kind=dependents.kind, total=dependents.total, ids=[strawberry.ID(each) for each in dependents.ids]
    )
