"""Losing access while reading: what was asked for after the revocation was acknowledged delivers nothing any more."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, cast

import httpx2
import pytest

from domain.access import Caller
from domain.errors import AuthError
from domain.filters import EVERYTHING
from domain.people import PlatformRole
from domain.values import JSON, now
from graph.store import Statement
from services.event_log import EventLog
from services.services import Services
from tests.accounts import Accounts
from tests.client import Answer, Api
from tests.conftest import UNLIMITED
from tests.worlds import World, new_connection, new_thing

pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.timeout(120)]

AFTERWARDS: Final = 4
"""How many requests each reader begins after the revocation."""

PAGE: Final = "pageInfo { hasNextPage endCursor }"
QUERIES: Final = {
    "a list": f"things(first: 3, after: $after, filter: {{groupId: $group}}) {{ nodes {{ id }} {PAGE} }}",
    "nested lists": f"""node(id: $group) {{ ... on Group {{
        things(first: 3, after: $after) {{ nodes {{ id connections(first: 5) {{ nodes {{ id }} }} }} {PAGE} }}
        people(first: 5) {{ nodes {{ id }} }}
    }} }}""",
    "events": f"events(first: 3, after: $after, filter: {{groupId: $group}}) {{ nodes {{ id }} {PAGE} }}",
    "a search": f"""search(text: "needle", first: 3, after: $after, groupId: $group) {{
        nodes {{ ... on Thing {{ id }} }} {PAGE}
    }}""",
}
MAKE_MEMBER: Statement[bool] = Statement(
    "make_member", "MATCH (person:Person {username: $name}) SET person.role = 'org_user' RETURN true AS row"
)


def pages(value: JSON) -> list[Mapping[str, JSON]]:
    """All pages of lists in an answer."""
    if isinstance(value, list):
        return [page for each in value for page in pages(each)]
    if not isinstance(value, Mapping):
        return []
    return ([value] if "nodes" in value else []) + [page for each in value.values() for page in pages(each)]


@dataclass
class Reader:
    """Pages through a list again and again, and notes when each request began and how many rows it delivered."""

    api: Api
    query: str
    group: str
    reads: list[tuple[float, int]] = field(default_factory=list)

    async def read(self, over: asyncio.Event) -> None:
        """Read until it is over, and then some pages more, each after the last cursor that there was."""
        after: JSON = None
        left = AFTERWARDS
        while left:
            left -= over.is_set()
            began = monotonic()
            response = await self.api.http.post(
                "/graphql",
                json={
                    "query": f"query ($group: ID!, $after: String) {{ {self.query} }}",
                    "variables": {"group": self.group, "after": after},
                },
                headers={"Authorization": self.api.authorization},
            )
            answer = Answer(response.status_code, response.json(), response.headers)
            found = [] if answer.status == 401 else pages(cast("JSON", answer.data))  # no cursor becomes an error
            self.reads.append((began, sum(len(cast("list[JSON]", each["nodes"])) for each in found)))
            info = next((cast("Mapping[str, JSON]", each["pageInfo"]) for each in found if "pageInfo" in each), None)
            if not over.is_set():
                after = info["endCursor"] if info is not None and info["hasNextPage"] else None


@dataclass
class Follower:
    """Follows the log while it is `taking`, and notes which events it was handed over, by what they are about."""

    world: World
    got: set[str] = field(default_factory=set)
    taking: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self, api: Api, ready: asyncio.Event) -> None:
        """Follow until the task is cancelled, or the viewer is nobody any more."""
        log = EventLog(self.world.store, poll_seconds=0.01)
        services = Services.of(self.world.store, now, UNLIMITED, log=log)
        await log.start()
        secret = str(api.secret)
        by = services.sessions if secret.startswith("ones_") else services.keys
        deliveries = services.live_events.follow(Caller(await by.authenticate(secret)), EVERYTHING, None)
        running = asyncio.ensure_future(log.run())
        ready.set()
        self.taking.set()
        try:
            async with aclosing(deliveries):
                with suppress(AuthError):
                    async for each in deliveries:
                        self.got.add(str(each.event.target_id))
                        await self.taking.wait()
        finally:
            running.cancel()


Taken = tuple[Api, Callable[[], Awaitable[Mapping[str, JSON]]]]
"""Somebody who reads a group, and what takes that from them."""


async def _connected(world: World, person: JSON, of_type: str) -> JSON:
    """The id of the one connection of that type of somebody."""
    query = """query ($id: ID!, $type: String!) {
        connections(first: 9, filter: {fromId: $id, type: $type}) { nodes { id } }
    }"""
    [edge] = (await world.api.ask(query, id=person, type=of_type)).each("connections.nodes", "id")
    return edge


async def _by_membership(world: World, _accounts: Accounts, _group: str) -> Taken:
    api = await world.member("ann", "team", role=PlatformRole.ORG_USER)
    edge = await _connected(world, (await api.ask("{ viewer { person { id } } }")).at("viewer.person.id"), "member_of")
    return api, lambda: world.api.change("disconnect", {"id": edge})


async def _by_grant(world: World, _accounts: Accounts, group: str) -> Taken:
    await world.group("elsewhere")
    api = await world.member("ann", "elsewhere", role=PlatformRole.ORG_USER)
    person = (await api.ask("{ viewer { person { id } } }")).at("viewer.person.id")
    await world.api.change("grantAccess", {"toPersonId": person, "onId": group, "role": "viewer"})
    edge = await _connected(world, person, "granted")
    return api, lambda: world.api.change("revokeAccess", {"grantId": edge})


async def _by_key(world: World, _accounts: Accounts, _group: str) -> Taken:
    api = await world.member("ann", "team", role=PlatformRole.ORG_USER)
    key = (await api.ask("{ viewer { apiKey { id } } }")).at("viewer.apiKey.id")
    return api, lambda: world.api.change("archiveThing", {"id": key, "version": 1})


async def _by_session(world: World, accounts: Accounts, group: str) -> Taken:
    reading = await accounts.join("ann")
    person = (await reading.api.ask("{ viewer { person { id } } }")).at("viewer.person.id")
    await world.connect("member_of", str(person), group, {"role": "viewer"})
    await world.store.write(lambda transaction: transaction.run(MAKE_MEMBER, {"name": "ann"}))
    other = (await accounts.sign_in("ann")).api
    return reading.api, lambda: other.change("revokeSession", {"id": reading.session})


WAYS: Final = {"a membership": _by_membership, "a grant": _by_grant, "a key": _by_key, "a session": _by_session}


@pytest.mark.parametrize("way", WAYS)
async def test_what_is_asked_for_after_access_was_taken_away_delivers_nothing(
    world: World, http: httpx2.AsyncClient, way: str
) -> None:
    group = await world.group("team")
    made = await world.make(**{f"t{number}": new_thing(group, "video", f"Needle {number}") for number in range(10)})
    ids = [*made.values()]
    await world.make(**{f"c{n}": new_connection("references", ids[n], ids[n + 1]) for n in range(9)})
    api, take = await WAYS[way](world, Accounts(world.store, http), group)
    readers = [Reader(api, query, group) for query in QUERIES.values() for _ in "ab"]
    follower, ready, over = Follower(world), asyncio.Event(), asyncio.Event()
    following = asyncio.ensure_future(follower.follow(api, ready))
    reading = asyncio.gather(*(each.read(over) for each in readers))
    await ready.wait()
    before = [await world.thing(f"Before {number}", group) for number in range(3)]
    while not (set(before) <= follower.got and all(len(each.reads) > 4 for each in readers)):
        await asyncio.sleep(0.02)
        assert not reading.done()
    follower.taking.clear()
    pending = [await world.thing(f"Pending {number}", group) for number in range(4)]
    await asyncio.sleep(0.3)  # in which the follower is handed one more, and takes no other
    pending = [each for each in pending if each not in follower.got]
    assert len(pending) == 3
    assert "Success" in str((await take())["__typename"])
    acknowledged = monotonic()
    over.set()
    follower.taking.set()
    late = [await world.thing(f"Needle, after {number}", group) for number in range(3)]
    await reading
    await asyncio.sleep(0.3)  # in which the subscription would deliver what it should not
    following.cancel()
    for reader in readers:
        assert any(rows for began, rows in reader.reads if began < acknowledged), reader.query
        afterwards = [rows for began, rows in reader.reads if began > acknowledged]
        assert len(afterwards) >= AFTERWARDS - 1
        assert not any(afterwards), reader.query
    assert not set(late) & follower.got
    assert not set(pending) & follower.got, "what happened before, and was not handed over yet"


async def test_what_becomes_invisible_between_two_pages_is_simply_gone(world: World) -> None:
    team = await world.group("team")
    parts = [await world.group(f"part-{number}", team) for number in range(3)]
    things = [await world.thing(f"T{number}", parts[number % 3], "video") for number in range(12)]
    ann = await world.member("ann", "part-0", role=PlatformRole.ORG_USER)
    person = str((await ann.ask("{ viewer { person { id } } }")).at("viewer.person.id"))
    for part in parts[1:]:
        await world.connect("member_of", person, part, {"role": "viewer"})
    query = """query ($after: String) { things(first: 4, order: oldest_first, after: $after, filter: {type: "video"}) {
        nodes { id } pageInfo { endCursor hasNextPage } } }"""
    first = await ann.ask(query)
    assert first.each("things.nodes", "id") == things[:4]
    members = (
        'query ($id: ID!) { connections(first: 9, filter: {fromId: $id, type: "member_of"}) { nodes { id toId } } }'
    )
    found = cast("list[Mapping[str, str]]", (await world.api.ask(members, id=person)).at("connections.nodes"))
    # The last row of the page is of the first part, which is lost: its cursor is good all the same.
    [edge] = [each["id"] for each in found if each["toId"] == parts[0]]
    assert (await world.api.change("disconnect", {"id": edge}))["__typename"] == "DisconnectSuccess"
    rest, after = [], first.at("things.pageInfo.endCursor")
    while True:
        answer = await ann.ask(query, after=after)
        rest += answer.each("things.nodes", "id")
        if not answer.at("things.pageInfo.hasNextPage"):
            break
        after = answer.at("things.pageInfo.endCursor")
    assert rest == [each for number, each in enumerate(things) if number >= 4 and number % 3]
