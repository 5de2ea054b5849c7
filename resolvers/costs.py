"""What an operation costs, in points: worked out before it runs, from the sizes of its pages, and from its answer.

Each object is a point, and so is each row of a page or a list; what has no fields of its own is free. What asks more of
the store than rows has a weight in `WEIGHTS`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias, cast

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLError,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    NamedTypeNode,
    NameNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_operation_ast,
    is_abstract_type,
    is_composite_type,
    print_ast,
)
from graphql.utilities import value_from_ast_untyped
from strawberry.types.execution import ExecutionResult

from domain.errors import RateLimitError
from resolvers.limits import LIMIT_EXCEEDED
from schema.context import Charge, Context
from services.lists import MAX_PAGE

CHANGE: Final = 10
"""What a mutation costs, beside what it answers: it reads, locks and writes several rows, and their events."""

INTROSPECTION: Final = 100
"""What the schema costs, however much of it is asked for."""

LISTED: Final = 10
"""For how many a list counts beforehand that is no page and not as long as something given."""

WEIGHTS: Final[Mapping[str, int]] = {
    "totalCount": 5,
    "Query.search": 10,
    "Query.similarTo": 20,
    "Query.labels": 10,
    "Query.orderTotals": 20,
    "Viewer.orderTotals": 20,
    "Group.orderTotals": 20,
    "Group.statistics": 20,
    "ProductConnection.facets": 50,
    "Query.accessExplanation": 10,
    "Query.whoCanAccess": 20,
    "Query.whatCanPersonAccess": 20,
    "Query.orderReconciliation": 50,
    "Query.auditVerification": 100,
    "Query.consistency": 500,
    "PageInfo": 0,
    "edges": 0,
}
"""What one of a field costs, by its type and its name or its name alone, or one of a type; else it is a point."""

SIZES: Final[Mapping[str, str]] = {
    "Query.nodes": "ids",
    "Query._entities": "representations",
    "Mutation.applyChanges": "input.changes",
    "Mutation.setEmbeddings": "input.embeddings",
}
"""Of which fields there are as many as something that is given has entries; pages say it by `first` and `last`."""

_PAGES: Final = ("first", "last")
_ROWS: Final = frozenset({"nodes", "edges"})

Variables: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Given:
    """A size that a variable says, or a part of it."""

    variable: str
    path: tuple[str, ...]
    default: object

    def of(self, variables: Variables) -> int:
        value = variables.get(self.variable, self.default)
        for name in self.path:
            value = value.get(name) if isinstance(value, dict) else None
        return _counted(value)


@dataclass(frozen=True, slots=True)
class Part:
    """A field of an answer that costs something: the `weight` of one, and how many there are of it.

    It has the size of the page that it is in where it has none. It counts only for objects of the `types`, and not
    where a variable has the value that leaves it out.
    """

    key: str
    weight: int
    size: int | _Given | None
    parts: tuple["Part", ...]
    page: int | _Given | None = None
    types: frozenset[str] | None = None
    left_out: tuple[tuple[str, bool, object], ...] = ()


Plan: TypeAlias = tuple[Part, ...]


def requested(plan: Plan, variables: Variables, page: int = 1) -> int:
    """The most that a selection costs once."""
    total, by_type = 0, dict[str, int]()
    for part in plan:
        if any(variables.get(name, default) is value for name, value, default in part.left_out):
            continue
        size = page if part.size is None else part.size if isinstance(part.size, int) else part.size.of(variables)
        rows = part.page.of(variables) if isinstance(part.page, _Given) else 1 if part.page is None else part.page
        cost = size * (part.weight + (requested(part.parts, variables, rows) if part.parts else 0))
        if part.types is None:
            total += cost
        else:
            for name in part.types:
                by_type[name] = by_type.get(name, 0) + cost
    return total + max(by_type.values(), default=0)


def actual(plan: Plan, answer: Mapping[str, object]) -> int:
    """What was answered of a selection; it may be less, where what an object is decides what a key stands for."""
    total = 0
    for part in plan:
        value = answer.get(part.key)
        if isinstance(value, list):
            total += part.weight * len(value)
            if part.parts:
                total += sum(actual(part.parts, each) for each in value if isinstance(each, dict))
        elif value is not None:
            total += part.weight + (actual(part.parts, value) if isinstance(value, dict) else 0)
    return total


def charge(plan: Plan, variables: Variables, context: Context) -> None:
    """Have the caller pay for an operation before it runs. GraphQLError where it costs more than any may.

    RateLimitError where it costs more than the caller has left, which the context then knows too.
    """
    points = requested(plan, variables)
    if points > context.limits.cost:
        raise GraphQLError(
            f"This operation may cost {points:,} points, and one may cost {context.limits.cost:,}. Ask for less at a "
            "time: fewer rows a page, or fewer pages within pages.",
            extensions={"code": LIMIT_EXCEEDED, "limit": "cost", "allowed": context.limits.cost, "actual": points},
        )
    if context.budget is not None:
        try:
            context.budget.spend(points)
        except RateLimitError as error:
            context.refused = error
            raise
    context.charge = Charge(points, partial(actual, plan))


def settle(result: ExecutionResult, context: Context, points: int | None = None) -> int:
    """Give back what an answer did not cost, and say what it did where the caller wants to know; answer that.

    One with errors costs what was requested: what was done for it is not in it. Of an answer that was kept it is known
    how many `points` it costs.
    """
    charged, budget = context.charge, context.budget
    if charged is None or budget is None:
        return 0
    answer = cast("Mapping[str, object] | None", result.data)
    if points is not None:
        cost = points
    elif result.errors or answer is None:
        cost = charged.requested
    else:
        cost = min(charged.actual(answer), charged.requested)
    budget.give_back(charged.requested - cost)
    if context.tells_cost:
        throttle = {"maximum": budget.limits.points, "available": budget.left, "restoreRate": budget.limits.per_second}
        told = {"requested": charged.requested, "actual": cost, "throttleStatus": throttle}
        result.extensions = {**(result.extensions or {}), "cost": told}
    return cost


def plan_of(schema: GraphQLSchema, document: DocumentNode, operation_name: str | None) -> Plan:
    """What of a valid operation costs something."""
    operation = get_operation_ast(document, operation_name)
    if operation is None:
        return ()
    root = schema.get_root_type(operation.operation)
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    return () if root is None else _Planning(schema, operation, fragments).parts(root, [operation.selection_set])


@dataclass(frozen=True, slots=True)
class _Found:
    """A field as it is selected: on which type, for objects of which types, and what leaves it out."""

    parent: GraphQLCompositeType
    node: FieldNode
    types: frozenset[str] | None
    left_out: tuple[tuple[str, bool, object], ...]


class _Planning:
    """Makes the plan of one operation."""

    def __init__(
        self, schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._is_change = operation.operation is OperationType.MUTATION
        self._defaults = {
            each.variable.name.value: value_from_ast_untyped(each.default_value)
            for each in operation.variable_definitions or ()
            if each.default_value is not None
        }

    def parts(self, parent: GraphQLCompositeType, selections: Sequence[SelectionSetNode]) -> Plan:
        """What costs something in selections of objects of a type."""
        # One key may stand for other fields, or other arguments, of other types.
        same: dict[tuple[str, str, str], list[_Found]] = {}
        for selection in selections:
            for each in self._fields(selection, parent, None, ()):
                node = each.node
                arguments = ",".join(sorted(map(print_ast, node.arguments or ())))
                same.setdefault(((node.alias or node.name).value, node.name.value, arguments), []).append(each)
        return tuple(part for (key, _, _), found in same.items() if (part := self._part(key, found)) is not None)

    def _part(self, key: str, found: Sequence[_Found]) -> Part | None:
        first = found[0]
        name, arguments = first.node.name.value, {each.name.value: each.value for each in first.node.arguments or ()}
        types = None if any(each.types is None for each in found) else frozenset[str]().union(*map(_types, found))
        left_out = first.left_out if len(found) == 1 else ()
        if name.startswith("__"):
            weight = 0 if name == "__typename" else INTROSPECTION
            return Part(key, weight, 1, (), types=types, left_out=left_out) if weight else None
        field = self._schema.get_field(first.parent, name)
        if field is None or not is_composite_type(type_ := get_named_type(field.type)):
            weight = WEIGHTS.get(name, 0)
            return Part(key, weight, 1, (), types=types, left_out=left_out) if weight else None
        inner = self.parts(type_, [each.node.selection_set for each in found if each.node.selection_set])
        weight = self._weight(first.parent, name, type_)
        size, page = self._size(first.parent, name, field, arguments)
        return Part(key, weight, size, inner, page, types, left_out) if weight or inner else None

    def _weight(self, parent: GraphQLCompositeType, name: str, type_: GraphQLCompositeType) -> int:
        if self._is_change and parent is self._schema.mutation_type:
            return CHANGE
        return next((WEIGHTS[each] for each in (f"{parent.name}.{name}", name, type_.name) if each in WEIGHTS), 1)

    def _size(
        self, parent: GraphQLCompositeType, name: str, field: GraphQLField, arguments: Mapping[str, ValueNode]
    ) -> tuple[int | _Given | None, int | _Given | None]:
        """How many there are of a field, and how many rows the page has that it is."""
        path = SIZES.get(f"{parent.name}.{name}")
        if path is not None:
            return self._given(arguments, path.split(".")), None
        paging = next((each for each in _PAGES if each in arguments), None)
        if paging is None and "first" in field.args:
            default = field.args["first"].default_value
            page: int | _Given | None = default if isinstance(default, int) else 1
        else:
            page = None if paging is None else self._given(arguments, [paging])
        if not _is_list(field):
            return 1, page
        if page is not None:
            return page, None
        return (None if name in _ROWS else LISTED), None

    def _given(self, arguments: Mapping[str, ValueNode], path: Sequence[str]) -> int | _Given:
        value: ValueNode | None = arguments.get(path[0])
        for at, name in enumerate(path[1:], 1):
            if isinstance(value, VariableNode):
                return self._variable(value, path[at:])
            fields = value.fields if isinstance(value, ObjectValueNode) else ()
            value = next((each.value for each in fields if each.name.value == name), None)
        if isinstance(value, VariableNode):
            return self._variable(value, ())
        return _counted(None if value is None else value_from_ast_untyped(value))

    def _variable(self, node: VariableNode, path: Sequence[str]) -> _Given:
        return _Given(node.name.value, tuple(path), self._defaults.get(node.name.value))

    def _fields(
        self,
        selections: SelectionSetNode,
        parent: GraphQLCompositeType,
        types: frozenset[str] | None,
        left_out: tuple[tuple[str, bool, object], ...],
    ) -> Iterator[_Found]:
        for selection in selections.selections:
            skipped = self._left_out(selection.directives or ())
            if skipped is None:
                continue
            here = left_out + skipped
            match selection:
                case FieldNode():
                    yield _Found(parent, selection, types, here)
                case InlineFragmentNode(type_condition=None, selection_set=inner):
                    yield from self._fields(inner, parent, types, here)
                case InlineFragmentNode(type_condition=NamedTypeNode(name=condition), selection_set=inner):
                    yield from self._fields(inner, *self._narrowed(parent, condition, types), here)
                case FragmentSpreadNode(name=name):
                    fragment = self._fragments[name.value]
                    narrowed = self._narrowed(parent, fragment.type_condition.name, types)
                    yield from self._fields(fragment.selection_set, *narrowed, here)
                case _:
                    continue

    def _narrowed(
        self, parent: GraphQLCompositeType, name: NameNode, types: frozenset[str] | None
    ) -> tuple[GraphQLCompositeType, frozenset[str] | None]:
        if isinstance(parent, GraphQLObjectType):
            return parent, types
        condition = cast("GraphQLCompositeType", self._schema.type_map[name.value])
        possible = self._schema.get_possible_types(condition) if is_abstract_type(condition) else [condition]
        names = frozenset(each.name for each in possible)
        return condition, names if types is None else names & types

    def _left_out(self, directives: Sequence[DirectiveNode]) -> tuple[tuple[str, bool, object], ...] | None:
        """By which values of variables something is left out; None where it always is."""
        found: list[tuple[str, bool, object]] = []
        for directive in directives:
            name = directive.name.value
            if name not in {"skip", "include"}:
                continue
            [argument] = directive.arguments or ()
            value = argument.value
            if isinstance(value, VariableNode):
                found.append((value.name.value, name == "skip", self._defaults.get(value.name.value)))
            elif value_from_ast_untyped(value) is (name == "skip"):
                return None
        return tuple(found)


def _types(found: _Found) -> frozenset[str]:
    return found.types or frozenset()


def _is_list(field: GraphQLField) -> bool:
    type_ = field.type
    return isinstance(type_.of_type if isinstance(type_, GraphQLNonNull) else type_, GraphQLList)


def _counted(value: object) -> int:
    """How many a number or a list asks for; what is neither, or more than a page has, is refused when it runs."""
    if isinstance(value, list):
        return len(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        return 1
    return int(min(max(value, 0), MAX_PAGE))  # 50.0 is an Int to GraphQL too
