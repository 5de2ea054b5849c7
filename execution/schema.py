"""Compiled execution for a Strawberry schema."""

from copy import copy

from graphql import OperationDefinitionNode
from strawberry import Schema
from strawberry.schema.base import BaseSchema
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


def compile_at_once(schema: BaseSchema, operation: OperationDefinitionNode) -> None:
    """Have an operation run compiled from the first time on, where any does: whoever wrote it may make this work."""
    kind = getattr(schema, "execution_context_class", None)
    if isinstance(schema, Schema) and isinstance(kind, type) and issubclass(kind, CompiledExecution):
        kind.plans.trust(operation, schema._schema)  # noqa: SLF001 - Strawberry has no public way to it
