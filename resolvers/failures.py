"""What a failure looks like in the `errors` of a response: expected ones with a code, the others masked."""

import logging
from collections.abc import Iterator

from graphql import ExecutionResult as CoreResult
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.types.execution import ExecutionResult

from domain.errors import AppError, InternalError, NotFoundError, RateLimitError, ValidationError
from domain.ids import new_id
from schema.context import Context

log = logging.getLogger("one.graphql")

BAD_REQUEST = "BAD_REQUEST"
"""The code of what is wrong as GraphQL: syntax, unknown fields, values of another type."""


class ShowFailures(SchemaExtension):
    """Gives each error of a result its code, and keeps to ourselves what nobody was meant to see."""

    def on_operation(self) -> Iterator[None]:
        """Once the operation is done."""
        yield
        result = self.execution_context.result
        if isinstance(result, CoreResult | ExecutionResult) and result.errors:
            result.errors = [self._shown(error) for error in result.errors]

    def _shown(self, error: GraphQLError) -> GraphQLError:
        cause = error.original_error
        if cause is None or isinstance(cause, GraphQLError):
            return _with(error, error.message, {"code": BAD_REQUEST})
        if not isinstance(cause, AppError):
            context = self.execution_context.context
            request_id = context.caller.request_id if isinstance(context, Context) else None
            masked = InternalError(request_id or new_id("err"))
            log.error("unexpected error %s", masked.trace_id, exc_info=cause)
            return _with(error, masked.message, {"code": masked.code, "traceId": masked.trace_id})
        extensions: dict[str, object] = {"code": cause.code}
        match cause:
            case ValidationError():
                extensions["field"] = cause.field
            case NotFoundError():
                extensions |= {"resource": cause.resource, "id": cause.id}
            case RateLimitError():
                extensions["retryAfter"] = cause.retry_after
        return _with(error, cause.message, extensions)


def _with(error: GraphQLError, message: str, extensions: dict[str, object]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
