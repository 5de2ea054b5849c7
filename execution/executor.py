"""An executor that runs compiled plans, and graphql-core's own way wherever it has none."""

from collections.abc import Awaitable, Sequence
from functools import partial
from typing import ClassVar, TypeAlias, cast
from weakref import ref

from graphql import (
    ExecutionResult,
    ExperimentalIncrementalExecutionResults,
    GraphQLError,
    OperationType,
)
from graphql.execution import Executor
from graphql.execution.execute import assume_not_awaitable
from graphql.pyutils import gather_with_cancel
from graphql.pyutils.is_awaitable import is_awaitable
from graphql.type.definition import GraphQLResolveInfoHelpers
from strawberry.execution.is_awaitable import optimized_is_awaitable

from execution.cache import Plans
from execution.completing import Select
from execution.runs import Run

Result: TypeAlias = ExecutionResult | ExperimentalIncrementalExecutionResults

_KNOWN_PREDICATES = (is_awaitable, optimized_is_awaitable, assume_not_awaitable)


class CompiledExecution(Executor[None]):
    """To be put before an executor class: runs compiled what can be, and leaves everything else to that class."""

    plans: ClassVar[Plans]
    cancels: ClassVar[bool] = False
    """Whether a field is cancelled, as graphql-core does, when one beside it made null what is around both.

    That stops work that nobody wants any more. It is wrong where fields wait for futures that they share, as with a
    dataloader whose futures are not shielded: these are cancelled for all. Without it, such a field ends by itself.
    """

    def execute_operation(self, serially: bool | None = None) -> Awaitable[Result] | Result:
        """Run the operation. Its result, or an awaitable of it where anything in it is awaited."""
        operation = self.operation
        root_type = self.schema.get_root_type(operation.operation)
        plan = self.plans.plan_for(self) if root_type is not None and self._can_be_compiled() else None
        if plan is None or root_type is None:
            return super().execute_operation(serially)
        one_by_one = operation.operation is OperationType.MUTATION if serially is None else serially
        run = Run(self, cancels=self.cancels)
        roots = plan.roots(run, root_type, serially=one_by_one)
        if roots is None:
            return super().execute_operation(serially)
        # Those of graphql-core keep the executor, which keeps them: with all of its context it would stay until a
        # collection of garbage, which holds the event loop for long where many operations left something to it.
        self.async_helpers = GraphQLResolveInfoHelpers(gather=_gather, track=partial(_track, ref(self)))
        return self._run(run, roots, {}, 0)

    def _can_be_compiled(self) -> bool:
        middleware = self.middleware_manager
        return (
            self.abort_signal is None
            and (middleware is None or not middleware.middlewares)
            and self.error_propagation
            and self.is_awaitable in _KNOWN_PREDICATES
        )

    def _run(
        self, run: Run, roots: Sequence[Select], data: dict[str, object], first: int
    ) -> Awaitable[Result] | Result:
        try:
            for index in range(first, len(roots)):
                part = cast("dict[str, object]", roots[index](run, self.root_value, None))
                if run.queue:
                    return self._finish(run, roots, data, part, index)
                data.update(part)
        except GraphQLError as error:
            return self._failed(run, error)
        return self.build_response(data)

    async def _finish(
        self, run: Run, roots: Sequence[Select], data: dict[str, object], part: dict[str, object], index: int
    ) -> Result:
        await run.settle()
        if run.root_error is not None:
            return self._failed(run, run.root_error)
        data.update(part)
        rest = self._run(run, roots, data, index + 1)
        return await rest if isinstance(rest, Awaitable) else rest

    def _failed(self, run: Run, error: GraphQLError) -> Result:
        run.leave_all()
        self.collected_errors.add(error, None)
        return self.build_response(None)


def _gather(values: Sequence[Awaitable[object]]) -> Awaitable[list[object]]:
    return gather_with_cancel(*values)


def _track(executor: "ref[Executor[None]]", values: Sequence[object]) -> None:
    """As the executor does, for as long as it is there: what it did not track it does not wait for."""
    running = executor()
    if running is not None:
        running.track_async_work(values)
