"""Filters as Cypher: predicates from a closed vocabulary, whose values are parameters.

The text of a predicate follows from the shape of its condition alone, so that as many statements are made as there
are shapes in use. The planner multiplies out trees of AND and OR, for seconds where they are deep; it takes a CASE as
it is. A CASE also makes two values out of three: what is null does not hold.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from domain.filters import All, Comparison, Condition, Either, Not, Operator, Value
from graph.listing import CEILING, FLOOR, Listing

R = TypeVar("R")
T = TypeVar("T")

Filters = tuple[tuple[str, Value], ...]
"""The parameters of a filter, by their names."""

_COMPARISONS: Mapping[Operator, str] = {
    Operator.IS: "{0} = {1}",
    Operator.ONE_OF: "{0} IN {1}",
    Operator.AT_LEAST: "{0} >= {1}",
    Operator.ABOVE: "{0} > {1}",
    Operator.AT_MOST: "{0} <= {1}",
    Operator.BELOW: "{0} < {1}",
    Operator.CONTAINS: "toLower({0}) CONTAINS {1}",
}
RANGES = frozenset({Operator.AT_LEAST, Operator.ABOVE, Operator.AT_MOST, Operator.BELOW})


@dataclass(frozen=True, slots=True)
class Filtered(Generic[R, T]):
    """A list as a filter narrows it, and the parameters of the filter."""

    listing: Listing[R, T]
    filters: Filters


@dataclass(slots=True)
class Values:
    """The parameters of one statement, in the order in which its text names them."""

    given: dict[str, Value] = field(default_factory=dict)

    def add(self, test: Comparison) -> str:
        """The parameter that holds the value of a comparison."""
        return self.hold(test.value)  # type: ignore[arg-type] # a service made a value of the store of it

    def hold(self, value: Value) -> str:
        """The parameter that holds a value."""
        name = f"{'list' if isinstance(value, tuple) else 'value'}{len(self.given)}"
        self.given[name] = value
        return f"${name}"

    def bound(self, test: Comparison) -> None:
        """Bound the keys by a time of creation, which they start with."""
        micros = int(test.value)  # type: ignore[arg-type] # as above
        edge = f"{min(max(micros, 0), MAX_KEY_TIME):013x}"
        if test.operator is Operator.AT_LEAST:
            self.at_least(edge)
        else:
            self.below(edge)

    def at_least(self, edge: str) -> None:
        """Let through keys that start with this or come after it."""
        self.given[FLOOR] = max(edge, str(self.given.get(FLOOR, edge)))

    def below(self, edge: str) -> None:
        """Let through keys that come before this and do not start with it."""
        self.given[CEILING] = min(edge, str(self.given.get(CEILING, edge)))

    @property
    def filters(self) -> Filters:
        """All of them."""
        return tuple(self.given.items())


MAX_KEY_TIME = 16**13 - 1
"""The last microsecond that a sort key can hold."""

Leaf = Callable[[Comparison, Values], str]
"""Makes a predicate of one comparison."""


def compare(expression: str, test: Comparison, values: Values) -> str:
    """The predicate that compares an expression."""
    if test.operator is Operator.PRESENT:
        return f"{expression} IS {'NOT ' if test.value else ''}NULL"
    return _COMPARISONS[test.operator].format(expression, values.add(test))


def among(test: Comparison, values: Values) -> str:
    """What follows the expression that is one of the values of a comparison."""
    return f"{'IN' if test.operator is Operator.ONE_OF else '='} {values.add(test)}"


def predicates(conditions: Iterable[Condition], leaf: Leaf, values: Values) -> tuple[str, ...]:
    """The predicates of conditions that must all hold."""
    return tuple(_predicate(each, leaf, values) for each in conditions)


def _predicate(condition: Condition, leaf: Leaf, values: Values) -> str:
    match condition:
        case Comparison():
            return leaf(condition, values)
        case Not(part=part):
            return f"CASE WHEN {_predicate(part, leaf, values)} THEN false ELSE true END"
        case Either(parts=parts):
            cases = " ".join(f"WHEN {_predicate(part, leaf, values)} THEN true" for part in parts)
            return f"CASE {cases} ELSE false END"
        case All(parts=parts):
            return f"({' AND '.join(predicates(parts, leaf, values))})" if parts else "true"


@dataclass(slots=True)
class Musts:
    """The conditions that must all hold, of which an access path takes those that it serves by itself."""

    rest: list[Comparison | Either | Not]

    def find(self, name: str, *operators: Operator) -> Comparison | None:
        """The first comparison of a field by one of these operators, which stays."""
        return next(
            (
                each
                for each in self.rest
                if isinstance(each, Comparison) and each.field == name and each.operator in operators
            ),
            None,
        )

    def take(self, name: str, *operators: Operator) -> Comparison | None:
        """The same, which is then seen to."""
        found = self.find(name, *operators)
        if found is not None:
            self.rest.remove(found)
        return found

    def bound(self, name: str, values: Values) -> None:
        """Bound the keys by the times of creation that must hold."""
        while found := self.take(name, Operator.AT_LEAST, Operator.BELOW):
            values.bound(found)
