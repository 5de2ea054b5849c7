"""The errors that somebody is meant to see, one small class a kind. Everything else is a fault of ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from domain.access import AccessReason
from domain.people import MemberRole


@dataclass(frozen=True, slots=True)
class Misfit:
    """A thing that does not fit a schema: the path of the value in it, and what is wrong with that."""

    thing_id: str
    path: str
    message: str


class StoreError(Exception):
    """The store cannot be used at all; the message is one line that says what an operator can do about it."""


class AppError(Exception):
    """An expected failure: `message` tells the caller what to do, `code` is what its program switches on."""

    code: ClassVar[str]

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class AuthError(AppError):
    """The caller did not say who it is, or not so that we believe it."""

    code = "UNAUTHENTICATED"


class ReauthenticationError(AppError):
    """The caller is known, and has to prove once more who it is before it may do this."""

    code = "REAUTHENTICATE"


class ForbiddenError(AppError):
    """The caller is known and may not do this.

    Why not is told to the log alone, as `reason`; `group_id` is the group in which it would take `needed_role`.
    """

    code = "FORBIDDEN"

    def __init__(
        self,
        message: str,
        reason: AccessReason = AccessReason.PLATFORM_ROLE,
        *,
        group_id: str | None = None,
        needed_role: MemberRole | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.group_id = group_id
        self.needed_role = needed_role


class ValidationError(AppError):
    """One input value is not acceptable; `field` is its path in the input, such as `properties.price.amount`."""

    code = "VALIDATION"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class NotFoundError(AppError):
    """Nothing that the caller may see has that id."""

    code = "NOT_FOUND"

    def __init__(self, resource: str, identifier: str) -> None:
        super().__init__(f"There is no {resource} with the id {identifier!r}, or you may not see it.")
        self.resource = resource
        self.id = identifier


class ConflictError(AppError):
    """The input is right in itself and clashes with what is stored; `field` names the clash where one field does."""

    code = "CONFLICT"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class DependentKind(StrEnum):
    """What can stand in the way of erasing something."""

    CONNECTION = "connection"
    MENTION = "mention"
    GROUP = "group"
    THING = "thing"
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class Dependents:
    """What of one kind depends on something: how many there are, and the ids of some that the caller may see."""

    kind: DependentKind
    total: int
    ids: tuple[str, ...]


class DependedOnError(AppError):
    """Something cannot be erased while `dependents` need it."""

    code = "DEPENDED_ON"

    def __init__(self, what: str, dependents: Sequence[Dependents]) -> None:
        counted = ", ".join(f"{each.total} as {each.kind}" for each in dependents)
        super().__init__(f"Something depends on this {what}: {counted}. Erase or change that first.")
        self.dependents = tuple(dependents)


class ItemError(AppError):
    """One of several changes that are done together failed, so that none was done; `index` is its place."""

    code = "ITEM"

    def __init__(self, index: int, error: AppError) -> None:
        super().__init__(f"Nothing was changed, because of changes[{index}]: {error.message}")
        self.index = index
        self.error = error


class MisfitError(AppError):
    """Things that there are do not fit the schema that their type was to have: `misfits` are some of `total`."""

    code = "MISFIT"

    def __init__(self, misfits: Sequence[Misfit], total: int) -> None:
        super().__init__(f"{total:,} things do not fit this schema. Change them first, or allow what they have.")
        self.misfits = misfits
        self.total = total


class BroadFilterError(AppError):
    """A list would have to look at too many rows to find those that its filter lets through; `allowed` is how many."""

    code = "TOO_BROAD"

    def __init__(self, allowed: int, advice: str) -> None:
        super().__init__(f"No index finds these rows among more than {allowed:,}: {advice}.")
        self.allowed = allowed


class RateLimitError(AppError):
    """Too much at a time; `retry_after` is in seconds."""

    code = "RATE_LIMITED"

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class OverloadedError(RateLimitError):
    """The server has too much to do just now, whoever asks."""

    code = "OVERLOADED"


class DeadlineError(AppError):
    """It took longer than it may, and was stopped; of a change it is not known whether it was made."""

    code = "DEADLINE_EXCEEDED"

    def __init__(self) -> None:
        super().__init__(
            "This takes longer than it may, and was stopped: ask for less at a time. A change may have been made even "
            "so: send it again with the same idempotency key, or look."
        )


class NetworkError(AppError):
    """The store, or a service that it takes, cannot be reached just now; the same request may succeed later."""

    code = "UNAVAILABLE"


class DocumentUnknownError(AppError):
    """A request refers to a trusted document that there is not."""

    code = "DOCUMENT_UNKNOWN"

    def __init__(self) -> None:
        super().__init__("No document is registered under this id. Register it with `one documents push`.")


class DocumentRequiredError(AppError):
    """A request brings the text of an operation, or none, where nothing but trusted documents is run."""

    code = "DOCUMENT_REQUIRED"

    def __init__(self) -> None:
        super().__init__("This server runs registered documents only: send the id of one as documentId, and no query.")


class PersistedQueryNotFoundError(AppError):
    """No text is known by its hash: the client sends both. The message is what Apollo's clients wait for."""

    code = "PERSISTED_QUERY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotFound")


class PersistedQueryNotSupportedError(AppError):
    """Texts are not kept by their hashes: the client sends them always. The message is what Apollo's wait for."""

    code = "PERSISTED_QUERY_NOT_SUPPORTED"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotSupported")


class InternalError(AppError):
    """A fault of ours; `trace_id` finds it in the log, and nothing else about it leaves the server."""

    code = "INTERNAL"

    def __init__(self, trace_id: str) -> None:
        super().__init__(f"Something went wrong on our side. Quote {trace_id} when you report it.")
        self.trace_id = trace_id
