"""Plans: what of a document is compiled, one plan for each operation and combination of its conditions."""

from collections.abc import Sequence
from typing import Protocol

from graphql import DirectiveNode, GraphQLError, GraphQLObjectType, Node, VariableNode, Visitor, visit
from graphql.execution import default_field_resolver
from graphql.execution.collect_fields import FieldDetails, collect_fields, collect_subfields

from execution.completing import Select
from execution.positions import Position
from execution.runs import Core, Run
from execution.selecting import write_selection

_INCREMENTAL = {"defer", "stream"}
_CONDITIONS = {"skip", "include"}


class _Directives(Visitor):
    """What the directives of a document say about how it can be run."""

    def __init__(self) -> None:
        super().__init__()
        self.incremental = False
        self.variables: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_rest: object) -> None:
        name = node.name.value
        self.incremental = self.incremental or name in _INCREMENTAL
        if name in _CONDITIONS:
            self.variables.update(
                argument.value.name.value
                for argument in node.arguments or ()
                if isinstance(argument.value, VariableNode)
            )


def conditions_of(executor: Core) -> tuple[str, ...] | None:
    """The variables by which an operation selects fields; None where graphql-core is to run it."""
    if any(fragment.variable_signatures for fragment in executor.fragments.values()):
        return None
    directives = _Directives()
    nodes: list[Node] = [executor.operation, *executor.fragment_definitions.values()]
    for node in nodes:
        visit(node, directives)
    return None if directives.incremental else tuple(sorted(directives.variables))


class Allowance(Protocol):
    """Says how much may still be compiled, and hears of what was."""

    def take(self, plan: "Plan", fields: int) -> bool:
        """Whether this plan may compile so many fields more."""

    def spent(self, seconds: float) -> None:
        """Hear how long that took."""

    def now(self) -> float:
        """The time, in seconds since whenever."""


class Plan:
    """The compiled selections of one operation under one combination of its conditions, each from when it is needed."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._roots: tuple[Select, ...] | None = None
        self.fields = 0
        self.kept = True

    def roots(self, run: Run, type_: GraphQLObjectType, *, serially: bool) -> Sequence[Select] | None:
        """The functions for the root fields: one for all, or one for each; None where graphql-core is to run them."""
        if self._roots is None:
            executor = run.executor
            try:
                collected = collect_fields(
                    executor.schema,
                    executor.fragments,
                    executor.variable_values,
                    type_,
                    executor.operation,
                    executor.hide_suggestions,
                )
            except (GraphQLError, RecursionError):  # which graphql-core will answer
                return None
            positions = _positions(executor, type_, collected.grouped_field_set)
            groups = [[each] for each in positions] if serially else [positions]
            written = [self._written(run, type_, group) for group in groups]
            found = tuple(each for each in written if each is not None)
            if len(found) < len(written):
                return None
            self._roots = found
        return self._roots

    def selection(self, run: Run, type_: GraphQLObjectType, position: Position) -> Select | None:
        """What is selected of an object type at a position; None where there is no allowance for it."""
        executor = run.executor
        collected = collect_subfields(
            executor.schema,
            executor.fragments,
            executor.variable_values,
            executor.operation,
            type_,
            position.details,
            executor.hide_suggestions,
        )
        return self._written(run, type_, _positions(executor, type_, collected.grouped_field_set))

    def _written(self, run: Run, type_: GraphQLObjectType, positions: Sequence[Position]) -> Select | None:
        if not self._allowance.take(self, len(positions)):
            return None
        began = self._allowance.now()
        written = write_selection(self, run, type_, positions)
        self._allowance.spent(self._allowance.now() - began)
        return written


def _positions(executor: Core, type_: GraphQLObjectType, grouped: dict[str, list[FieldDetails]]) -> list[Position]:
    positions = []
    for key, details in grouped.items():
        definition = executor.schema.get_field(type_, details[0].node.name.value)
        if definition is not None:  # as in graphql-core: what is not there was left to validation
            positions.append(Position(key, type_, definition, details, [each.node for each in details]))
    return positions


def by_default(executor: Core) -> bool:
    """Whether fields without a resolver are read by graphql-core's default resolver."""
    return executor.field_resolver is default_field_resolver
