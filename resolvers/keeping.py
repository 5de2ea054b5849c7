"""Which answers may be kept: those of questions that nothing but the store and who asks have a say in.

What depends on the time, as whether a link still works, or on more than one transaction, as what somebody may do, is
asked each time. So a field is named here before an answer with it is kept, unless it only shows what an object has.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
    get_operation_ast,
    is_abstract_type,
    is_composite_type,
)

from execution.fields import attribute_of

_ROWS: Final = frozenset({"nodes", "edges", "pageInfo", "totalCount", "cursor"})
_PAGE: Final = frozenset({"hasNextPage", "hasPreviousPage", "startCursor", "endCursor"})
_THING: Final = frozenset({"group", "owner", "labels", "knowledge", "connections", "related"})
_PRODUCT: Final = frozenset({"slug", "description", "sku", "price", "salePrice", "stock", "unit"})

KEPT: Final[Mapping[str, frozenset[str]]] = {
    "Query": frozenset(
        {
            "node", "nodes", "group", "groups", "publicGroups", "things", "publicThings", "people", "connections",
            "knowledge",
        }
    ),
    "Group": frozenset(
        {"parent", "ancestors", "children", "descendants", "things", "products", "people", "connections", "labels"}
    ),
    "Person": frozenset({"managingGroup", "connections", "related"}),
    "Relationship": frozenset({"source", "target"}),
    "Knowledge": frozenset({"text", "thing", "document", "chunks"}),
    "Thing": _THING,
    "Product": _THING | _PRODUCT,
    "PageInfo": _PAGE,
}  # fmt: skip
"""The fields that ask something, by the type that they are asked of, and may be part of an answer that is kept."""


def may_be_kept(schema: GraphQLSchema, document: DocumentNode, operation_name: str | None) -> bool:
    """Whether the answers to a valid operation may be kept."""
    operation = get_operation_ast(document, operation_name)
    if operation is None or operation.operation is not OperationType.QUERY:
        return False
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    root = schema.query_type
    return root is not None and _Judging(schema, fragments).all_of(root, operation.selection_set)


class _Judging:
    """Goes through one operation, and through each fragment of it once."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments
        self._known: dict[str, bool] = {}

    def all_of(self, parent: GraphQLCompositeType, selections: SelectionSetNode) -> bool:
        """Whether all that is selected of objects of a type may be kept."""
        return all(self._one(parent, each) for each in selections.selections)

    def _one(self, parent: GraphQLCompositeType, selection: SelectionNode) -> bool:
        match selection:
            case FieldNode():
                return self._field(parent, selection)
            case InlineFragmentNode(type_condition=condition, selection_set=inner):
                return self.all_of(self._type(condition.name.value) if condition else parent, inner)
            case FragmentSpreadNode(name=name):
                if name.value not in self._known:
                    fragment = self._fragments[name.value]
                    of = self._type(fragment.type_condition.name.value)
                    self._known[name.value] = self.all_of(of, fragment.selection_set)
                return self._known[name.value]
            case _:
                return False

    def _type(self, name: str) -> GraphQLCompositeType:
        return cast("GraphQLCompositeType", self._schema.type_map[name])

    def _field(self, parent: GraphQLCompositeType, node: FieldNode) -> bool:
        name = node.name.value
        if name == "__typename":
            return True
        objects = self._schema.get_possible_types(parent) if is_abstract_type(parent) else [parent]
        if not all(_is_kept(each, name) for each in objects if isinstance(each, GraphQLObjectType)):
            return False
        field = self._schema.get_field(parent, name)
        type_ = None if field is None else get_named_type(field.type)
        return node.selection_set is None or (is_composite_type(type_) and self.all_of(type_, node.selection_set))


@cache
def _is_kept(type_: GraphQLObjectType, name: str) -> bool:
    """Whether a field of an object type may be part of an answer that is kept."""
    field = type_.fields.get(name)
    if field is None:
        return False
    if attribute_of(field) is not None or name in KEPT.get(type_.name, ()):
        return True
    if any(each.name == "Thing" for each in type_.interfaces):
        return name in KEPT["Thing"]
    return name in _ROWS and type_.name.endswith(("Connection", "Edge"))
