"""What a router of federated graphs knows of this one, and how it names what it asks for.

The specification: https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec .
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce
from operator import or_
from types import UnionType
from typing import Annotated, Final, NewType, cast

import strawberry
from graphql import DefinitionNode, DocumentNode, ObjectTypeDefinitionNode, parse, print_ast

from domain.errors import ValidationError
from domain.ids import NodeKind
from schema.events import Event
from schema.groups import Group
from schema.knowledge import Knowledge
from schema.node import Node
from schema.people import Person
from schema.relationships import Relationship
from schema.thing_types import OBJECT_TYPES
from services.validation import identifier

MAX_ENTITIES: Final = 1_000
"""How many entities a router may ask for at once: those of a page of pages."""

ENTITY_TYPES: Final[tuple[type[Node], ...]] = (Group, Person, Relationship, Event, Knowledge, *OBJECT_TYPES)
"""The object types that have an id."""

_LINK: Final = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])\n\n'
)

Representation = NewType("Representation", object)
REPRESENTATION = strawberry.scalar(
    name="_Any",
    description="How a router names an object of this graph: `{__typename, id}`.",
    serialize=lambda value: value,
    parse_value=lambda value: value,
)


def entities() -> object:
    """The type of a list of such objects, in which null is for what there is not."""
    entity = reduce(or_, cast("tuple[UnionType, ...]", ENTITY_TYPES))
    union = strawberry.union("_Entity", description="Whatever has an id.")
    return list[Annotated[entity, union] | None]  # type: ignore[valid-type] # as many types as there are


@strawberry.type(name="_Service", description="This graph, as a part of a larger one.")
class Service:
    """This graph."""

    sdl: str = strawberry.field(description="Its schema, with what tells a router how to ask for what is in it.")


def subgraph_sdl(printed: str) -> str:
    """The text of a schema in which what has an id is an entity, and where a page stands is told as by other graphs."""
    document = parse(printed)
    definitions = [_marked(each) for each in document.definitions]
    return _LINK + print_ast(DocumentNode(definitions=tuple(definitions)))


def _marked(definition: DefinitionNode) -> DefinitionNode:
    if not isinstance(definition, ObjectTypeDefinitionNode):
        return definition
    if any(each.name.value == Node.__name__ for each in definition.interfaces or ()):
        return _with(definition, '@key(fields: "id")')
    return _with(definition, "@shareable") if definition.name.value == "PageInfo" else definition


def _with(definition: ObjectTypeDefinitionNode, directive: str) -> ObjectTypeDefinitionNode:
    sample = cast("ObjectTypeDefinitionNode", parse(f"type Sample {directive} {{ id: ID }}").definitions[0])
    return replace(definition, directives=sample.directives)


def named(at: int, representation: object, *kinds: NodeKind) -> tuple[str, str]:
    """The type and the id of an object that a router names. ValidationError where it does not."""
    field = f"representations.{at}"
    if not isinstance(representation, Mapping):
        raise ValidationError(field, f"{field} takes an object.")
    type_name, given = representation.get("__typename"), representation.get("id")
    if not isinstance(type_name, str) or not isinstance(given, str):
        raise ValidationError(field, f"{field} takes `__typename` and `id`, both as text.")
    return type_name, identifier(f"{field}.id", given, *kinds)
