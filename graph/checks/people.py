"""What a check has to know of a person."""

from typing import Final, TypedDict

from graph.bulk import StoredRow
from graph.checks.subjects import Subject, subject

WAYS_IN: Final = ("Credential", "Identity", "Passkey", "SecondFactor", "Session")
"""What somebody signs in with, or is signed in by, of a person by its `personId`."""


class PersonFacts(TypedDict):
    """A person; of a service account also what it must not have.

    `managers` are the ids of the groups that manage it and that it is a member of, `ways` how many it has to sign in,
    and `owned` the groups that it owns.
    """

    id: str
    labels: list[str]
    row: StoredRow
    managers: list[str]
    ways: int
    owned: list[str]


_WAYS: Final = " + ".join(f"COUNT {{ MATCH (:{label} {{personId: node.id}}) }}" for label in WAYS_IN)

PEOPLE: Subject[PersonFacts] = subject(
    "people",
    "(node:Entity:Person)",
    "node",
    f"""{{
        id: node.id,
        labels: labels(node),
        row: properties(node),
        managers: CASE WHEN node.kind IS NULL THEN [] ELSE COLLECT {{
            MATCH (:Person)-[edge:MEMBER_OF {{liveKey: node.id + ' ' + node.managedBy}}]->(group:Group)
            RETURN group.id
        }} END,
        ways: CASE WHEN node.kind IS NULL THEN 0 ELSE {_WAYS} END,
        owned: CASE WHEN node.kind IS NULL THEN [] ELSE COLLECT {{
            MATCH (node)-[edge:MEMBER_OF]->(group:Group) WHERE edge.validTo IS NULL AND edge.role = 'owner'
            RETURN group.id
        }} END
    }}""",
)
