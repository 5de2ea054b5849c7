"""What every contender is asked, each in its own words, and what an answer is once those are taken away."""

from collections.abc import Mapping, Sequence
from typing import Final

from benchmarks.edge.world import World

Data = Mapping[str, object]

QUESTIONS: Final[Mapping[str, str]] = {
    "point": "a point read",
    "rows": "50 rows",
    "nested": "50 rows of 10",
    "three": "5 rows of 5 of 10",
    "mutation": "a mutation",
}
"""What each is, by the name that it is asked for by. The mutation comes last, as it adds to the world."""

_POINT: Final = "query ($id: ID!) { node(id: $id) { ... on Thing { id name status } } }"
_NESTED: Final = """query ($id: ID!) { node(id: $id) { ... on Group { id name
    children(first: 50) { nodes { id name things(first: 10%s) { nodes { id name status } } } } } } }"""
_THREE: Final = """query ($id: ID!) { node(id: $id) { ... on Group { id name
    children(first: 5) { nodes { id name children(first: 5) { nodes { id name
        things(first: 10%s) { nodes { id name status } } } } } } } } }"""
_ORDER: Final = ", order: oldest_first"

OURS: Final[Mapping[str, str]] = {
    "point": _POINT,
    "rows": """query ($after: String!) { things(first: 50, after: $after, order: oldest_first) {
        nodes { id name type status } } }""",
    "nested": _NESTED % _ORDER,
    "three": _THREE % _ORDER,
    "mutation": """mutation ($groupId: ID!, $name: String!, $type: String!, $status: ThingStatus!) {
        createThing(input: {groupId: $groupId, name: $name, type: $type, status: $status}) {
            ... on CreateThingSuccess { thing { name status } } ... on AppError { message } } }""",
}
PUBLIC: Final[Mapping[str, str]] = {
    "point": OURS["point"],
    "rows": OURS["rows"].replace("things(", "publicThings("),
    "nested": OURS["nested"],
    "three": OURS["three"],
}
STOCK: Final[Mapping[str, str]] = {
    "point": _POINT,
    "rows": "query ($after: String!) { things(first: 50, after: $after) { nodes { id name type status } } }",
    "nested": _NESTED % "",
    "three": _THREE % "",
    "mutation": """mutation ($groupId: ID!, $name: String!, $type: String!, $status: String!) {
        createThing(groupId: $groupId, name: $name, type: $type, status: $status) { name status } }""",
}
NEO4J_GRAPHQL: Final[Mapping[str, str]] = {
    "point": "query ($id: ID!) { things(where: {id: {eq: $id}}) { id name status } }",
    "rows": """query ($after: String!) {
        things(where: {sortKey: {gt: $after}}, sort: [{sortKey: ASC}], limit: 50) { id name type status } }""",
    "nested": """query ($id: ID!) { groups(where: {id: {eq: $id}}) { id name
        children(sort: [{sortKey: ASC}], limit: 50) { id name
            things(sort: [{sortKey: ASC}], limit: 10) { id name status } } } }""",
    "three": """query ($id: ID!) { groups(where: {id: {eq: $id}}) { id name
        children(sort: [{sortKey: ASC}], limit: 5) { id name children(sort: [{sortKey: ASC}], limit: 5) { id name
            things(sort: [{sortKey: ASC}], limit: 10) { id name status } } } } }""",
    "mutation": """mutation ($groupId: ID!, $name: String!, $type: String!, $status: String!) {
        createThings(input: [{name: $name, type: $type, status: $status,
            group: {connect: [{where: {node: {id: {eq: $groupId}}}}]}}]) { things { name status } } }""",
}
BARE: Final[Mapping[str, str]] = dict.fromkeys(QUESTIONS, "")
"""It has a path for each instead."""


def variables(world: World, pages: Sequence[str]) -> Mapping[str, Sequence[Data]]:
    """What to ask each question about, over and over; `pages` are the places in the list that pages come after."""
    return {
        "point": [{"id": each} for each in world.things],
        "rows": [{"after": each} for each in pages],
        "nested": [{"id": each} for each in world.areas],
        "three": [{"id": world.top}],
        "mutation": [
            {"groupId": each, "name": f"Another one of {each}", "type": "video", "status": "draft"}
            for each in world.groups
        ],
    }


def plain(answer: object) -> object:
    """The answer without the names and the wrappers that a schema puts around it."""
    while isinstance(answer, Mapping | list) and len(answer) == 1:
        answer = next(iter(answer.values())) if isinstance(answer, Mapping) else answer[0]
    return _without_nodes(answer)


def _without_nodes(value: object) -> object:
    if isinstance(value, list):
        return [_without_nodes(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    return (
        _without_nodes(value["nodes"]) if set(value) == {"nodes"} else {k: _without_nodes(v) for k, v in value.items()}
    )
