"""How an operation runs: what all checks let through once runs straight away the next time."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Final, cast

import orjson
import strawberry
from graphql import DocumentNode, GraphQLError, GraphQLSchema, execute, get_operation_ast
from strawberry.execution.is_awaitable import optimized_is_awaitable
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import StreamResult
from strawberry.types import ExecutionContext, StreamExecutionResult
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType
from strawberry.utils.await_maybe import await_maybe

from domain.errors import (
    AppError,
    DocumentRequiredError,
    DocumentUnknownError,
    PersistedQueryNotFoundError,
    PersistedQueryNotSupportedError,
    ValidationError,
)
from execution.schema import compile_at_once
from resolvers.costs import Plan, charge, plan_of, settle
from resolvers.failures import answered, failed, shown
from resolvers.keeping import may_be_kept
from resolvers.limits import DOCUMENTS, parse_options
from schema.context import Context
from schema.limits import Limits
from services.kept_answers import Key

_MOST_GIVEN: Final = 1_000
"""Bytes of the variables of an answer that is kept."""

WRONG_DOCUMENTS: Final = (
    DocumentUnknownError,
    DocumentRequiredError,
    PersistedQueryNotFoundError,
    PersistedQueryNotSupportedError,
    ValidationError,
)
"""Why nothing is run for what a request says of its document."""


@dataclass(frozen=True, slots=True)
class LetThrough:
    """An operation of a document that may run: it is valid, and within the limits of the server."""

    document: DocumentNode
    type: OperationType
    name: str | None
    plan: Plan
    """What of it costs something."""
    may_be_kept: bool
    """Whether its answers are kept for as long as nothing changes."""
    token: object = field(default_factory=object)
    """Stands for it where answers are kept, which would keep the document too otherwise."""


class RememberWhatMayRun(SchemaExtension):
    """Notes what the extensions before it let through, by all that they decide by: schema, document, name, limits."""

    def on_execute(self) -> Iterator[None]:
        """Once everything was checked, and before it runs."""
        execution, context = self.execution_context, self.execution_context.context
        document = execution.graphql_document
        if isinstance(context, Context) and document is not None:
            given = execution._provided_operation_name  # noqa: SLF001 - the public one falls back on the first operation
            type_, name = execution.operation_type, execution.operation_name
            core = execution.schema._schema  # noqa: SLF001 - as Strawberry's own cache has it
            known = DOCUMENTS.about(
                document,
                _key(core, given, context.limits),
                lambda: LetThrough(
                    document, type_, name, plan_of(core, document, name), may_be_kept(core, document, name)
                ),
            )
            charge(known.plan, execution.variables or {}, context)
            operation = get_operation_ast(document, name)
            if context.trusted and operation is not None:
                compile_at_once(execution.schema, operation)
        yield

    def on_stream_result(self, result: StreamExecutionResult) -> Iterator[None]:
        """Before an answer is sent over what stays open; what a subscription delivers costs no more than its start."""
        execution, context = self.execution_context, self.execution_context.context
        if (
            isinstance(context, Context)
            and isinstance(result, ExecutionResult)
            and execution.graphql_document is not None
            and execution.operation_type is not OperationType.SUBSCRIPTION
        ):
            settle(result, context)
        yield


def _key(core: GraphQLSchema, operation_name: str | None, limits: Limits) -> object:
    return (LetThrough, core, operation_name, limits)


class Schema(strawberry.Schema):
    """A schema that leaves logging to ShowFailures: an expected failure is no news to an operator."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Nothing."""

    def _stream(self, *given: object, **named: object) -> StreamResult:
        """All results, be they errors."""
        return answered(super()._stream(*given, **named))  # type: ignore[arg-type] # whatever Strawberry gives

    async def execute(  # noqa: PLR0917 - as Strawberry declares it
        self,
        query: str | None,
        variable_values: dict[str, object] | None = None,
        context_value: object = None,
        root_value: object = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, object] | None = None,
    ) -> ExecutionResult:
        """The answer to an operation, whose text is `query` or what stands for it.

        RateLimitError where it costs more than its caller has left to spend.
        """
        if isinstance(context_value, Context):
            try:
                query = await _text(query, context_value)
            except WRONG_DOCUMENTS as error:
                return _refused(error, context_value)
        if query is not None and isinstance(context_value, Context) and allowed_operation_types is not None:
            known = _let_through(self._schema, query, operation_name, context_value.limits)
            if known and known.type in allowed_operation_types and known.type is not OperationType.SUBSCRIPTION:
                return await self._run(known, variable_values, context_value, root_value, operation_extensions)
        result = await super().execute(
            query,
            variable_values,
            context_value,
            root_value,
            operation_name,
            allowed_operation_types,
            operation_extensions,
        )
        if isinstance(context_value, Context):
            if context_value.refused is not None:
                raise context_value.refused
            settle(result, context_value)
        return result

    async def stream(  # noqa: PLR0917 - as Strawberry declares it
        self,
        query: str | None,
        variable_values: dict[str, object] | None = None,
        context_value: object = None,
        root_value: object = None,
        operation_name: str | None = None,
        operation_extensions: dict[str, object] | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
    ) -> StreamResult:
        """The answers to an operation, whose text is `query` or what stands for it."""
        if isinstance(context_value, Context):
            try:
                query = await _text(query, context_value)
            except AppError as error:
                return _only(_refused(error, context_value))
        return await super().stream(
            query,
            variable_values,
            context_value,
            root_value,
            operation_name,
            operation_extensions,
            allowed_operation_types,
        )

    async def _stream_non_subscription(
        self, execution_context: ExecutionContext, *given: object, **named: object
    ) -> StreamResult:
        """The answer to an operation that is no subscription, over what stays open."""
        results = super()._stream_non_subscription(execution_context, *given, **named)  # type: ignore[arg-type] # as above
        context = execution_context.context
        with context.taking_on() if isinstance(context, Context) else nullcontext():
            answers = [each async for each in results]
        for each in answers:
            yield each

    async def _run(
        self,
        known: LetThrough,
        variables: dict[str, object] | None,
        context: Context,
        root_value: object,
        operation_extensions: Mapping[str, object] | None,
    ) -> ExecutionResult:
        try:
            charge(known.plan, variables or {}, context)
        except GraphQLError as error:
            return PreExecutionError(data=None, errors=[failed(error, context)])
        key = _kept_by(known, variables, context)
        if key is None:
            answer = await self._answer(known, variables, context, root_value, operation_extensions)
            settle(answer, context)
            return answer
        answers = context.services.kept_answers
        kept = await answers.find(key)
        if kept is not None:
            answer = ExecutionResult(data=_written(kept.text), errors=None)
            settle(answer, context, kept.points)
            return answer
        with answers.reading() as reading:
            answer = await self._answer(known, variables, context, root_value, operation_extensions)
        points = settle(answer, context)
        if reading.holds and answer.data is not None and not answer.errors:
            text = orjson.dumps(answer.data)
            answers.keep(key, text, points, reading.version)
            answer.data = _written(text)
        return answer

    async def _answer(
        self,
        known: LetThrough,
        variables: dict[str, object] | None,
        context: Context,
        root_value: object,
        operation_extensions: Mapping[str, object] | None,
    ) -> ExecutionResult:
        """What an operation answers that may run."""
        try:
            result = await await_maybe(
                execute(
                    self._schema,
                    known.document,
                    root_value,
                    context,
                    variables,
                    known.name,
                    executor_class=self.execution_context_class,
                    is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type] # Strawberry says bool of it
                    operation_extensions=operation_extensions,
                )
            )
        except Exception as error:  # noqa: BLE001 - no answer without a code
            return PreExecutionError(data=None, errors=[failed(error, context)])
        errors = [shown(each, context) for each in result.errors] if result.errors else None
        return ExecutionResult(data=result.data, errors=errors)


