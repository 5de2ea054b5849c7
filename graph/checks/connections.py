"""What a check has to know of a connection, one relationship type after the other."""

from functools import lru_cache
from typing import TypedDict

from domain.connection_types import CONNECTION_TYPES, REGISTERED_RELATIONSHIP
from graph.bulk import StoredRow
from graph.checks.subjects import Subject, subject


class EndFacts(TypedDict):
    """What a connection joins; people have a `kind` where they are no humans."""

    id: str | None
    labels: list[str]
    type: str | None
    kind: str | None


class HolderFacts(TypedDict):
    """Another live connection that has a key which this one would have too."""

    key: str
    id: str


class ConnectionFacts(TypedDict):
    """A connection with its ends."""

    id: str
    relationship: str
    row: StoredRow
    source: EndFacts
    target: EndFacts
    holders: list[HolderFacts]


_SINGLE = frozenset(each.relationship for each in CONNECTION_TYPES.values() if not each.several)


@lru_cache(maxsize=512)
def connections_of(relationship: str) -> Subject[ConnectionFacts]:
    """All connections of one relationship type."""
    if relationship == REGISTERED_RELATIONSHIP:
        pairs = "edge.type + ' ' + source.id + ' ' + target.id, edge.type + ' ' + target.id + ' ' + source.id"
        keys = {
            "liveKey": pairs,
            "sourceKey": "edge.type + ' ' + source.id",
            "targetKey": "edge.type + ' ' + target.id",
        }
    elif relationship in _SINGLE:
        keys = {"liveKey": "source.id + ' ' + target.id"}
    else:
        keys = {}
    holders = (
        " + ".join(
            f"""COLLECT {{
                MATCH ()-[other:{relationship}]->()
                WHERE edge.validTo IS NULL AND other.{key} IN [{values}] AND other.id <> edge.id
                RETURN {{key: other.{key}, id: other.id}}
            }}"""
            for key, values in keys.items()
        )
        or "[]"
    )
    return subject(
        "connections",
        f"(source)-[edge:{relationship}]->(target)",
        "edge",
        f"""{{
            id: edge.id,
            relationship: type(edge),
            row: properties(edge),
            source: {{id: source.id, labels: labels(source), type: source.type, kind: source.kind}},
            target: {{id: target.id, labels: labels(target), type: target.type, kind: target.kind}},
            holders: {holders}
        }}""",
        scope="source, edge, target",
    )
