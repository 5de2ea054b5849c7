"""Search: what is found, in which order, by whom."""

import pytest

from domain.values import JSON
from tests.client import Api
from tests.worlds import World

pytestmark = pytest.mark.slow

SEARCH = """
query (
  $text: String!, $first: Int! = 100, $after: String, $kinds: [NodeKind!],
  $type: String, $groupId: ID, $label: String, $status: ThingStatus
) {
  search(
    text: $text, first: $first, after: $after, kinds: $kinds,
    type: $type, groupId: $groupId, label: $label, status: $status
  ) {
    edges { cursor score node { id ... on Group { slug } ... on Person { username } ... on Thing { name } } }
    pageInfo { hasNextPage hasPreviousPage endCursor }
  }
}
"""


async def search(api: Api, text: str, **more: JSON) -> list[str]:
    """The names of what is found, in order."""
    answer = await api.ask(SEARCH, text=text, **more)
    edges = answer.at("search.edges")
    assert isinstance(edges, list)
    found = []
    for edge in edges:
        assert isinstance(edge, dict)
        node = edge["node"]
        assert isinstance(node, dict)
        found.append(str(node.get("name") or node.get("slug") or node.get("username")))
    return found


async def test_a_name_is_found_by_its_words_their_beginnings_and_near_misses(world: World) -> None:
    await world.thing("Advanced Woodworking")
    for text in ("woodworking", "WOODWORKING", "wood", "advanced wood", "wood adv", "woodwroking", "wodworking"):
        assert await search(world.api, text) == ["Advanced Woodworking"], text
    for text in ("working", "woodworking basics", "wd"):
        assert await search(world.api, text) == [], text
