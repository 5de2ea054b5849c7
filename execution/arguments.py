"""The arguments of a field: converted once a request, or once for all requests, where nothing can change them."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Final, TypeAlias
from uuid import UUID

from graphql import Node, VariableNode, Visitor, visit
from graphql.execution.values import get_argument_values

from execution.positions import Position
from execution.runs import Run

Arguments: TypeAlias = Callable[[Run], dict[str, object]]

_IMMUTABLE: Final = (str, int, float, bool, type(None), Enum, date, datetime, time, timedelta, Decimal, UUID)


class _Variables(Visitor):
    found = False

    def enter_variable(self, _node: VariableNode, *_rest: object) -> None:
        self.found = True


def uses_variables(node: Node) -> bool:
    """Whether a variable is anywhere in a node."""
    variables = _Variables()
    visit(node, variables)
    return variables.found


def shareable(values: dict[str, object]) -> bool:
    """Whether nothing can change them: a list or an input object belongs to the resolver, which may."""
    return all(isinstance(value, _IMMUTABLE) for value in values.values())


def arguments_of(position: Position) -> Arguments | None:
    """What reads the arguments of a field in a run, and raises what graphql-core raises; None where there are none."""
    node = position.nodes[0]
    if not position.definition.args and not node.arguments:
        return None

    def convert(run: Run) -> dict[str, object]:
        executor = run.executor
        return get_argument_values(position.definition, node, executor.variable_values, None, executor.hide_suggestions)

    if any(uses_variables(argument) for argument in node.arguments or ()):

        def of_request(run: Run) -> dict[str, object]:
            known = run.arguments.get(position)
            if known is None:
                known = convert(run)
                if shareable(known):
                    run.arguments[position] = known
            return known

        return of_request

    constant: list[dict[str, object]] = []

    def of_document(run: Run) -> dict[str, object]:
        if constant:
            return constant[0]
        values = convert(run)
        if shareable(values):
            constant.append(values)
        return values

    return of_document
