"""How large an operation may be, told before it runs; each fragment is measured once, however often it is spread."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    Node,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    SelectionSetNode,
)
from strawberry.extensions import SchemaExtension
from strawberry.types.execution import ParseOptions

from execution.documents import Documents
from schema.context import Context
from schema.limits import Limits

LIMIT_EXCEEDED: Final = "LIMIT_EXCEEDED"
"""The code of an operation that is larger than it may be."""

DOCUMENTS: Final = Documents()
"""The documents that are kept parsed, measured and validated."""

_MOST = 1_000_000_000  # fragments that spread each other twice grow beyond any number worth telling


@dataclass(frozen=True, slots=True)
class Size:
    """How large a selection is, with all fragments spread: its levels, and how often each thing is in it."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0

    def beside(self, other: "Size") -> "Size":
        """Both as parts of one selection."""
        return Size(
            max(self.depth, other.depth),
            min(self.fields + other.fields, _MOST),
            min(self.aliases + other.aliases, _MOST),
            min(self.directives + other.directives, _MOST),
        )


class Measure:
    """Measures the operations of one document."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._sizes: dict[str, Size] = {}
        self._open: set[str] = set()

    def operation(self, operation: OperationDefinitionNode) -> tuple[Size, int]:
        """The size of an operation, and how many fields it has at its root."""
        size = self._selections(operation.selection_set).beside(Size(directives=_directives(operation)))
        return size, self._roots(operation.selection_set)

    def _selections(self, selections: SelectionSetNode | None) -> Size:
        size = Size()
        for selection in selections.selections if selections else ():
            size = size.beside(Size(directives=_directives(selection)))
            match selection:
                case FieldNode(name=name, alias=alias, selection_set=inner):
                    # What the schema says of itself is deep by nature, and as large as the schema is.
                    below = Size() if name.value.startswith("__") else self._selections(inner)
                    size = size.beside(
                        Size(below.depth + 1, below.fields + 1, below.aliases + bool(alias), below.directives)
                    )
                case InlineFragmentNode(selection_set=inner):
                    size = size.beside(self._selections(inner))
                case FragmentSpreadNode(name=name):
                    size = size.beside(self._fragment(name.value))
                case _:
                    continue
        return size

    def _fragment(self, name: str) -> Size:
        fragment = self._fragments.get(name)
        if fragment is None or name in self._open:  # another rule refuses both
            return Size()
        if name not in self._sizes:
            self._open.add(name)
            self._sizes[name] = self._selections(fragment.selection_set)
            self._open.discard(name)
        return self._sizes[name]

    def _roots(self, selections: SelectionSetNode, within: frozenset[str] = frozenset()) -> int:
        roots = 0
        for selection in selections.selections:
            match selection:
                case FieldNode():
                    roots += 1
                case InlineFragmentNode(selection_set=inner):
                    roots += self._roots(inner, within)
                case FragmentSpreadNode(name=name) if name.value not in within and name.value in self._fragments:
                    roots += self._roots(self._fragments[name.value].selection_set, within | {name.value})
                case _:
                    continue
            if roots > _MOST:
                break
        return roots


def _directives(node: Node) -> int:
    return len(getattr(node, "directives", None) or ())


def measured(document: DocumentNode) -> tuple[tuple[OperationDefinitionNode, Size, int], ...]:
    """Each operation of a document with its size and how many fields it has at its root."""
    return DOCUMENTS.about(document, measured, partial(measure_all, document))


def measure_all(document: DocumentNode) -> tuple[tuple[OperationDefinitionNode, Size, int], ...]:
    """The same, whether it was measured before or not."""
    measure = Measure(
        {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    )
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    return tuple((operation, *measure.operation(operation)) for operation in operations)


def _excesses(operation: OperationDefinitionNode, size: Size, roots: int, limits: Limits) -> Iterator[GraphQLError]:
    found = (
        ("depth", size.depth, limits.depth, "levels"),
        ("fields", size.fields, limits.fields, "fields"),
        ("aliases", size.aliases, limits.aliases, "aliases"),
        ("directives", size.directives, limits.directives, "directives"),
        ("rootFields", roots, limits.root_fields, "fields at its root"),
    )
    for name, actual, allowed, unit in found:
        if actual > allowed:
            yield GraphQLError(
                f"This operation has {actual:,} {unit}, and may have {allowed:,}. Ask for less at a time.",
                operation,
                extensions={"code": LIMIT_EXCEEDED, "limit": name, "allowed": allowed, "actual": actual},
            )


def excesses(document: DocumentNode, limits: Limits) -> Iterator[GraphQLError]:
    """What a document has more of than it may."""
    for operation, size, roots in measured(document):
        yield from _excesses(operation, size, roots, limits)


def parse_options(limits: Limits) -> ParseOptions:
    """What the parser is to stop at."""
    return {"max_tokens": limits.tokens}


def more_rules(limits: Limits) -> tuple[type[ASTValidationRule], ...]:
    """By what documents are validated beside the rules of GraphQL."""
    return () if limits.introspection else (NoSchemaIntrospectionCustomRule,)


class KeepWithinLimits(SchemaExtension):
    """Holds every operation to the limits of the server that it came to, before it is validated."""

    def on_parse(self) -> Iterator[None]:
        """The parser stops at a document that is too long, and the schema is told where it may be alone.

        Validation takes more than linear time, so that it comes after the rest.
        """
        context = self.execution_context.context
        if isinstance(context, Context):
            self.execution_context.parse_options = parse_options(context.limits)
            self.execution_context.validation_rules += more_rules(context.limits)
        yield
        document = self.execution_context.graphql_document
        if isinstance(context, Context) and document is not None:
            for error in excesses(document, context.limits):
                raise error
