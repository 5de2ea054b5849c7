"""How large an operation may be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The most of everything, with fragments counted where they are spread; introspection counts as one field."""

    tokens: int = 5_000
    depth: int = 15
    fields: int = 1_000
    aliases: int = 100
    directives: int = 50
    root_fields: int = 100
    cost: int = 50_000
    """In points, see resolvers/costs.py."""
    introspection: bool = True
    """Whether the schema may be asked for; where not, no error suggests a name of it either."""
