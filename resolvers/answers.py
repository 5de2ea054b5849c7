"""Mutations answer the errors that a caller can act on as data, and the audit log is told of what was refused."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar, cast

from domain.errors import AppError, ItemError
from schema.bulk_changes import ApplyChangesInput
from schema.context import Info
from schema.errors import shown_error
from services.access import Action
from services.change_items import action_of
from services.denials import Denial, denial_of
from services.journal import DOING

P = ParamSpec("P")
R = TypeVar("R")

_OTHERWISE: Final = {
    "create_product": Action.CREATE_THING,
    "update_product": Action.UPDATE_THING,
    "unlabel_thing": Action.LABEL_THING,
    "add_document": Action.ADD_KNOWLEDGE,
    "add_vector": Action.ADD_KNOWLEDGE,
    "register_thing_type": Action.REGISTER_TYPE,
    "register_connection_type": Action.REGISTER_TYPE,
    "evolve_thing_type": Action.EVOLVE_TYPE,
}
"""The actions of mutations that are not named like them."""


def answering(resolver: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Answer an expected failure of the resolver as the member of its result's union that shows it."""
    action = _OTHERWISE.get(resolver.__name__) or Action(resolver.__name__)

    @wraps(resolver)
    async def answer(*args: P.args, **kwargs: P.kwargs) -> R:
        doing = DOING.set(action)
        try:
            return await resolver(*args, **kwargs)
        except AppError as error:
            context = cast("Info", kwargs["info"]).context
            await context.services.denials.record(context.caller, [_denied(action, kwargs.get("input"), error)])
            return cast("R", shown_error(error))
        finally:
            DOING.reset(doing)

    return answer


def _denied(action: Action, given: object, error: AppError) -> Denial | None:
    if isinstance(error, ItemError) and isinstance(given, ApplyChangesInput):
        change = given.to_domain()[error.index]
        return denial_of(action_of(change), change, error.error)
    return denial_of(action, given, error)
