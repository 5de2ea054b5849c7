"""Consistency tokens: what a change gives, sent back, makes every server read at least what it wrote."""

import pytest

from graph.bookmarks import HEADER
from schema.cursors import Cursors
from tests.client import Answer
from tests.conftest import CURSOR_KEY
from tests.worlds import World

pytestmark = pytest.mark.slow

CREATE = """mutation { createGroup(input: {slug: "made", name: "Made", type: business, parentId: null}) {
  ... on CreateGroupSuccess { group { id } }
} }"""
GROUP = '{ group(slug: "made") { id } }'


async def ask(world: World, query: str, token: str | None = None) -> Answer:
    """Post an operation, with a token where one is given."""
    headers = {"Authorization": world.api.authorization} | ({} if token is None else {HEADER: token})
    response = await world.api.http.post("/graphql", json={"query": query}, headers=headers)
    return Answer(response.status_code, response.json(), response.headers)


async def test_a_change_gives_a_token_which_sent_back_is_honoured(world: World) -> None:
    await ask(world, GROUP)  # which notes when the key was used
    assert HEADER not in (await ask(world, GROUP)).headers
    made = await ask(world, CREATE)
    token = made.headers[HEADER]
    found = await ask(world, GROUP, token)
    assert found.at("group.id") == made.at("createGroup.group.id")
    # The bookmark in it is that of the store after the change, and each later change has one of its own.
    renamed = await ask(world, CREATE.replace("made", "next"), token)
    assert renamed.headers[HEADER] != token


async def test_a_token_is_nothing_that_a_client_can_make(world: World) -> None:
    token = (await ask(world, CREATE)).headers[HEADER]
    for forged in ("x", "", token[:-1], f"{token}A", Cursors(b"another key").write("consistency", "FB:kcwQ")):
        answer = await ask(world, GROUP, forged)
        assert (answer.status, answer.codes) == (400, ["VALIDATION"])
        assert answer.errors[0]["message"] == f"{HEADER} takes what a response of this server had as such."


@pytest.mark.parametrize("query", [GROUP, CREATE])
async def test_the_store_is_asked_for_what_is_in_it(world: World, query: str) -> None:
    """One of another store is refused by the store itself, and says what to do; nothing is written."""
    before = await world.count()
    foreign = Cursors(CURSOR_KEY).write("consistency", "FB:kcwQnk9OVEhJU19PTkUBkA==")
    answer = await ask(world, query, foreign)
    assert (answer.status, answer.codes) == (400, ["VALIDATION"])
    assert "ask without it" in str(answer.errors[0]["message"])
    assert await world.count() == before
