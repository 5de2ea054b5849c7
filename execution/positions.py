"""The fields of a document, each at one position of one object type."""

from dataclasses import dataclass

from graphql import FieldNode, GraphQLField, GraphQLObjectType, GraphQLOutputType
from graphql.execution.collect_fields import FieldDetails

from execution.places import Place, field_path_of
from execution.runs import Info, Run


@dataclass(frozen=True, slots=True, eq=False)
class Position:
    """A field of a document below one object type: what graphql-core's own methods want to be told of it."""

    key: str
    parent_type: GraphQLObjectType
    definition: GraphQLField
    details: list[FieldDetails]
    nodes: list[FieldNode]

    @property
    def type(self) -> GraphQLOutputType:
        """The type that the field answers."""
        return self.definition.type

    def info(self, run: Run, place: Place) -> Info:
        """What graphql-core hands to a resolver there."""
        return run.executor.build_resolve_info(self.definition, self.nodes, self.parent_type, field_path_of(place))