def _kept_by(known: LetThrough, variables: dict[str, object] | None, context: Context) -> Key | None:
    """By what an answer is kept: all that it depends on but for the store. None where it is not kept."""
    if context.streams or not known.may_be_kept:
        return None
    try:
        given = orjson.dumps(variables, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return None
    return Key(known.token, given, context.caller.viewer) if len(given) <= _MOST_GIVEN else None


def _written(text: bytes) -> dict[str, object]:
    """Data that is JSON already, which stands in a response as it is."""
    return cast("dict[str, object]", orjson.Fragment(text))


async def _text(query: str | None, context: Context) -> str | None:
    """The text that a request asks to run. An error of WRONG_DOCUMENTS where there is none, or it may not run."""
    found = await context.services.operation_texts.find(query, context.reference)
    context.trusted = found.trusted
    return found.text


def _refused(error: AppError, context: Context) -> PreExecutionError:
    return PreExecutionError(data=None, errors=[failed(error, context)])


async def _only(result: PreExecutionError) -> StreamResult:
    yield result


def _let_through(core: GraphQLSchema, query: str, operation_name: str | None, limits: Limits) -> LetThrough | None:
    if not isinstance(cast("object", operation_name), str | None):  # whatever a client sends as such
        return None
    document = DOCUMENTS.kept(query, parse_options(limits))
    found = document and DOCUMENTS.found_out(document, _key(core, operation_name, limits))
    return cast("LetThrough | None", found)
