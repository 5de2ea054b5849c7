"""graphql-core itself, at one position: whatever is not regular is completed by its own methods.

So the text of an error, its path and where null goes are graphql-core's, and nothing here says them a second time.
"""

from collections.abc import Awaitable
from typing import cast

from graphql import GraphQLAbstractType, GraphQLObjectType, GraphQLOutputType
from graphql.execution.executor import invalid_return_type_error

from execution.places import PENDING, Place, path_of
from execution.positions import Position
from execution.runs import Complete, Info, Run, Waiting


def wait(run: Run, awaitable: object, place: Place, position: Position, complete: Complete | None) -> object:
    """Await it after this; meanwhile something stands in its place."""
    run.queue.append(Waiting(cast("Awaitable[object]", awaitable), place, position.nodes, complete))
    return PENDING


def answered(run: Run, value: object, place: Place, position: Position) -> object:
    """What graphql-core completed, be it now or once it has been awaited."""
    if run.executor.is_awaitable(value):
        return wait(run, value, place, position, None)
    return value


def irregular(  # noqa: PLR0917 - called by generated code
    run: Run,
    value: object,
    place: Place,
    info: Info | None,
    position: Position,
    type_: GraphQLOutputType,
    complete: Complete,
) -> object:
    """Complete a value that is not regular, or await it and begin again."""
    executor = run.executor
    if run.awaited is not place and executor.is_awaitable(value):
        return wait(run, value, place, position, complete)
    info = info or position.info(run, place)
    completed = executor.complete_value(type_, position.details, info, path_of(place), value, None)
    return answered(run, completed, place, position)


def whole_field(run: Run, source: object, place: Place, position: Position) -> object:
    """Resolve and complete a field, such as one of introspection."""
    completed = run.executor.execute_field(position.parent_type, source, position.details, path_of(place), None)
    return answered(run, completed, place, position)


def whole_object(run: Run, source: object, place: Place, position: Position, type_: GraphQLObjectType) -> object:
    """Everything that is selected of an object, once its type is known to be right."""
    completed = run.executor.collect_and_execute_subfields(type_, position.details, path_of(place), source, None)
    return answered(run, completed, place, position)


def checked_object(  # noqa: PLR0917 - called often
    run: Run,
    source: object,
    place: Place,
    position: Position,
    type_: GraphQLObjectType,
    is_one: object,
) -> object:
    """An object of which `is_type_of` said something else than yes: an error, or wait for what it says."""
    executor = run.executor
    if not executor.is_awaitable(is_one):
        raise invalid_return_type_error(type_, source, position.details)

    async def once_known() -> object:
        if not await cast("Awaitable[bool]", is_one):
            raise invalid_return_type_error(type_, source, position.details)
        completed = executor.collect_and_execute_subfields(type_, position.details, path_of(place), source, None)
        return await completed if executor.is_awaitable(completed) else completed

    return wait(run, once_known(), place, position, None)


def named_object(  # noqa: PLR0917 - called often
    run: Run, source: object, place: Place, info: Info, position: Position, abstract: GraphQLAbstractType, name: object
) -> object:
    """An object of an abstract type, of which `resolve_type` answered no name, or one that is still awaited."""
    executor = run.executor

    def complete(type_name: object) -> object:
        type_ = executor.ensure_valid_runtime_type(type_name, abstract, position.details, info, source)
        return executor.complete_object_value(type_, position.details, info, path_of(place), source, None)

    if not executor.is_awaitable(name):
        return answered(run, complete(name), place, position)

    async def once_known() -> object:
        completed = complete(await cast("Awaitable[object]", name))
        return await completed if executor.is_awaitable(completed) else completed

    return wait(run, once_known(), place, position, None)
