"""Reads of many at the same time go together, and nobody is answered by it what they would not be alone."""

import asyncio
import random
from collections.abc import Mapping
from typing import Final

import pytest

from domain.people import MemberRole, PlatformRole
from domain.values import JSON
from graph.shared_reads import SMALL
from graph.store import Statement, Store
from tests.accounts import Accounts
from tests.client import Api
from tests.conftest import served
from tests.worlds import World, new_connection, new_thing

pytestmark = [pytest.mark.slow]

QUESTIONS: Final[Mapping[str, str]] = {
    "a node": "query ($id: ID!) { node(id: $id) { __typename id ... on Thing { name group { slug } } } }",
    "a thing with its owner": """query ($id: ID!) {
        node(id: $id) { ... on Thing { labels owner { id } viewerPermissions } }
    }""",
    "a group": "query ($slug: String!) { group(slug: $slug) { id name parent { slug } ancestors { slug } } }",
    "a page": "query ($first: Int!) { things(first: $first, order: newest_first) { nodes { id name } } }",
    "the last of a page": "query ($first: Int!) { things(last: $first) { nodes { id group { slug } } } }",
    "groups with their things": """query ($first: Int!) {
        groups(first: 3) { nodes { slug things(first: $first) { totalCount nodes { name } } } }
    }""",
    "people": """query ($first: Int!) {
        people(first: $first) { nodes { username connections(first: 2) { nodes { type } } } }
    }""",
    "what happened": "query ($first: Int!) { events(first: $first) { nodes { type target { __typename } } } }",
    "connections": "query ($id: ID!) { node(id: $id) { ... on Thing { connections(first: 3) { nodes { type } } } } }",
}
DIVIDE: Final[Statement[float]] = Statement("divide", "RETURN 1 / $by AS row", together=SMALL)
"""Fails for one of those who ask, and says nothing of the others."""


class Town:
    """Groups below each other and beside, one of them public, with things in each; and who sees which."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ids: list[str] = []
        self.people: list[Api] = []

    async def build(self) -> None:
        """All of it."""
        top = await self.world.group("top")
        groups = {"top": top, "far": await self.world.group("far")}
        groups["front"] = await self.world.group("front", top, visibility="public")
        groups["deep"] = await self.world.group("deep", groups["front"])
        for slug, group in groups.items():
            made = await self.world.make(
                draft=new_thing(group, "video", f"Draft of {slug}"),
                film=new_thing(group, "video", f"Film of {slug}", "published"),
            )
            await self.world.make(tie=new_connection("references", made["draft"], made["film"]))
            self.ids += [group, *made.values()]
        self.people = [self.world.api, self.world.api.as_holder_of(None)]
        for slug in groups:
            for role in (PlatformRole.ORG_OWNER, PlatformRole.ORG_USER, PlatformRole.CUSTOMER):
                name = f"{slug}-{role}".replace("_", "-")
                self.people.append(await self.world.member(name, slug, role=role, member_role=MemberRole.VIEWER))

    def question(self, dice: random.Random) -> tuple[Api, str, dict[str, JSON]]:
        """Somebody who asks something."""
        asked = QUESTIONS[dice.choice(list(QUESTIONS))]
        given: dict[str, JSON] = {
            "id": dice.choice(self.ids),
            "slug": dice.choice(["top", "far", "front", "deep", "nowhere"]),
            "first": dice.choice([1, 2, 7]),
        }
        used = {name: value for name, value in given.items() if f"${name}:" in asked}
        return dice.choice(self.people), asked, used


@pytest.fixture(scope="module")
async def town(shared_world: World) -> Town:
    made = Town(shared_world)
    await made.build()
    return made


@pytest.mark.parametrize("seed", range(3))
async def test_sharing_changes_no_answer_for_any_mix_of_viewers(town: Town, seed: int) -> None:
    dice = random.Random(seed)
    questions = [town.question(dice) for _ in range(150)]
    alone = [(await api.ask(asked, **given)).body for api, asked, given in questions]
    together = await asyncio.gather(*(api.ask(asked, **given) for api, asked, given in questions))
    for (_, asked, given), apart, at_once in zip(questions, alone, together, strict=True):
        assert at_once.body == apart, (asked, given)
    assert not [each for each in alone if "BAD_REQUEST" in str(each)]


async def test_what_many_ask_for_at_once_takes_a_few_statements(town: Town) -> None:
    asking = [(api, identifier) for api in town.people for identifier in town.ids]
    sent: list[str] = []
    town.world.store.observe = sent.append
    query = QUESTIONS["a node"]
    answers = await asyncio.gather(*(api.ask(query, id=identifier) for api, identifier in asking))
    town.world.store.observe = lambda _name: None
    assert len(answers) == len(asking) > 150
    assert len(sent) < len(asking) / 4


async def test_who_asks_is_confirmed_for_each_of_those_that_go_together(accounts: Accounts, store: Store) -> None:
    names = [f"person{number}" for number in range(12)]
    people = [await accounts.join(name) for name in names]
    query = "{ viewer { person { username } } }"
    for person in people:  # the server remembers each
        assert (await person.api.ask(query)).at("viewer.person.username") in names
    async with served(store) as http:
        elsewhere = Accounts(store, http)
        for person in people[3:6]:
            await elsewhere.api.as_holder_of(person.access).ask("mutation { signOut { __typename } }")
    answers = await asyncio.gather(*(person.api.ask(query) for person in people))
    assert [answer.status for answer in answers] == [200] * 3 + [401] * 3 + [200] * 6
    told = [answer.at("viewer.person.username") for answer in answers if answer.status == 200]
    assert told == names[:3] + names[6:]


async def test_what_fails_for_one_fails_for_nobody_else(store: Store) -> None:
    answers = await asyncio.gather(
        *(store.read(DIVIDE, {"by": by}) for by in (1, 1, 1, 0, 1, 1)), return_exceptions=True
    )
    assert [str(each) if isinstance(each, Exception) else each for each in answers[:3]] == [[1]] * 3
    assert "zero" in str(answers[3])
    assert answers[4:] == [[1]] * 2
