"""Compiled execution for a Strawberry schema."""

from copy import copy

from strawberry import Schema
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from execution.cache import Bounds, Plans
from execution.executor import CompiledExecution


def compiled(schema: Schema, bounds: Bounds | None = None, *, cancel: bool = False) -> Schema:
    """The same schema, whose operations run compiled; what they answer is the same.

    For `cancel` see `CompiledExecution.cancels`.
    """

    class Compiled(CompiledExecution, StrawberryGraphQLCoreExecutionContext):
        plans = Plans(bounds)
        cancels = cancel

    same = copy(schema)
    same.execution_context_class = Compiled
    return same
