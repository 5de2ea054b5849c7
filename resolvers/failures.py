"""What a failure looks like in the `errors` of a response: expected ones with a code, the others masked."""

import logging
import re
from collections.abc import Iterator
from contextlib import aclosing, suppress

from graphql import ExecutionResult as CoreResult
from graphql import GraphQLError, OperationDefinitionNode
from strawberry.exceptions import MissingQueryError
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.schema.schema import StreamResult
from strawberry.types import StreamExecutionResult
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from domain.errors import AppError, InternalError, NotFoundError, RateLimitError, ValidationError
from domain.ids import new_id
from schema.context import Context

log = logging.getLogger("one.graphql")

BAD_REQUEST = "BAD_REQUEST"
"""The code of what is wrong as GraphQL: syntax, unknown fields, values of another type."""

_NO_STREAM = (
    "A subscription has no end: use graphql-transport-ws over WebSocket, or take server-sent events with the header "
    "`Accept: text/event-stream`."
)

_SUGGESTION = re.compile(r" Did you mean [^?]*\?")

TOO_MUCH = "This cannot be read as GraphQL: a number in it has too many digits, or it is nested too deep."


class ShowFailures(SchemaExtension):
    """Gives each error of a result its code, and keeps to ourselves what nobody was meant to see."""

    def on_operation(self) -> Iterator[None]:
        """Once the operation is done. One that could not even be parsed arrives as an exception."""
        try:
            yield
        except (CannotGetOperationTypeError, InvalidOperationTypeError, MissingQueryError):
            raise
        except Exception as error:
            raise failed(error, self.execution_context.context) from error
        result = self.execution_context.result
        if isinstance(result, CoreResult | ExecutionResult) and result.errors:
            result.errors = [shown(error, self.execution_context.context) for error in result.errors]

    def on_stream_result(self, result: StreamExecutionResult) -> Iterator[None]:
        """Before each result of a subscription is sent."""
        if isinstance(result, CoreResult | ExecutionResult) and result.errors:
            result.errors = [shown(error, self.execution_context.context) for error in result.errors]
        yield


class NameTheOperation(SchemaExtension):
    """Refuses several operations of which the request names none: https://spec.graphql.org/draft/#GetOperation() ."""

    def on_validate(self) -> Iterator[None]:
        """Before validation, whose error this then is."""
        context = self.execution_context
        named = context._provided_operation_name  # noqa: SLF001 - the public one falls back on the first operation
        operations = [
            definition
            for definition in (context.graphql_document.definitions if context.graphql_document else ())
            if isinstance(definition, OperationDefinitionNode)
        ]
        if named is None and len(operations) > 1:
            context.pre_execution_errors = [GraphQLError("Say which operation to run, with operationName.")]
        yield


class StreamSubscriptions(SchemaExtension):
    """Refuses a subscription where there can be one answer only, and tells of an operation that is right."""

    def on_validate(self) -> Iterator[None]:
        """Before validation, whose error this then is."""
        execution, context = self.execution_context, self.execution_context.context
        if isinstance(context, Context) and not context.streams and execution.graphql_document is not None:
            with suppress(CannotGetOperationTypeError):
                if execution.operation_type is OperationType.SUBSCRIPTION:
                    execution.pre_execution_errors = [GraphQLError(_NO_STREAM)]
        yield
        if isinstance(context, Context) and context.accepted is not None and not execution.pre_execution_errors:
            context.accepted()


def failed(error: Exception, context: object) -> GraphQLError:
    """What an operation that raised an error is answered with."""
    return shown(error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error), context)


def shown(error: GraphQLError, context: object) -> GraphQLError:
    """An error with its code, or, where nobody was meant to see it, one that says no more than where it is logged."""
    cause = error.original_error
    if cause is None or isinstance(cause, GraphQLError):
        hides = isinstance(context, Context) and not context.limits.introspection
        message = _SUGGESTION.sub("", error.message) if hides else error.message
        return _with(error, message, {"code": BAD_REQUEST, **(error.extensions or {})})
    if isinstance(cause, ValueError | RecursionError) and error.path is None:
        return _with(error, TOO_MUCH, {"code": BAD_REQUEST})
    if not isinstance(cause, AppError):
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


async def answered(results: StreamResult) -> StreamResult:
    """The same results; an error before the first of them is one too, where it would end the stream without a word."""
    async with aclosing(results):
        try:
            async for result in results:
                yield result
        except GraphQLError as error:
            yield PreExecutionError(data=None, errors=[error])


def _with(error: GraphQLError, message: str, extensions: dict[str, object]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
