"""Documents parsed and validated once, as long as they are kept: bounded in number and in the length of their texts.

A parsed document takes a few hundred times the memory of its text, so that a bound on their number alone would let a
stranger fill the memory with long ones.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

from graphql import DocumentNode, GraphQLError, parse
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document

T = TypeVar("T")


@dataclass(slots=True)
class _Kept:
    document: DocumentNode
    characters: int
    facts: dict[object, object] = field(default_factory=dict)


class Documents:
    """The parsed documents that were used last, each with what was found out about it."""

    def __init__(self, *, most: int = 500, characters: int = 250_000, longest: int = 20_000) -> None:
        """Keep at most so many documents and so many characters of text, and none that is longer than `longest`."""
        self._most, self._most_characters, self._longest = most, characters, longest
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._by_id: dict[int, _Kept] = {}
        self._characters = 0

    @property
    def size(self) -> tuple[int, int]:
        """How many documents and how many characters are kept."""
        return len(self._kept), self._characters

    def parsed(self, text: str, options: Mapping[str, object]) -> DocumentNode:
        """The document of a text. GraphQLError where it is none, which is found out anew every time."""
        found = self.kept(text, options)
        if found is not None:
            return found
        document = parse(text, **options)  # type: ignore[arg-type] # as the extensions of the schema chose them
        if len(text) <= self._longest:
            kept = self._kept[_key(text, options)] = self._by_id[id(document)] = _Kept(document, len(text))
            self._characters += kept.characters
            while len(self._kept) > self._most or self._characters > self._most_characters:
                _, dropped = self._kept.popitem(last=False)
                self._characters -= dropped.characters
                del self._by_id[id(dropped.document)]
        return document

    def kept(self, text: str, options: Mapping[str, object]) -> DocumentNode | None:
        """The document of a text, where it is kept."""
        key = _key(text, options)
        kept = self._kept.get(key)
        if kept is None:
            return None
        self._kept.move_to_end(key)
        return kept.document

    def about(self, document: DocumentNode, what: object, find_out: Callable[[], T]) -> T:
        """Something about a document, found out once as long as it is kept."""
        kept = self._by_id.get(id(document))
        if kept is None:
            return find_out()
        if what not in kept.facts:
            kept.facts[what] = find_out()
        return cast("T", kept.facts[what])

    def found_out(self, document: DocumentNode, what: object) -> object:
        """What was found out about a document that is kept, or None."""
        kept = self._by_id.get(id(document))
        return None if kept is None else kept.facts.get(what)


def _key(text: str, options: Mapping[str, object]) -> Hashable:
    return (text, *sorted(options.items()))


class CachedDocuments(SchemaExtension):
    """Parses and validates each document of a schema once."""

    def __init__(self, documents: Documents) -> None:
        super().__init__()
        self._documents = documents

    def on_parse(self) -> Iterator[None]:
        """Before Strawberry would parse it."""
        context = self.execution_context
        if context.query:
            context.graphql_document = self._documents.parsed(
                context.query, cast("dict[str, object]", context.parse_options)
            )
        yield

    def on_validate(self) -> Iterator[None]:
        """Before Strawberry would validate it."""
        context = self.execution_context
        document, schema, rules = context.graphql_document, context.schema, context.validation_rules
        if document is not None and context.pre_execution_errors is None:
            core = schema._schema  # noqa: SLF001 - as Strawberry's own cache has it

            def validated() -> list[GraphQLError]:
                return validate_document(core, document, rules)

            context.pre_execution_errors = self._documents.about(document, (core, rules), validated)
        yield
