"""What a check has to know of a person."""

from typing import TypedDict

from graph.bulk import StoredRow
from graph.checks.subjects import Subject, subject


class PersonFacts(TypedDict):
    """A person."""

    id: str
    labels: list[str]
    row: StoredRow


PEOPLE: Subject[PersonFacts] = subject(
    "people", "(node:Entity:Person)", "node", "{id: node.id, labels: labels(node), row: properties(node)}"
)
